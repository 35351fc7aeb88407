"""A validator's questions about codes, put to the hub's terminology.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from terminology.checks import Check, Checks, CodeOf, Kind
from terminology.code_check import CodeAnswer, CodeCheck
from terminology.issue import Issue, Severity

# What a value set says is told by who binds to it.
_OF_THE_BINDING: Final = frozenset(("not-in-vs", "this-code-not-in-vs", "cannot-infer"))
_KINDS: Final[Mapping[str, Kind]] = {
    "Coding": "Coding",
    "CodeableConcept": "CodeableConcept",
    "Quantity": "Coding",
}


class Finding(NamedTuple):
    """An issue of a terminology service; `kind` is a code of tx-issue-type, `expression` leads from the
    value."""

    severity: Severity
    code: str
    text: str
    expression: str
    kind: str


class LibraryCodes:
    """`checks` gives who answers now."""

    def __init__(self, checks: Callable[[], Checks]) -> None:
        self._checks = checks

    def __call__(self, checks: Sequence[CodeCheck]) -> Sequence[CodeAnswer]:
        answers = self._checks().check([asked(check) for check in checks])
        return [
            answered(
                check,
                answer.result,
                [
                    Finding(one.severity, one.code, one.text, below(one.expression), one.tx_code)
                    for one in answer.issues
                ],
            )
            for check, answer in zip(checks, answers, strict=True)
        ]


def asked(check: CodeCheck) -> Check:
    """As the terminology has it."""
    value = check.value
    if isinstance(value, str):
        return Check("code", (CodeOf("", value),), check.value_set)
    codings = value.get("coding", ()) if check.type == "CodeableConcept" else (value,)
    given = tuple(
        CodeOf(one.get("system", ""), one.get("code", ""), one.get("version", ""), one.get("display", ""))
        for one in codings
    )
    return Check(_KINDS.get(check.type, "Coding"), given, check.value_set, str(value.get("text", "")))


def answered(
    check: CodeCheck, result: bool | None, findings: Sequence[Finding], message: str = ""
) -> CodeAnswer:
    """As the validator has it. What the value set says is left to the binding, and a code that its system
    lacks is told once."""
    texts = [one.text for one in findings if one.kind in _OF_THE_BINDING]
    told = [one for one in findings if one.kind not in _OF_THE_BINDING]
    issues = tuple(_issue(one) for one in told)
    is_told = not check.value_set and any(issue.severity == "error" for issue in issues)
    return CodeAnswer(None if is_told else result, message or next(iter(texts), ""), issues)


def below(expression: str) -> str:
    """`Coding.display` → `display`; `code` → nothing, for it is the value itself."""
    return expression.partition(".")[2]


def _issue(one: Finding) -> Issue:
    """A code system that nobody knows is no fault of the resource."""
    severity: Severity = "warning" if one.kind == "not-found" and one.severity == "error" else one.severity
    is_display = one.kind == "invalid-display" and severity == "error"
    return Issue(
        severity, one.code, one.text, one.expression, "code-display" if is_display else f"tx-{one.kind}"
    )
