"""The validator's questions about codes, answered from a recording.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.recorded_terminology import RecordedTerminology
from exchange.validation.codes import Finding, answered
from profiles.packages.canonicals import Canonicals
from terminology.code_check import UNKNOWN, CodeAnswer, CodeCheck


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
        if found is None:
            return UNKNOWN
        findings = [
            Finding(one.severity, one.code, one.text, one.expression, one.kind) for one in found.issues
        ]
        return answered(check, found.result, findings, found.message)


def _asked(check: CodeCheck) -> Any:
    """Of a Quantity its unit."""
    if check.type == "Quantity" and isinstance(check.value, Mapping):
        return {name: check.value[name] for name in ("system", "code") if name in check.value}
    return check.value
