"""What HL7's validator calls an error, and R4's own published examples have.

https://hl7.org/fhir/R4/downloads.html
"""

from collections.abc import Iterator

from profiles.validator.context import Context
from terminology.issue import Issue


def form_issue(context: Context, code: str, text: str, message_id: str, below: str = "") -> Iterator[Issue]:
    """Told as the options want it."""
    severity = context.options.forms
    if severity != "ignore":
        yield context.issue(severity, code, text, message_id, below)
