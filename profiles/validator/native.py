"""The most common invariants of R4 as plain Python, by the text of their expressions.

A test holds each to what its expression evaluates to. Values are of the right structure.
https://hl7.org/fhir/R4/datatypes.html
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

Broken = Callable[[Mapping[str, Any]], bool]


def no_narrative(value: Mapping[str, Any]) -> bool:
    """dom-6"""
    return "div" not in value.get("text", ())


def code_without_system(value: Mapping[str, Any]) -> bool:
    """qty-3"""
    return ("code" in value or "_code" in value) and not ("system" in value or "_system" in value)


def data_absent_and_value(value: Mapping[str, Any]) -> bool:
    """obs-6, but for the value, of which `names` in the guard tell"""
    return "dataAbsentReason" in value and any(key.lstrip("_").startswith("value") for key in value)


def contact_without_details(value: Mapping[str, Any]) -> bool:
    """pat-1"""
    return value.keys().isdisjoint(("name", "telecom", "address", "organization"))


def range_without_limits(value: Mapping[str, Any]) -> bool:
    """obs-3"""
    return value.keys().isdisjoint(("low", "high", "text", "_text"))


def telecom_without_system(value: Mapping[str, Any]) -> bool:
    """cpt-2"""
    return ("value" in value or "_value" in value) and not ("system" in value or "_system" in value)


def slice_of_the_root(value: Mapping[str, Any]) -> bool:
    """sdf-23"""
    return any(_is_root(one) and ("sliceName" in one or "_sliceName" in one) for one in _elements(value))


def words_of_the_root(value: Mapping[str, Any]) -> bool:
    """sdf-9; what has no path is no root here"""
    return any("path" in one and _is_root(one) and not _WORDS.isdisjoint(one) for one in _elements(value))


def _elements(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of a StructureDefinition, in both of its views."""
    return [one for view in ("snapshot", "differential") for one in value.get(view, {}).get("element", ())]


def _is_root(element: Mapping[str, Any]) -> bool:
    return "." not in element.get("path", "")


_WORDS: Final = frozenset(("label", "_label", "code", "requirements", "_requirements"))
_ROOTS: Final = "children().element.where(path.contains('.').not())"
NATIVE: Final[Mapping[str, Broken]] = {
    "text.`div`.exists()": no_narrative,
    "code.empty() or system.exists()": code_without_system,
    "dataAbsentReason.empty() or value.empty()": data_absent_and_value,
    "name.exists() or telecom.exists() or address.exists() or organization.exists()": contact_without_details,
    "low.exists() or high.exists() or text.exists()": range_without_limits,
    "value.empty() or system.exists()": telecom_without_system,
    "(snapshot | differential).element.all(path.contains('.').not() implies sliceName.empty())": (
        slice_of_the_root
    ),
    f"{_ROOTS}.label.empty() and {_ROOTS}.code.empty() and {_ROOTS}.requirements.empty()": words_of_the_root,
}
