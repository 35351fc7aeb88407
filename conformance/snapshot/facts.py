"""What of an element's definition is compared, and how two snapshots differ.

https://hl7.org/fhir/R4/elementdefinition.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Element = Mapping[str, Any]
SLICE: Final = re.compile(r":[^.]+")  # some publishers name the slice in which a reference stands
SHOWN: Final = 3
VALUES: Final = ("fixed", "pattern", "minValue", "maxValue")


@dataclass(frozen=True, slots=True)
class Difference:
    """`fact` is the one that differs, or `missing` or `extra` for a whole element."""

    id: str
    fact: str
    found: Any = None
    expected: Any = None

    def __str__(self) -> str:
        told = "" if self.fact in ("missing", "extra") else f" {self.found} instead of {self.expected}"
        return f"{self.id} {self.fact}{told}"


def facts(element: Element) -> dict[str, Any]:
    """Id, cardinality, types, binding, slicing, constraints and values; texts are not compared."""
    binding, slicing = element.get("binding"), element.get("slicing")
    return {
        "min": element.get("min"),
        "max": element.get("max"),
        "type": sorted(_type(one) for one in element.get("type", ())),
        "binding": binding and (binding.get("strength"), unversioned(binding.get("valueSet", ""))),
        "slicing": slicing and _slicing(slicing),
        "constraint": sorted(_constraint(one) for one in element.get("constraint", ())),
        "value": {name: value for name, value in element.items() if name.startswith(VALUES)},
        "mustSupport": bool(element.get("mustSupport")),
        "isModifier": bool(element.get("isModifier")),
        "contentReference": SLICE.sub("", element.get("contentReference", "").rpartition("#")[2]),
    }


def by_id(elements: Sequence[Element]) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in elements:
        found.setdefault(element.get("id") or element["path"], element)
    return found


def differences(made: Sequence[Element], published: Sequence[Element]) -> list[Difference]:
    """Element by element, those that only one side has included."""
    ours, theirs = by_id(made), by_id(published)
    found = [Difference(name, "extra") for name in ours if name not in theirs]
    for name, element in theirs.items():
        if name in ours:
            found += differing(name, facts(ours[name]), facts(element))
        else:
            found.append(Difference(name, "missing"))
    return found


def differing(name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[Difference]:
    return [Difference(name, key, ours[key], theirs[key]) for key in ours if ours[key] != theirs[key]]


def told(found: Sequence[Difference]) -> str:
    """The first differences, for a reader; empty if there are none."""
    return f"{len(found)} differences: " + "; ".join(str(one)[:300] for one in found[:SHOWN]) if found else ""


def unversioned(canonical: str) -> str:
    return canonical.partition("|")[0]


def _type(one: Element) -> tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    return (
        one.get("code", ""),
        tuple(sorted(map(unversioned, one.get("profile", ())))),
        tuple(sorted(map(unversioned, one.get("targetProfile", ())))),
        tuple(sorted(one.get("aggregation", ()))),
    )


def _slicing(slicing: Element) -> tuple[list[tuple[str, str]], bool, str]:
    by = sorted((one.get("type", ""), one.get("path", "")) for one in slicing.get("discriminator", ()))
    return by, slicing.get("ordered", False), slicing.get("rules", "")


def _constraint(one: Element) -> tuple[str, str, str]:
    return one["key"], one.get("severity", ""), one.get("expression", "")
