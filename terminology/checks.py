"""Many code checks in one batch: the port by which a validator asks, synchronous and in process.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from msgspec import Struct

from terminology.issue import Severity

Kind = Literal["code", "Coding", "CodeableConcept"]


@dataclass(frozen=True, slots=True)
class TxIssue:
    """A finding of the terminology service, as tx servers tell it.

    `code` is an IssueType, `tx_code` a code of http://hl7.org/fhir/tools/CodeSystem/tx-issue-type (or empty),
    `message_id` names the text's template, `expression` is relative to what was asked
    (`Coding.code`, `CodeableConcept.coding[1].system`, `code`); empty: the whole.
    """

    severity: Severity
    code: str
    tx_code: str
    message_id: str
    text: str
    expression: str = ""


@dataclass(frozen=True, slots=True)
class CodeOf:
    """A Coding; what it lacks is the empty string."""

    system: str
    code: str
    version: str = ""
    display: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Is one of `codings` in `value_set` (`url` or `url|version`)? Without it: is it in its code system?

    A `code` has one coding; its `system` may be empty, it is then inferred from the value set.
    """

    kind: Kind
    codings: tuple[CodeOf, ...]
    value_set: str = ""
    text: str = ""


class Answer(Struct, frozen=True, gc=False):
    """`result` is None where nobody can tell: the value set or the code system is not known here.

    `display` is the preferred one of the coding that was found, `system` the one that was inferred or found.
    """

    result: bool | None
    issues: tuple[TxIssue, ...] = ()
    display: str = ""
    system: str = ""


class Checks(Protocol):
    """Whoever answers: our library in process, or recorded answers in a test."""

    def check(self, checks: Sequence[Check]) -> list[Answer]:
        """One answer for each check, in order. Never raises for what a check says."""
        ...
