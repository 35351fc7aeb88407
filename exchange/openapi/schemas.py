"""JSON Schemas of the resources and data types, from their definitions.

https://hl7.org/fhir/R4/json.html · https://json-schema.org/draft/2020-12/json-schema-core
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from profiles.definitions import Definitions
from profiles.element import Element

Schema = dict[str, Any]

PREFIX: Final = "#/components/schemas/"
MAX_CODES: Final = 60


def schemas(definitions: Definitions, types: Iterable[str]) -> dict[str, Schema]:
    """By name: these resource types, and every type and path that they need."""
    made: dict[str, Schema] = dict(_PRIMITIVES)
    made[ANY_RESOURCE] = _any_resource(definitions)
    waiting = ["Element", *types]
    while waiting:
        home = waiting.pop()
        if home not in made:
            made[home] = _of_home(definitions, home)
            waiting += [name for name in _named_in(made[home]) if name not in made]
    return dict(sorted(made.items()))


def reference(name: str) -> Schema:
    return {"$ref": PREFIX + name}


def _of_home(definitions: Definitions, home: str) -> Schema:
    """An object: a type, or what stands at a path (`Patient.contact`)."""
    properties: dict[str, Schema] = {}
    required = []
    if home in definitions.resource_types:
        properties["resourceType"] = {"const": home}
        required.append("resourceType")
    for element in definitions.children(home):
        for name, code in element.properties.items():
            one = _value(definitions, element, code)
            properties[name] = {"type": "array", "minItems": 1, "items": one} if element.is_list else one
        if element.min and not element.is_choice:
            required.append(element.name)
    schema: Schema = {"type": "object", "minProperties": 1, "properties": properties}
    if required:
        schema["required"] = required
    return schema | _SIBLINGS


def _value(definitions: Definitions, element: Element, code: str) -> Schema:
    if code == "Resource":
        return reference(ANY_RESOURCE)
    codes = _codes(definitions, element) if code == "code" else None
    if codes:
        return {"enum": codes}
    if element.name == "id" and element.path.count(".") == 1 and code == "id":
        return reference("id")
    if code in definitions.primitive_types:
        return reference(code)
    return reference(code if element.is_choice else definitions.home(element) or code)


def _codes(definitions: Definitions, element: Element) -> list[str] | None:
    if element.binding is None or element.binding.strength != "required":
        return None
    codings = definitions.codings(element.binding.value_set.partition("|")[0])
    codes = sorted({code for _, code in codings or ()})
    return codes if len(codes) <= MAX_CODES else None


def _any_resource(definitions: Definitions) -> Schema:
    """Without a list of all types, which would make a generator go round in circles."""
    types = {"enum": sorted(definitions.resource_types)}
    return {"type": "object", "properties": {"resourceType": types}, "required": ["resourceType"]}


def _named_in(schema: Schema) -> Iterator[str]:
    for value in schema.get("properties", {}).values():
        target = value.get("items", value).get("$ref")
        if target:
            yield target.removeprefix(PREFIX)


def _text(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^{pattern}$"}


ANY_RESOURCE: Final = "AnyResource"
_SIBLINGS: Final[Schema] = {
    # The ids and extensions of primitives.
    "patternProperties": {"^_[a-z][A-Za-z0-9]*$": {"type": ["object", "array"]}},
    "additionalProperties": False,
}
_ZONE: Final = "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
_CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?"
_DAY: Final = "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
# Narrower than the standard in dates, so that what is made from them is valid.
_PRIMITIVES: Final[dict[str, Schema]] = {
    "base64Binary": _text("([A-Za-z0-9+/]{4})+"),
    "boolean": {"type": "boolean"},
    "canonical": _text("\\S{1,200}"),
    "code": _text("[^\\s]+( [^\\s]+)*"),
    "date": {"type": "string", "format": "date"},
    "dateTime": _text(f"({_DAY}(T{_CLOCK}{_ZONE})?|(19|20)[0-9]{{2}}(-(0[1-9]|1[0-2]))?)"),
    "decimal": {"type": "number"},
    "id": _text("[A-Za-z0-9\\-.]{1,64}"),
    "instant": _text(f"{_DAY}T{_CLOCK}{_ZONE}"),
    "integer": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "markdown": {"type": "string", "minLength": 1},
    "oid": _text("urn:oid:[0-2](\\.(0|[1-9][0-9]*))+"),
    "positiveInt": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    "string": {"type": "string", "minLength": 1},
    "time": _text(_CLOCK),
    "unsignedInt": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    "uri": _text("\\S+"),
    "url": _text("\\S+"),
    "uuid": _text("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "xhtml": {"type": "string", "minLength": 1},
}
