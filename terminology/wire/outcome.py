"""Findings as an OperationOutcome, in the manner of tx servers.

https://hl7.org/fhir/R4/operationoutcome.html
"""

from collections.abc import Iterable
from typing import Any, Final

from terminology.checks import TxIssue

MESSAGE_ID: Final = "http://hl7.org/fhir/StructureDefinition/operationoutcome-message-id"
TX_ISSUE_TYPE: Final = "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type"


def outcome_of(issues: Iterable[TxIssue]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [_issue(each) for each in issues]}


def _issue(found: TxIssue) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if found.message_id:
        made["extension"] = [{"url": MESSAGE_ID, "valueString": found.message_id}]
    made |= {"severity": found.severity, "code": found.code}
    details: dict[str, Any] = {}
    if found.tx_code:
        details["coding"] = [{"system": TX_ISSUE_TYPE, "code": found.tx_code}]
    made["details"] = {**details, "text": found.text}
    if found.expression:
        made["expression"] = [found.expression]
    return made
