"""What a rule finds wrong with a value, and the words for it.

https://hl7.org/fhir/R4/json.html
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

MOST: Final = 100  # findings about one object; a hostile body could otherwise have millions
_LONGEST_SHOWN: Final = 60


class Finding(NamedTuple):
    """`code` is an IssueType; `at` leads from the checked value to the culprit: `.component[0].code`."""

    code: str
    diagnostics: str
    at: str = ""


Findings = Sequence[Finding]
Rule = Callable[[Any, dict[str, Any]], Findings]
"""Checks a value; the second argument is the object that it is a property of."""

NOTHING: Final[Findings] = ()


def below(step: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings as seen from the parent: `step` is `.name` or `[0]`."""
    return [Finding(code, diagnostics, step + at) for code, diagnostics, at in findings]


def shown(value: object) -> str:
    """A value as a message shows it: not longer than helps."""
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…")


def json_kind(value: object) -> str:
    if value is None:
        return "null"
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    return kinds.get(type(value), "a number")


MISSHAPEN: Final = ("An object", "An array", "This element repeats")
"""How a message begins that says of what shape JSON has to be."""


def not_an_object(value: object) -> Findings:
    if value == {}:
        return (Finding("structure", "An object must not be empty"),)
    return (Finding("structure", f"An object is expected here, not {json_kind(value)}"),)


def not_an_array(value: object) -> Findings:
    if value == []:
        return (Finding("structure", "An array must not be empty"),)
    return (Finding("structure", f"This element repeats: an array is expected, not {json_kind(value)}"),)


def not_primitive(value: object, expected: str) -> Finding:
    """A value that its primitive type does not allow."""
    if value is None or isinstance(value, (dict, list)):
        return Finding("structure", f"Expected {expected}, not {json_kind(value)}")
    if value == "":
        return Finding("value", "A value must not be empty")
    return Finding("value", f"Expected {expected}, not {shown(value)}")


def unknown_property(owner: str, name: str, known: Collection[str]) -> Finding:
    """A property that the type does not have, with the nearest one that it has."""
    known = [other for other in known if not other.startswith("_")]
    stem = [other for other in known if other.startswith(name) and other[len(name) : len(name) + 1].isupper()]
    near = get_close_matches(name, known, 1) if len(name) <= _LONGEST_SHOWN else []
    if name and stem:
        hint = f"; with its type it is {', '.join(sorted(stem)[:3])}{' …' if len(stem) > 3 else ''}"
    else:
        hint = f"; did you mean {near[0]}?" if near else ""
    return Finding("structure", f"{owner} has no property {shown(name)}{hint}")
