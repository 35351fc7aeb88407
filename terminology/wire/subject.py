"""What a request asks about: a value set, a code system, a code.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html and its like
"""

from collections.abc import Mapping, Sequence
from typing import Any

from terminology.canonical import joined, split
from terminology.checks import CodeOf, Kind, TxIssue
from terminology.options import Given, first, text
from terminology.scope import Scope
from terminology.texts import Refusal, found
from terminology.value_set import ValueSet, value_set_of

Coded = tuple[Kind, tuple[CodeOf, ...], Any]
"""What is coded, as which kind, and as it was sent."""


def value_set_asked(scope: Scope, given: Sequence[Given]) -> ValueSet:
    """By `valueSet`, or by `url` and `valueSetVersion`. Raises Refusal."""
    sent = first(given, "valueSet")
    if isinstance(sent, Mapping):
        return value_set_of(sent)
    url = text(given, "url")
    if not url:
        raise refused(400, "required", "A value set is named by url, or sent as valueSet")
    url, version = split(url)
    version = text(given, "valueSetVersion") or version
    value_set = scope.value_set(joined(url, version))
    if value_set is None:
        named = {"value_set": joined(url, scope.chosen(url, version))}
        raise Refusal(422, found("error", "not-found", "not-found", "Unable_to_resolve_value_Set_", **named))
    return value_set


def coded(given: Sequence[Given], system_name: str, version_name: str) -> Coded:
    """`codeableConcept`, `coding` or `code`; the names are those of the parameters beside `code`."""
    concept = first(given, "codeableConcept")
    if isinstance(concept, Mapping):
        codings = concept.get("coding", ())
        return "CodeableConcept", tuple(coding_of(each) for each in codings), concept
    coding = first(given, "coding")
    if isinstance(coding, Mapping):
        return "Coding", (coding_of(coding),), coding
    code = text(given, "code")
    if not code:
        raise refused(
            400,
            "invalid",
            "Unable to find code to validate (looked for coding | codeableConcept | code+system | "
            "code+inferSystem in parameters",
        )
    system = text(given, system_name) or text(given, "system")
    return "code", (CodeOf(system, code, text(given, version_name), text(given, "display")),), None


def one_coding(given: Sequence[Given], coding_name: str, code_name: str, version_name: str) -> CodeOf:
    """A Coding, or `code` and `system`."""
    coding = first(given, coding_name)
    if isinstance(coding, Mapping):
        return coding_of(coding)
    code, system = text(given, code_name), text(given, "system")
    if not code or not system:
        raise refused(400, "required", f"The concept is named by {code_name} and system, or by {coding_name}")
    return CodeOf(system, code, text(given, version_name))


def coding_of(given: Any) -> CodeOf:
    if not isinstance(given, Mapping):
        raise refused(400, "invalid", "A coding is an object")
    said = {name: given.get(name, "") for name in ("system", "code", "version", "display")}
    if not all(isinstance(each, str) for each in said.values()):
        raise refused(400, "invalid", "A coding's system, code, version and display are texts")
    return CodeOf(**said)


def refused(status: int, code: str, text_: str, expression: str = "") -> Refusal:
    return Refusal(status, TxIssue("error", code, "", "", text_, expression))
