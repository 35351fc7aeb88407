"""A StructureDefinition, held against its base. https://hl7.org/fhir/R4/profiling.html"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.definitions import Definitions
from profiles.snapshot import CORE
from profiles.validator.context import Context
from profiles.validator.special.definition_constraints import differential_constraints, snapshot_constraints
from profiles.validator.special.definition_head import definition_head
from profiles.validator.special.element_definition import element_definition, in_differential, in_snapshot
from profiles.validator.special.obligation_profile import obligations
from terminology.issue import Issue

Element = Mapping[str, Any]
_ANY: Final = frozenset(("Resource", "DomainResource", "Element", "BackboneElement"))
_FIXED: Final = ("fixed", "pattern")


def structure_definition(value: Element, context: Context) -> Iterator[Issue]:
    base = context.definition(value.get("baseDefinition", ""))
    held = base if base is not None and "snapshot" in base else None
    yield from definition_head(value, held, context)
    yield from obligations(value, held, context)
    for element, at in _elements(value, "differential"):
        yield from _discriminators(element, at, context)
        yield from _type_profiles(element, at, context)
        yield from element_definition(value, element, at, context)
        yield from in_differential(value, element, at, context)
    yield from differential_constraints(value, held, context)
    for element, at in _elements(value, "snapshot"):
        yield from in_snapshot(value, element, at, context)
    yield from snapshot_constraints(value, context)
    if value.get("derivation") == "constraint" and "differential" in value:
        yield from _against_base(value, held, context)


def _elements(value: Element, part: str) -> Iterator[tuple[Element, str]]:
    for index, element in enumerate(value.get(part, {}).get("element", ())):
        yield element, f".{part}.element[{index}]"


def _against_base(value: Element, base: Element | None, context: Context) -> Iterator[Issue]:
    url = value.get("baseDefinition", "")
    if url and url == value.get("url"):
        text = "The definition is derived from itself"
        yield context.issue("warning", "business-rule", text, "structure-circle", ".baseDefinition")
        return
    if base is None:
        text = f"The base {url} cannot be found, so the differential is not checked"
        yield context.issue("warning", "not-found", text, "structure-base")
        return
    yield from _fixed(value, base, context)
    yield from _snapshot(value, context)


def _snapshot(value: Element, context: Context) -> Iterator[Issue]:
    """Whether the differential can be laid over the base."""
    from profiles.snapshots.error import SnapshotError
    from profiles.snapshots.snapshot import Snapshots  # much code, for definitions alone

    def resolve(canonical: str) -> dict[str, Any] | None:
        found = context.definition(canonical if ":" in canonical else CORE + canonical)
        return dict(found) if found is not None else None

    try:
        Snapshots(resolve).made(value)
    except SnapshotError as error:
        text = f"There is no snapshot: {error}"
        yield context.issue("error", "exception", text, "structure-snapshot")


def _fixed(value: Element, base: Element, context: Context) -> Iterator[Issue]:
    """What the base has fixed stays so."""
    held = {element.get("id"): element for element in base["snapshot"].get("element", ())}
    for index, element in enumerate(value["differential"].get("element", ())):
        before = held.get(element.get("id", element.get("path")), {})
        for name, given in element.items():
            if name.startswith(_FIXED) and name in before and before[name] != given:
                text = f"{element.get('path')} is {before[name]!r} in the base, and cannot be {given!r}"
                at = f".differential.element[{index}]"
                yield context.issue("error", "value", text, "structure-fixed", at)


def _type_profiles(element: Element, at: str, context: Context) -> Iterator[Issue]:
    for number, kind in enumerate(element.get("type", ())):
        code = kind.get("code", "")
        for index, canonical in enumerate(kind.get("profile", ())):
            profile = context.definition(canonical.partition("#")[0])
            found = profile.get("type") if profile else None
            if found is not None and found != code and code not in _ANY and found not in _ANY:
                text = f"The profile {canonical} is of {found}, the element of {code}"
                below = f"{at}.type[{number}].profile[{index}]"
                yield context.issue("error", "exception", text, "structure-type-profile", below)


def _discriminators(element: Element, at: str, context: Context) -> Iterator[Issue]:
    definitions = context.run.validator.definitions
    for index, one in enumerate(element.get("slicing", {}).get("discriminator", ())):
        path, sliced = one.get("path", ""), element.get("path", "")
        if not leads_somewhere(sliced, path, definitions):
            text = f"The discriminator path {path!r} is none of the element that is sliced, {sliced}"
            below = f"{at}.slicing.discriminator[{index}]"
            yield context.issue("error", "invalid", text, "structure-discriminator", below)


def leads_somewhere(sliced: str, path: str, definitions: Definitions) -> bool:
    """Whether the names of a path are elements; what functions lead to is not known."""
    at = sliced
    if definitions.element(at) is None:
        return True
    for name in path.split("."):
        if name == "$this":
            continue
        if "(" in name:
            return True
        element = definitions.element(at)
        types = element.types if element else ()
        if not types or _ANY & {*types} or (element is not None and element.is_choice):
            if definitions.element(f"{at}.{name}") is None:
                return not types or types[0] != "BackboneElement"
        elif definitions.element(f"{at}.{name}") is None:
            return False
        at = f"{at}.{name}"
    return True
