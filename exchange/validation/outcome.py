"""Issues as an OperationOutcome, with line and column where they are known.

https://hl7.org/fhir/R4/operationoutcome.html and its extensions operationoutcome-issue-line, -issue-col and
-message-id
"""

from collections.abc import Iterable
from typing import Any, Final

from exchange.validation.text import Told

_CORE: Final = "http://hl7.org/fhir/StructureDefinition/operationoutcome-"
_ALL_OK: Final = {"severity": "information", "code": "informational", "diagnostics": "No issues were found"}


def outcome(issues: Iterable[Told]) -> dict[str, Any]:
    """One issue says that all is well, if there are none."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(told) for told in issues] or [_ALL_OK]}


def _issue(told: Told) -> dict[str, Any]:
    issue, place = told.issue, told.place
    extensions: list[dict[str, Any]] = []
    if place:
        extensions += [
            {"url": f"{_CORE}issue-line", "valueInteger": place.line},
            {"url": f"{_CORE}issue-col", "valueInteger": place.column},
        ]
    if issue.message_id:
        extensions.append({"url": f"{_CORE}message-id", "valueString": issue.message_id})
    parts: dict[str, Any] = {"extension": extensions} if extensions else {}
    parts |= {"severity": issue.severity, "code": issue.code, "diagnostics": issue.diagnostics}
    if issue.expression:
        parts["expression"] = [issue.expression]
    return parts
