"""The elements of a StructureDefinition, each by itself. https://hl7.org/fhir/R4/elementdefinition.html"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.snapshot import CORE
from profiles.validator.context import Context
from profiles.validator.special.extension import extended
from terminology.issue import Issue

Element = Mapping[str, Any]
_DATES: Final = ("date", "dateTime", "instant", "time")
_NUMBERS: Final = ("decimal", "integer", "integer64", "positiveInt", "unsignedInt")
_TEXTS: Final = ("code", "id", "markdown", "oid", "string", "uri", "url", "uuid")
_QUANTITIES: Final = ("Age", "Distance", "Duration", "MoneyQuantity", "Quantity", "SimpleQuantity")
_TARGETS: Final = frozenset(("CodeableReference", "Reference", "canonical"))
_BOUND: Final = frozenset(
    ("CodeableConcept", "CodeableReference", "Coding", "Extension", "Range", "code", "oid", "string", "uri",
     "url", "uuid", *_QUANTITIES)
)  # fmt: skip
_LONG: Final = frozenset((*_DATES, *_NUMBERS, *_TEXTS, "canonical"))
_ORDERED: Final = frozenset((*_DATES, *_NUMBERS, *_QUANTITIES, "Count", "Money"))
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "binding": _BOUND,
    "maxLength": _LONG,
    "minValue": _ORDERED,
    "maxValue": _ORDERED,
}
_FHIR_TYPE: Final = f"{CORE}structuredefinition-fhir-type"
_SYSTEM: Final = "http://hl7.org/fhirpath/System."
_VALUES: Final = ("defaultValue", "fixed", "pattern")
_NEVER_AT_ROOT: Final = (
    "sliceName", "slicing", "requirements", "defaultValue", "meaningWhenMissing", "fixed", "pattern",
    "example", "minValue", "maxValue", "maxLength",
)  # fmt: skip
_NEVER_IN_TYPES: Final = ("sliceName", "fixed", "pattern", "minValue", "maxValue", "maxLength")


def element_definition(value: Element, element: Element, at: str, context: Context) -> Iterator[Issue]:
    """One of a differential or a snapshot; `value` is the whole definition."""
    yield from _path(value, element, at, context)
    yield from _types(value, element, at, context)
    yield from _bound(element, at, context)


def in_differential(value: Element, element: Element, at: str, context: Context) -> Iterator[Issue]:
    path = element.get("path", "")
    if "slicing" in element and "." not in path:
        text = "There is no slicing at the root of a profile"
        yield context.issue("error", "invalid", text, "structure-slicing-root", at)
    elif "slicing" in element:
        yield from _sliced(path, at, context)
    is_extension = path == "Extension" or path.endswith(".extension")
    if value.get("derivation") == "constraint" and "meaningWhenMissing" in element and not is_extension:
        text = f"A profile cannot say what it means that {path} is missing"
        yield context.issue("error", "not-found", text, "structure-meaning", at)


def in_snapshot(value: Element, element: Element, at: str, context: Context) -> Iterator[Issue]:
    path, types = element.get("path", ""), _codes(element)
    is_root = "." not in path
    if not is_root and not types and "contentReference" not in element:
        text = f"The element {path} has neither types nor a content reference"
        yield context.issue("error", "exception", text, "structure-no-types", at)
    for name, kind in _choices(element, _VALUES):
        allowed = {code.lower() for code in types if not code.startswith(_SYSTEM)}
        if allowed and not is_root and kind.lower() not in allowed:
            text = f"{path} has a {name} of type {kind}, and may be {', '.join(types)}"
            yield context.issue("error", "exception", text, "structure-value-type", at)
    for name in _NEVER_AT_ROOT if is_root else _NEVER_IN_TYPES if _is_new_type(value) else ():
        if name in element or next(_choices(element, (name,)), None):
            text = f"The element {path} has no {name} here"
            yield context.issue("error", "exception", text, "structure-prohibited", at)


def _is_new_type(value: Element) -> bool:
    """A type that has elements of its own; that of a primitive is limited in the type itself."""
    return value.get("derivation") != "constraint" and value.get("kind") != "primitive-type"


def _path(value: Element, element: Element, at: str, context: Context) -> Iterator[Issue]:
    name, path = str(value.get("type", "")).rpartition("/")[2], element.get("path", "")
    if name and path and path != name and not path.startswith(f"{name}."):
        text = f"The path {path} does not begin with the type {name}"
        yield context.issue("error", "not-found", text, "structure-path", at)


def _sliced(path: str, at: str, context: Context) -> Iterator[Issue]:
    element = context.run.validator.definitions.element(path)
    if element is not None and element.max == 1 and not element.is_choice and "[x]" not in path:
        text = f"{path} does not repeat, and cannot be sliced"
        yield context.issue("error", "not-found", text, "structure-slicing", f"{at}.slicing")


def _types(value: Element, element: Element, at: str, context: Context) -> Iterator[Issue]:
    for kind in element.get("type", ()):
        code = kind.get("code", "")
        if kind.get("targetProfile") and code not in _TARGETS and _is_known(code, context):
            text = f"The type {code} leads to nothing, and has no target profiles"
            yield context.issue("error", "business-rule", text, "structure-target", at)


def _bound(element: Element, at: str, context: Context) -> Iterator[Issue]:
    codes = _codes(element)
    known = [code for code in codes if _is_known(code, context)]
    if codes and known:
        for name, allowed in _ALLOWED.items():
            is_there = name in element or next(_choices(element, (name,)), None)
            if is_there and not allowed.intersection(codes):
                text = f"{name} says nothing of the types {', '.join(codes)}"
                yield context.issue("error", "business-rule", text, "structure-characteristics", at)
    canonical = element.get("binding", {}).get("valueSet")
    held = context.definition(canonical) if canonical else None
    if held is not None and held.get("resourceType") != "ValueSet":
        text = f"{canonical} is no ValueSet, but a {held.get('resourceType')}"
        yield context.issue("error", "business-rule", text, "structure-binding", f"{at}.binding")


def _is_known(code: str, context: Context) -> bool:
    definitions = context.run.validator.definitions
    return code in definitions.primitive_types or code in definitions.complex_types


def _codes(element: Element) -> list[str]:
    """Of a type of FHIRPath's own, the type of FHIR that is told beside it."""
    return [_told(kind) for kind in element.get("type", ()) if "code" in kind]


def _told(kind: Element) -> str:
    told = [one.get("valueUrl", one.get("valueUri")) for one in extended(kind, _FHIR_TYPE)]
    return str(told[0] if told and told[0] else kind["code"])


def _choices(element: Element, stems: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The name of a choice and the type of its value."""
    for name in element:
        for stem in stems if name.startswith(stems) else ():
            if name.startswith(stem) and name[len(stem) : len(stem) + 1].isupper():
                yield stem, name[len(stem) :]
