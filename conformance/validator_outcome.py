"""The issues of an OperationOutcome in a form that two validators can be compared by.

https://hl7.org/fhir/R4/operationoutcome.html
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_ERRORS: Final = frozenset(("error", "fatal"))
_COMMENT: Final = re.compile(r"/\*.*?\*/")
_PLACE: Final = re.compile(r"\[(\d+)(?:,\s*(\d+))?\]")
_LINE: Final = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line"


@dataclass(frozen=True, slots=True)
class Found:
    """One issue; `line` is 0 where none is told."""

    severity: str
    code: str
    expression: str
    text: str
    line: int = 0

    @property
    def is_error(self) -> bool:
        return self.severity in _ERRORS

    @property
    def key(self) -> tuple[str, str]:
        return self.code, self.expression

    def __str__(self) -> str:
        return f"{self.severity} {self.code} {self.expression}: {self.text}"


@dataclass(frozen=True, slots=True)
class Compared:
    """The errors of two: how many both tell (by code and expression), and what one alone tells."""

    both: int
    missing: tuple[Found, ...]
    extra: tuple[Found, ...]


def outcome(resource: Mapping[str, Any]) -> tuple[Found, ...]:
    return tuple(_found(issue) for issue in resource.get("issue", ()))


def compared(expected: Sequence[Found], found: Sequence[Found]) -> Compared:
    """Only errors."""
    left = Counter(one.key for one in found if one.is_error)
    both = 0
    missing = []
    for one in expected:
        if one.is_error and left[one.key]:
            left[one.key] -= 1
            both += 1
        elif one.is_error:
            missing.append(one)
    extra = []
    for one in found:
        if one.is_error and left[one.key]:
            left[one.key] -= 1
            extra.append(one)
    return Compared(both, tuple(missing), tuple(extra))


def _found(issue: Mapping[str, Any]) -> Found:
    """A comment in an expression only helps to read it."""
    expression = next(iter(issue.get("expression", ())), "")
    text = issue.get("details", {}).get("text") or issue.get("diagnostics", "")
    return Found(
        issue.get("severity", ""), issue.get("code", ""), _COMMENT.sub("", expression), text, _line(issue)
    )


def _line(issue: Mapping[str, Any]) -> int:
    """Java tells `[line,column]` as diagnostics; others have the extension for it."""
    for extension in issue.get("extension", ()):
        if extension.get("url") == _LINE:
            return int(extension.get("valueInteger", 0))
    place = _PLACE.fullmatch(issue.get("diagnostics", ""))
    return int(place[1]) if place else 0
