"""One finding, in the words of OperationOutcome.issue.

https://hl7.org/fhir/R4/operationoutcome.html
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Issue:
    """A finding about a resource, a message or a request.

    `code` is an IssueType code (`required`, `value`, `structure`, …). `expression` is the FHIRPath of the
    element, or the name of the search parameter; empty where the finding is about the whole. `message_id`
    names the rule that was broken, the same in every version of ours; it is no code of the standard.
    """

    severity: Severity
    code: str
    diagnostics: str
    expression: str = ""
    message_id: str = ""
