"""An OperationDefinition's parameters, by themselves and held against its profiles of Parameters.

https://hl7.org/fhir/R4/operationdefinition.html
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from profiles.validator.context import Context
from profiles.validator.special.extension import extended
from terminology.issue import Issue

Element = Mapping[str, Any]
_ALLOWED: Final = "http://hl7.org/fhir/StructureDefinition/operationdefinition-allowed-type"
_PARAMETER: Final = "Parameters.parameter"
_PROFILES: Final = (("inputProfile", "in"), ("outputProfile", "out"))
_MANY: Final = "*"


def operation_definition(value: Element, context: Context) -> Iterator[Issue]:
    yield from _parameters(value.get("parameter", ()), "", context)
    for name, use in _PROFILES:
        if name in value:
            yield from _profile(value, name, use, context)


def _parameters(parameters: Sequence[Element], at: str, context: Context) -> Iterator[Issue]:
    names = Counter((one.get("use"), one.get("name")) for one in parameters)
    for index, one in enumerate(parameters):
        below = f"{at}.parameter[{index}]" if not at else f"{at}.part[{index}]"
        least, most = one.get("min"), one.get("max", _MANY)
        if isinstance(least, int) and most.isdigit() and least > int(most):
            text = f"The parameter {one.get('name')!r} is there at least {least} and at most {most} times"
            yield context.issue("error", "business-rule", text, "operation-cardinality", below)
        if most != _MANY and not most.isdigit():
            text = f"The most of a parameter is a number or *, not {most!r}"
            yield context.issue("error", "business-rule", text, "operation-cardinality", below)
        if names[one.get("use"), one.get("name")] > 1:
            text = f"Several parameters are named {one.get('name')!r}"
            yield context.issue("warning", "business-rule", text, "operation-parameter-twice", below)
        yield from _parameters(one.get("part", ()), below, context)


def _profile(value: Element, name: str, use: str, context: Context) -> Iterator[Issue]:
    canonical, at = value[name], f".{name}"
    profile = context.definition(canonical)
    if profile is None or "snapshot" not in profile:
        text = f"The profile {canonical} of the {use} parameters is not known"
        yield context.issue("error", "unknown", text, "operation-profile", at)
        return
    if profile.get("type") != "Parameters":
        text = f"{canonical} is a profile of {profile.get('type')}, not of Parameters"
        yield context.issue("error", "invalid", text, "operation-profile", at)
        return
    slices = _slices(profile["snapshot"].get("element", ()))
    for index, one in enumerate(value.get("parameter", ())):
        if one.get("use") == use and one.get("name") in slices:
            found = slices.pop(one["name"])
            yield from _compared(one, found, f"{at}.parameter[{index}]", context)
        elif one.get("use") == use:
            text = f"The profile {canonical} has no parameter {one.get('name')!r}"
            yield context.issue("warning", "unknown", text, "operation-profile-lacks", f".parameter[{index}]")
    for left in slices:
        text = f"The profile {canonical} has the parameter {left!r}, the operation does not"
        yield context.issue("warning", "unknown", text, "operation-profile-more", at)


def _slices(elements: Sequence[Element]) -> dict[str, Mapping[str, Element]]:
    """By the name that each slice fixes, its elements by the rest of their id; the slice itself is under
    no name."""
    found: dict[str, dict[str, Element]] = {}
    for element in elements:
        name, _, rest = element.get("id", "").removeprefix(f"{_PARAMETER}:").partition(".")
        if element.get("id", "").startswith(f"{_PARAMETER}:"):
            found.setdefault(name, {})[rest] = element
    named: dict[str, Mapping[str, Element]] = {}
    for parts in found.values():
        name = parts.get("name", {})
        fixed = name.get("fixedString", name.get("patternString"))
        if fixed is not None:
            named[fixed] = parts
    return named


def _compared(one: Element, parts: Mapping[str, Element], at: str, context: Context) -> Iterator[Issue]:
    for name in ("min", "max"):
        said, held = one.get(name), parts[""].get(name)
        if said is not None and held is not None and str(said) != str(held):
            text = f"The {name} of {one.get('name')!r} is {said}, and {held} in the profile"
            yield context.issue("error", "unknown", text, "operation-profile-cardinality", at)
    types, targets = _profiled(parts)
    allowed = [x.get("valueUri", x.get("valueUrl")) for x in extended(one, _ALLOWED)] or [one.get("type")]
    wanted = one.get("targetProfile", ())
    for kind, said, held in (("type", allowed, types), ("target profile", wanted, targets)):
        for missing in (each for each in said if each not in held):
            text = f"The {kind} {missing} of {one.get('name')!r} is none of the profile"
            yield context.issue("error", "invalid", text, "operation-profile-type", at)
        for more in (each for each in held if each not in said):
            text = f"The {kind} {more} that the profile has is none of {one.get('name')!r}"
            yield context.issue("error", "invalid", text, "operation-profile-type", at)


def _profiled(parts: Mapping[str, Element]) -> tuple[list[str], list[str]]:
    """The types and targets that the value or the resource of a slice may have."""
    types: list[str] = []
    targets: list[str] = []
    for name in ("value[x]", "resource"):
        others = [
            part for other in ("value[x]", "resource", "part") if other != name and (part := parts.get(other))
        ]
        element = parts.get(name)
        if element is None or str(element.get("max")) == "0" or any(one.get("min", 0) > 0 for one in others):
            continue
        for kind in element.get("type", ()):
            types.append(str(kind.get("code")))
            targets += kind.get("targetProfile", ())
    return types, targets
