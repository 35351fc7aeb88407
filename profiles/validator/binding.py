"""Bindings: what is asked about the codes of an element, and what the answers mean.

https://hl7.org/fhir/R4/terminologies.html#strength
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from profiles.validator.at import At
from profiles.validator.run import Owed, Run
from profiles.validator.values import plain
from terminology.code_check import CodeAnswer, CodeCheck, CodedType
from terminology.issue import Severity

if TYPE_CHECKING:
    from profiles.validator.validator import Validator

Check = Callable[[Any, At, Run], None]
MAXIMUM: Final = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet"
_CODED: Final[Mapping[str, CodedType]] = {
    "code": "code",
    "Coding": "Coding",
    "CodeableConcept": "CodeableConcept",
    "Quantity": "Quantity",
    "Age": "Quantity",
    "Duration": "Quantity",
    "string": "string",
    "uri": "uri",
}
# R4's units of vital signs are no longer required since its corrections, which HL7's validator goes by.
_LOOSENED: Final = frozenset(("http://hl7.org/fhir/ValueSet/ucum-vitals-common",))
_SHOWN: Final = "shown as a value set does"
_STRUCTURAL: Final = ("code", "CodeableConcept")
_GRAVE: Final[Mapping[str, tuple[Severity, str]]] = {
    "required": ("error", "a code of it is required"),
    "extensible": ("warning", "a code of it should be used if there is one that fits"),
    "preferred": ("information", "its codes are preferred"),
}


def binding_checks(
    binding: Mapping[str, Any] | None, code: str, profile: str, validator: "Validator"
) -> list[Check]:
    """Of a value of one type; what the structure check has looked up already is not asked again."""
    kind = _CODED.get(code)
    if binding is None or kind is None:
        return []
    checks: list[Check] = []
    strength, value_set = binding.get("strength", "example"), binding.get("valueSet", "")
    if value_set.partition("|")[0] in _LOOSENED and strength == "required":
        strength = "extensible"
    known = (
        not profile and strength == "required" and code in _STRUCTURAL and _enumerable(value_set, validator)
    )
    if value_set and strength != "example" and not known:
        checks.append(_owing(kind, value_set, strength, profile, is_maximum=False))
    for extension in binding.get("extension", ()):
        if extension["url"] == MAXIMUM:
            maximum = extension.get("valueCanonical") or extension.get("valueUri") or ""
            checks.append(_owing(kind, maximum, "required", profile, is_maximum=True))
    return checks


def _enumerable(value_set: str, validator: "Validator") -> bool:
    return validator.definitions.codings(value_set.partition("|")[0]) is not None


def _owing(kind: CodedType, value_set: str, strength: Any, profile: str, *, is_maximum: bool) -> Check:
    def owe(value: Any, at: At, run: Run) -> None:
        run.owed.append(Owed(CodeCheck(kind, value, value_set, strength), at, profile, is_maximum))

    def concept(value: Any, at: At, run: Run) -> None:
        if "coding" not in value:
            if "extension" not in value and strength != "preferred":
                _tell_none(strength if is_maximum else "extensible", value_set, at, run)
            return
        known = run.validator.members(value_set)
        if known is None or known.isdisjoint((x.get("system"), x.get("code")) for x in value["coding"]):
            owe(value, at, run)
        elif profile and (shown := run.validator.displays_in(value_set)):
            for one in value["coding"]:
                if (one.get("system"), one.get("code"), one.get("display")) in shown:
                    run.memory[_SHOWN, id(one)] = True

    def coding(value: Any, at: At, run: Run) -> None:
        if kind == "Quantity" and "code" not in value:
            return
        known = run.validator.members(value_set)
        if known is None or (value.get("system"), value.get("code")) not in known:
            owe(value, at, run)

    def text(value: Any, at: At, run: Run) -> None:
        value = plain(value)
        if value is not None:
            owe(value, at, run)

    return {"CodeableConcept": concept, "Coding": coding, "Quantity": coding}.get(kind, text)


def _tell_none(strength: str, value_set: str, at: At, run: Run) -> None:
    severity, asks = _GRAVE[strength]
    text = f"There is no code; {asks}: {value_set}"
    run.report(severity, "code-invalid", text, at, f"binding-{strength}")


def tell_answer(owed: Owed, answer: CodeAnswer, run: Run) -> None:
    """The issues that an answer stands for."""
    check = owed.check
    for issue in answer.issues:
        if issue.message_id == "code-display" and (_SHOWN, id(check.value)) in run.memory:
            continue
        if issue.message_id == "code-display" and run.options.displays != "ignore":
            issue = replace(issue, severity=run.options.displays)
        below = f".{issue.expression}" if issue.expression else ""
        run.report(issue.severity, issue.code, issue.diagnostics, owed.at, issue.message_id or "code", below)
    if not check.value_set:
        if answer.result is False:
            run.report("error", "code-invalid", answer.message, owed.at, "code-unknown", ".code")
        return
    grave = _GRAVE.get(check.strength)
    if grave is None or answer.result is True:
        return
    severity, asks = grave
    if answer.result is False:
        text = f"{answer.message or 'The code is not in the value set'}; {asks}"
        name = "binding-maximum" if owed.is_maximum else f"binding-{check.strength}"
        run.report(severity, "code-invalid", text, owed.at, name)
    elif check.strength == "required":
        text = f"It could not be told whether the code is in {check.value_set}, from which one is required"
        run.report("warning", "not-found", text, owed.at, "binding-unknown")
