"""The CapabilityStatement: made of what is registered, so that it cannot promise anything else.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final, Protocol

from exchange.fhirjson import dumps
from exchange.patch import PATCH_FORMATS
from exchange.search.leading import Registry

CHANGED: Final = "2026-01-01"
OPERATIONS: Final = {
    "$everything": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
}


class Interaction(Protocol):
    """What is needed of a registered interaction."""

    @property
    def code(self) -> str: ...
    @property
    def path(self) -> str: ...


class SearchParameter(Protocol):
    """What is needed of a SearchParameter."""

    @property
    def url(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def base(self) -> tuple[str, ...]: ...


@lru_cache(4)
def metadata(
    base: str,
    registered: tuple[Interaction, ...],
    registry: Registry,
    parameters: tuple[SearchParameter, ...],
) -> bytes:
    """The bytes that `GET /metadata` sends."""
    return dumps(capability_statement(base, registered, registry, parameters))


def capability_statement(
    base: str,
    registered: Sequence[Interaction],
    registry: Registry,
    parameters: Sequence[SearchParameter],
) -> dict[str, Any]:
    """`parameters` are all that the definitions have; the registry knows which are supported."""
    urls = {(type_, each.code): each.url for each in parameters for type_ in each.base}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": CHANGED,
        "kind": "instance",
        "software": {"name": "Yilian", "version": version("yilian")},
        "implementation": {"description": "Regional health-data exchange hub", "url": base},
        "fhirVersion": "4.0.1",
        "patchFormat": list(PATCH_FORMATS),
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(base),
                "resource": [
                    _resource(type_, registered, registry, urls) for type_ in sorted(registry.resource_types)
                ],
                "interaction": [{"code": code} for code in _system_codes(registered)],
            }
        ],
    }


def _resource(
    type_: str, registered: Sequence[Interaction], registry: Registry, urls: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    codes = dict.fromkeys(each.code for each in registered if each.path.startswith("{type}"))
    operations = [
        {"name": each.removeprefix("$"), "definition": OPERATIONS[each]}
        for each in dict.fromkeys(each.code for each in registered if each.path.startswith(f"{type_}/"))
    ]
    made: dict[str, Any] = {
        "type": type_,
        "interaction": [{"code": code} for code in codes if code not in _CONDITIONAL],
        "versioning": "versioned-update",
        "readHistory": "vread" in codes,
        "updateCreate": "update" in codes,
        "conditionalCreate": "create" in codes,
        "conditionalRead": "full-support",
        "conditionalUpdate": "conditional-update" in codes,
        "conditionalDelete": "single" if "conditional-delete" in codes else "not-supported",
        "referencePolicy": ["literal", "logical", "local"],
        "searchInclude": _includes(type_, registry),
        "searchParam": list(_parameters(type_, registry, urls)),
        "operation": operations,
    }
    return {name: value for name, value in made.items() if value != []}


def _includes(type_: str, registry: Registry) -> list[str]:
    return [
        f"{type_}:{code}"
        for code, parameter in sorted(registry.of(type_).parameters.items())
        if parameter.type == "reference" and not parameter.refusal
    ]


def _parameters(
    type_: str, registry: Registry, urls: Mapping[tuple[str, str], str]
) -> Iterator[dict[str, str]]:
    for code, parameter in sorted(registry.of(type_).parameters.items()):
        if not parameter.refusal:
            url = (
                urls.get((type_, code)) or urls.get(("Resource", code)) or urls.get(("DomainResource", code))
            )
            definition = {"definition": url} if url else {}
            yield {"name": code, **definition, "type": parameter.type}


def _system_codes(registered: Sequence[Interaction]) -> list[str]:
    """Of what stands at the base, and the histories and searches of all types."""
    codes = [each.code for each in registered if each.path in ("", "_history", "_search")]
    return list(dict.fromkeys(code for each in codes for code in (each, *_BESIDE.get(each, ()))))


def _security(base: str) -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    return {
        "service": [{"coding": [{"system": system, "code": "SMART-on-FHIR"}]}],
        "description": f"A bearer token is required; see {base}/.well-known/smart-configuration",
    }


_CONDITIONAL: Final = frozenset(("conditional-update", "conditional-delete", "conditional-patch"))
# What the same path and method do too.
_BESIDE: Final = {"transaction": ("batch",)}
