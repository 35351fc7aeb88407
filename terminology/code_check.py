"""Whether codes are what their binding asks for: the questions of a validator, and the answers.

A validator collects what it is owed while it walks a resource, and asks for all of it in one batch.
https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from terminology.issue import Issue

Strength = Literal["required", "extensible", "preferred", "example"]
CodedType = Literal["code", "Coding", "CodeableConcept", "Quantity", "string", "uri"]


class CodeCheck(NamedTuple):
    """One question.

    type       of `value`: text, or the JSON object of a Coding, CodeableConcept or Quantity (its system and
               code); a `code`, `string` or `uri` takes its system from the value set
    value_set  canonical with its version, if the binding has one; empty: is it a code of its own system?
    strength   of the binding; `example` where there is none
    language   of the displays, as Accept-Language has it; empty: any
    """

    type: CodedType
    value: str | Mapping[str, Any]
    value_set: str = ""
    strength: Strength = "example"
    language: str = ""


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """`result` is None where it cannot be told: the value set or the code system is not known.

    `issues` are what `$validate-code` tells beside the result (a wrong display, an inactive code, a code
    that its system does not have, a system that is not known), each with an expression that leads from the
    value: `coding[0].display`. `message` says why the result is what it is.
    """

    result: bool | None
    message: str = ""
    issues: tuple[Issue, ...] = ()


UNKNOWN = CodeAnswer(None)


class CodeValidation(Protocol):
    """Whoever knows codes: one answer for each question, in their order."""

    def __call__(self, checks: Sequence[CodeCheck]) -> Sequence[CodeAnswer]: ...
