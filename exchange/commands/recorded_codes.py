"""The validator's questions about codes, answered from a recording.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from conformance.recorded_terminology import RecordedAnswer, RecordedIssue, RecordedTerminology
from profiles.packages.canonicals import Canonicals
from terminology.code_check import UNKNOWN, CodeAnswer, CodeCheck
from terminology.issue import Issue, Severity

_OF_THE_BINDING: Final = frozenset(("not-in-vs", "this-code-not-in-vs", "cannot-infer"))


class RecordedCodes:
    """What is not recorded is not known."""

    def __init__(self, recorded: RecordedTerminology, known: Canonicals) -> None:
        self._recorded = recorded
        self._known = known

    def __call__(self, checks: Sequence[CodeCheck]) -> Sequence[CodeAnswer]:
        return [self._answer(check) for check in checks]

    def _answer(self, check: CodeCheck) -> CodeAnswer:
        value_set = self._known.resource(check.value_set) if check.value_set else None
        compose = value_set.get("compose") if value_set else None
        found = self._recorded.answer(_asked(check), check.value_set, compose)
        return _told(found, check) if found else UNKNOWN


def _asked(check: CodeCheck) -> Any:
    """Of a Quantity its unit."""
    if check.type == "Quantity" and isinstance(check.value, Mapping):
        return {name: check.value[name] for name in ("system", "code") if name in check.value}
    return check.value


def _told(found: RecordedAnswer, check: CodeCheck) -> CodeAnswer:
    """What the value set says is for the binding to tell; a code that its system lacks is told once."""
    told = [one for one in found.issues if one.kind not in _OF_THE_BINDING]
    issues = tuple(
        Issue(_severity(one), one.code, one.text, one.expression, f"tx-{one.kind}") for one in told
    )
    is_told = not check.value_set and any(issue.severity == "error" for issue in issues)
    return CodeAnswer(None if is_told else found.result, found.message, issues)


def _severity(one: RecordedIssue) -> Severity:
    """A code system that the server does not know is no fault of the resource."""
    return "warning" if one.kind == "not-found" and one.severity == "error" else one.severity  # type: ignore[return-value]
