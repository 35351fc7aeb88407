"""Constraints that a Questionnaire sets to what answers it, by itself or by one of its questions.

https://hl7.org/fhir/R4/extension-questionnaire-constraint.html and its successor, targetConstraint
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.fhirpath import Environment, FhirPathError, compile_expression
from profiles.snapshot import CORE
from profiles.validator.context import Context
from profiles.validator.special.extension import extended
from terminology.issue import Issue, Severity

Element = Mapping[str, Any]
_URLS: Final = (f"{CORE}questionnaire-constraint", f"{CORE}targetConstraint")
_RESPONSE: Final = "QuestionnaireResponse"
_SEVERITIES: Final[Mapping[str, Severity]] = {"error": "error", "warning": "warning"}


def constraint_issues(question: Element, answered: Element, at: str, context: Context) -> Iterator[Issue]:
    """`question` is one, or the Questionnaire; `answered` its item, or the response. What cannot be evaluated
    is passed over."""
    for url in _URLS:
        for extension in extended(question, url):
            expression, language = _expression(extension)
            if expression and language == "text/fhirpath" and _fails(expression, answered, context):
                key, severity = _part(extension, "key"), _part(extension, "severity")
                text = f"{key}: {_part(extension, 'human') or expression}"
                level = _SEVERITIES.get(severity, "error")
                yield context.issue(level, "invariant", text, "response-constraint", at)


def _expression(extension: Element) -> tuple[str, str]:
    for one in extended(extension, "expression"):
        if "valueExpression" in one:
            given = one["valueExpression"]
            return str(given.get("expression", "")), str(given.get("language", ""))
        return str(one.get("valueString", "")), "text/fhirpath"
    return "", ""


def _part(extension: Element, name: str) -> str:
    for one in extended(extension, name):
        return next((str(value) for key, value in one.items() if key.startswith("value")), "")
    return ""


def _fails(expression: str, answered: Element, context: Context) -> bool:
    environment = Environment(context.resource, variables={"context": answered})
    home = _RESPONSE if answered is context.resource else f"{_RESPONSE}.item"
    try:
        compiled = compile_expression(expression, context.run.validator.definitions, home)
        return compiled.truth(answered, environment) is False
    except FhirPathError:
        return False
