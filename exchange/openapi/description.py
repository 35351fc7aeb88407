"""The OpenAPI description of the FHIR API: made of what is registered, as the CapabilityStatement is.

https://spec.openapis.org/oas/v3.1.0
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final, Protocol

from exchange.capability import Interaction
from exchange.fhirjson import dumps
from exchange.negotiation import FHIR_JSON, FHIR_XML
from exchange.openapi.parameters import FORMS, SHARED, TAKEN, VALUES, searched, shared
from exchange.openapi.schemas import ANY_RESOURCE, reference, schemas
from exchange.patch import PATCH_FORMATS
from exchange.search.definition.leading import Registry
from profiles.definitions import Definitions

Node = dict[str, Any]


@lru_cache(16)
def description(
    base: str,
    registered: tuple["Route", ...],
    registry: Registry,
    definitions: Definitions,
    types: frozenset[str],
) -> bytes:
    """The bytes that `GET /openapi.json` sends."""
    return dumps(openapi(base, registered, registry, definitions, types))


class Route(Interaction, Protocol):
    """What is needed of a registered interaction."""

    @property
    def method(self) -> str: ...


def openapi(
    base: str,
    registered: Sequence[Route],
    registry: Registry,
    definitions: Definitions,
    types: frozenset[str],
) -> Node:
    """Each path with `{type}` becomes one for each of these types, which has parameters of its own."""
    paths: dict[str, Node] = {}
    for route in registered:
        literal = _literal_type(route.path)
        for type_ in sorted(types) if "{type}" in route.path else [literal]:
            if type_ in types or not type_:
                path = "/" + route.path.replace("{type}", type_)
                paths.setdefault(path, {})[route.method.lower()] = _operation(route, type_, registry)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yilian",
            "version": version("yilian"),
            "description": "FHIR R4 (4.0.1); HEAD is answered wherever GET is.",
        },
        "servers": [{"url": base}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": _components(definitions, types),
    }


def _operation(route: Route, type_: str, registry: Registry) -> Node:
    parameters = [_segment(name) for name in _SEGMENT.findall(route.path) if name != "type"]
    parameters += [shared(name) for name in TAKEN.get(route.code, FORMS)]
    if route.code == "search-type" and route.method == "GET":
        parameters += searched(registry, type_)
    if route.code in _CONDITIONAL:
        parameters += _condition(registry, type_)
    made: Node = {"operationId": _name(route, type_), "tags": [type_ or "system"]}
    if parameters:
        made["parameters"] = parameters
    body = _body(route, type_)
    if body:
        made["requestBody"] = body
    if route.code in _PUBLIC:
        made["security"] = []
    return made | {"responses": _responses(route, type_)}


def _segment(name: str) -> Node:
    if name in SHARED:
        return shared(name)
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _name(route: Route, type_: str) -> str:
    path = _SEGMENT.sub(r"\1", route.path).replace("type", type_, 1).replace("/", "-").replace("$", "")
    return "-".join(filter(None, (route.code.replace("$", "").replace("/", "-"), route.method.lower(), path)))


def _body(route: Route, type_: str) -> Node | None:
    if route.method not in ("POST", "PUT", "PATCH"):
        return None
    if route.code in ("patch", "conditional-patch"):
        return {"required": True, "content": {media: _PATCHES.get(media, {}) for media in PATCH_FORMATS}}
    if route.path.endswith("_search"):
        return {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}
    if route.code == "transaction":
        return _fhir("Bundle")
    if route.code.startswith("$"):
        return {**_fhir("Parameters"), "required": False}
    return _fhir(type_)


def _fhir(name: str) -> Node:
    return {"required": True, "content": _formats(name)}


def _formats(name: str) -> Node:
    return {FHIR_JSON: {"schema": reference(name)}, FHIR_XML: {"schema": {}}}


def _condition(registry: Registry, type_: str) -> list[Node]:
    """What a condition is mostly about; it may be any search."""
    return [each for each in searched(registry, type_) if each["name"] in ("_id", "identifier")]


def _responses(route: Route, type_: str) -> Node:
    """Those that the interaction gives when all is well; every other one is an OperationOutcome."""
    given = _GIVEN.get(route.code, {200: ANY_RESOURCE, 202: ANY_RESOURCE})
    told = {str(status): _response(name.format(type=type_)) for status, name in given.items()}
    return told | {"4XX": _response("Refused")}


def _response(name: str) -> Node:
    return {"$ref": f"#/components/responses/{name}"}


def _literal_type(path: str) -> str:
    """The type of an operation's own path, `Patient/{id}/$everything`."""
    first = path.partition("/")[0]
    return first if first[:1].isupper() else ""


def _components(definitions: Definitions, types: frozenset[str]) -> Node:
    needed = sorted(types | _NEEDED)
    values = {f"search-{name}": schema for name, schema in VALUES.items()}
    resources: dict[str, Node] = {
        name: {"description": name, "content": _formats(name)} for name in (ANY_RESOURCE, *needed)
    }
    if "Binary" in resources:  # whoever names no format of FHIR gets the content as it is
        resources["Binary"]["content"]["*/*"] = {"schema": {}}
    further: dict[str, Node] = {
        "OpenApi": {"description": "This", "content": {"application/json": {"schema": {"type": "object"}}}},
        "Nothing": {"description": "There is nothing to say"},
        "Refused": {"description": "What is wrong, and where", "content": _formats("OperationOutcome")},
    }
    return {
        "schemas": schemas(definitions, needed) | values,
        "parameters": SHARED,
        "responses": resources | further,
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }


_SEGMENT: Final = re.compile(r"\{(\w+)\}")
_CONDITIONAL: Final = frozenset(("conditional-update", "conditional-delete", "conditional-patch"))
# What the answers of every type, and the operations, refer to.
_NEEDED: Final = frozenset(("Bundle", "OperationOutcome", "Parameters"))
_PUBLIC: Final = frozenset(("capabilities", "openapi"))
_WRITTEN: Final = {200: ANY_RESOURCE, 201: ANY_RESOURCE}
_READ: Final = {200: "{type}", 304: "Nothing"}
_BUNDLE: Final = {200: "Bundle"}
_DELETED: Final = {200: "OperationOutcome", 204: "Nothing"}
_GIVEN: Final[dict[str, dict[int, str]]] = {
    "capabilities": {200: ANY_RESOURCE, 304: "Nothing"},
    "openapi": {200: "OpenApi", 304: "Nothing"},
    "read": _READ,
    "vread": _READ,
    "create": _WRITTEN,
    "update": _WRITTEN,
    "conditional-update": _WRITTEN,
    "patch": _WRITTEN,
    "conditional-patch": _WRITTEN,
    "delete": _DELETED,
    "conditional-delete": _DELETED,
    "search-type": _BUNDLE,
    "search-system": _BUNDLE,
    "history-instance": _BUNDLE,
    "history-type": _BUNDLE,
    "history-system": _BUNDLE,
    "transaction": _BUNDLE,
}
_PATCHES: Final[dict[str, Node]] = {
    "application/json-patch+json": {
        "schema": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                    "path": {"type": "string", "pattern": "^(/[A-Za-z0-9_-]+)+$"},
                    "from": {"type": "string", "pattern": "^(/[A-Za-z0-9_-]+)+$"},
                    "value": {},
                },
                "required": ["op", "path"],
            },
        }
    },
    FHIR_JSON: {"schema": reference("Parameters")},
}
