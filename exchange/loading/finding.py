"""Why something was not stored, or not as it stands.

https://hl7.org/fhir/R4/operationoutcome.html
"""

from dataclasses import dataclass, replace
from typing import Any

from terminology.issue import Issue


@dataclass(frozen=True, slots=True)
class Finding:
    """At a line, or (0) in the file as a whole. `text` is the line itself, where it was asked for."""

    line: int
    issue: Issue
    text: str | None = None

    @property
    def rejects(self) -> bool:
        """Whether something is not stored for it."""
        return self.issue.severity in ("error", "fatal")

    def told(self, source: object) -> str:
        """`FILE:LINE: expression: reason`."""
        line = f":{self.line}" if self.line else ""
        expression = f"{self.issue.expression}: " if self.issue.expression else ""
        return f"{source}{line}: {expression}{self.issue.diagnostics}"

    def report(self, source: object) -> dict[str, Any]:
        """As a JSON value."""
        issue = self.issue
        told = {
            "source": str(source),
            "line": self.line,
            "severity": issue.severity,
            "code": issue.code,
            "expression": issue.expression,
            "diagnostics": issue.diagnostics,
        }
        return told if self.text is None else {**told, "text": self.text}


def kept(finding: Finding) -> list[Any]:
    """As the mark of a chunk keeps it: PostgreSQL takes neither U+0000 nor half of a surrogate pair."""
    issue = finding.issue
    told = (issue.severity, issue.code, issue.diagnostics, issue.expression, finding.text)
    return [finding.line, *(None if each is None else _storable(each) for each in told)]


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def of_kept(value: list[Any]) -> Finding:
    line, severity, code, diagnostics, expression, text = value
    return Finding(line, Issue(severity, code, diagnostics, expression), text)


def within(place: str, issue: Issue) -> Issue:
    """The issue of a resource as one of what holds it: `Patient.name` in `Bundle.entry[3].resource`."""
    if not place:
        return issue
    _, dot, rest = issue.expression.partition(".")
    return replace(issue, expression=f"{place}{dot}{rest}")
