"""Required bindings to value sets that can be enumerated.

https://hl7.org/fhir/R4/terminologies.html#required
"""

from collections.abc import Collection
from typing import Any

from profiles.finding import NOTHING, Finding, Findings, Rule, shown
from profiles.primitives import Valid, code
from profiles.value_set import Coding

_FEW = 15


def one_of(codes: Collection[str]) -> Valid:
    def valid(value: Any) -> bool:
        return type(value) is str and value in codes

    return valid


def bound_code(codes: Collection[str], value_set: str) -> Rule:
    """What is wrong with a value that is not one of the codes."""
    listed = f": {', '.join(sorted(codes))}" if len(codes) <= _FEW else ""

    def check(value: Any, owner: dict[str, Any]) -> Findings:
        if type(value) is str and value in codes:
            return NOTHING
        issue = "code-invalid" if code(value) else "value"
        return (Finding(issue, f"{shown(value)} is not in the value set {value_set}{listed}"),)

    return check


def bound_concept(members: Collection[Coding], value_set: str) -> Rule:
    """One of the codings at least is a member; an extension may say why there is none."""

    def check(value: Any, owner: dict[str, Any]) -> Findings:
        codings = value.get("coding", ())
        if any(_coding(coding) in members for coding in codings):
            return NOTHING
        if not codings and "extension" in value:
            return NOTHING
        given = ", ".join(map(_named, codings[:_FEW])) or "A concept without coding"
        return (Finding("code-invalid", f"{given} is not in the value set {value_set}"),)

    return check


def _coding(value: dict[str, Any]) -> tuple[Any, Any]:
    return value.get("system"), value.get("code")


def _named(value: dict[str, Any]) -> str:
    system, code = _coding(value)
    return shown(f"{system or ''}|{code or ''}")
