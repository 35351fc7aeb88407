"""How often a question is to be answered, by the extensions minOccurs and maxOccurs.

https://hl7.org/fhir/R4/extension-questionnaire-minoccurs.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from profiles.validator.special.extension import extended
from terminology.issue import Issue

_CORE: Final = "http://hl7.org/fhir/StructureDefinition/questionnaire-"


def occurrence_issues(question: Mapping[str, Any], count: int, at: str, context: Context) -> Iterator[Issue]:
    """`count` answers, or repetitions of a group, are there; none at all is told by `required`."""
    if "extension" not in question:
        return
    link_id = question.get("linkId")
    for least in _bounds(question, "minOccurs"):
        if count < least:
            text = f"{link_id!r} is to be answered {least} times, and has {count} answers"
            yield context.issue("error", "invariant", text, "response-min-occurs", at)
    for most in _bounds(question, "maxOccurs"):
        if count > most:
            text = f"{link_id!r} may be answered {most} times, and has {count} answers"
            yield context.issue("error", "invariant", text, "response-max-occurs", at)


def _bounds(question: Mapping[str, Any], name: str) -> Iterator[int]:
    for extension in extended(question, _CORE + name):
        if isinstance(extension.get("valueInteger"), int):
            yield extension["valueInteger"]
