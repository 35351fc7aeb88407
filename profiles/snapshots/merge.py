"""What a profile says of an element, laid over what its base says.

https://hl7.org/fhir/R4/elementdefinition.html#interpretation
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from profiles.snapshots.error import SnapshotIssue
from profiles.snapshots.node import Element

# A profile replaces these whole; those of `OWN` belong to the place, not to what is said of it.
REPLACED: Final = frozenset(
    (
        *(
            "sliceName",
            "sliceIsConstraining",
            "label",
            "code",
            "short",
            "definition",
            "comment",
            "requirements",
        ),
        *("min", "max", "type", "meaningWhenMissing", "orderMeaning", "maxLength", "mustSupport"),
        *("isModifierReason", "isSummary", "slicing", "contentReference", "representation", "extension"),
    )
)
APPENDED: Final = ("alias", "condition", "example", "mapping")
CHOICES: Final = ("fixed", "pattern", "minValue", "maxValue", "defaultValue")
OWN: Final = frozenset(("id", "path", "base", "sliceName", "slicing", "sliceIsConstraining", "min", "max"))
BINDABLE: Final = frozenset(("code", "string", "uri", "Coding", "CodeableConcept", "Quantity"))
APPEND: Final = "..."
_TEXTS: Final = frozenset(("definition", "comment", "requirements"))


def merged(base: Element, told: Element, source: str) -> Element:
    """The element with all that is told of it; `source` is the URL of who tells, for new constraints."""
    element = {**base, **{name: value for name, value in told.items() if _is_replaced(name)}}
    for name in _TEXTS & told.keys():
        element[name] = _appended(base.get(name, ""), told[name])
    for name in APPENDED:
        if name in told:
            element[name] = _union(base.get(name, ()), told[name])
    if "constraint" in told:
        element["constraint"] = constraints(base.get("constraint", ()), _sourced(told["constraint"], source))
    if "binding" in told:
        element["binding"] = _binding(base.get("binding", {}), told["binding"])
    if "binding" in element and not _is_bindable(element):
        del element["binding"]
    if "isModifier" in told and ("isModifier" not in base or "." not in base["path"]):
        element["isModifier"] = told["isModifier"]
    return element


def laid_over(template: Element, base: Element) -> Element:
    """What a profile on the element's type says at its root, where the base has not more to say."""
    element = {**base, **{name: value for name, value in template.items() if name not in OWN}}
    for name in APPENDED:
        if name in template or name in base:
            element[name] = _union(template.get(name, ()), base.get(name, ()))
    element["constraint"] = constraints(template.get("constraint", ()), base.get("constraint", ()))
    if "type" in base:
        element["type"] = base["type"]
    return element


def constraints(base: Iterable[Element], more: Iterable[Element]) -> list[Element]:
    """Both, each key once: a constraint that is inherited cannot be changed."""
    by_key = {one["key"]: one for one in base}
    for one in more:
        by_key.setdefault(one["key"], one)
    return list(by_key.values())


def misfits(base: Element, told: Element, expression: str) -> Iterator[SnapshotIssue]:
    """Where a profile allows what its base does not: https://hl7.org/fhir/R4/profiling.html#limitations"""
    for problem in (*_cardinality(base, told), *_strength(base, told)):
        yield SnapshotIssue("error", "business-rule", problem, expression)
    if "slicing" in told and "rules" not in told["slicing"]:
        yield SnapshotIssue("error", "required", "the slicing has no rules", expression)
    if base.get("mustSupport") and told.get("mustSupport") is False:
        yield SnapshotIssue("error", "business-rule", "mustSupport cannot be taken back", expression)


def _is_bindable(element: Element) -> bool:
    codes = {one.get("code") for one in element.get("type", ())}
    return not codes or bool(codes & BINDABLE)


def _cardinality(base: Element, told: Element) -> Iterator[str]:
    least, most = told.get("min"), told.get("max")
    if least is not None and least < base.get("min", 0) and "sliceName" not in told:
        yield f"min is {least}, but the base demands {base['min']}"
    if most is not None and _more(most, base.get("max", "*")):
        yield f"max is {most}, but the base allows {base['max']}"
    known = least if least is not None else base.get("min", 0)
    if "max" in told and most != "*" and int(most or 0) < known and most != "0":
        yield f"max is {most}, but min is {known}"


def _more(most: str, allowed: str) -> bool:
    return allowed != "*" and (most == "*" or int(most) > int(allowed))


def _strength(base: Element, told: Element) -> Iterator[str]:
    strength = told.get("binding", {}).get("strength", "required")
    if base.get("binding", {}).get("strength") == "required" and strength != "required":
        yield f"the binding is required in the base and cannot become {strength}"


def _is_replaced(name: str) -> bool:
    return name in REPLACED or name.startswith(CHOICES)


def _appended(text: str, told: str) -> str:
    return f"{text}\r\n{told.removeprefix(APPEND)}" if told.startswith(APPEND) else told


def _union(some: Iterable[Any], more: Iterable[Any]) -> list[Any]:
    united = list(some)
    united += [one for one in more if one not in united]
    return united


def _sourced(told: Iterable[Mapping[str, Any]], source: str) -> Iterator[Element]:
    for one in told:
        yield {**one, "source": one.get("source", source)}


def _binding(base: Element, told: Element) -> Element:
    """A profile may change the strength alone and keep the value set."""
    return told if "valueSet" in told or "valueSet" not in base else {**told, "valueSet": base["valueSet"]}
