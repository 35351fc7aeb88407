"""Errors as OperationOutcomes: the one table from what went wrong to (HTTP status, issue code).

https://hl7.org/fhir/R4/operationoutcome.html · https://hl7.org/fhir/R4/http.html#Status-Codes
"""

import logging
import secrets
import socket
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import asyncpg

from exchange.fhirjson import UnreadableJson
from exchange.store.coalesce import Overloaded
from exchange.store.transact import TooContended
from exchange.trust.refusal import Refusal
from exchange.xml import UnreadableXml, UnwritableXml
from terminology.issue import Issue

Category = Literal[
    "unreadable",
    "invalid",
    "login",
    "forbidden",
    "not-found",
    "unknown-type",
    "unknown-path",
    "method",
    "not-acceptable",
    "conflict",
    "deleted",
    "precondition",
    "multiple-matches",
    "too-large",
    "media-type",
    "rule",
    "throttled",
    "exception",
    "not-implemented",
    "busy",
    "timeout",
]

TABLE: Final[Mapping[Category, tuple[int, str]]] = {
    "unreadable": (400, "structure"),
    "invalid": (400, "invalid"),
    "login": (401, "login"),
    "forbidden": (403, "forbidden"),
    "not-found": (404, "not-found"),
    "unknown-type": (404, "not-supported"),
    "unknown-path": (404, "not-supported"),
    "method": (405, "not-supported"),
    "not-acceptable": (406, "not-supported"),
    "conflict": (409, "conflict"),
    "deleted": (410, "deleted"),
    "precondition": (412, "conflict"),
    "multiple-matches": (412, "multiple-matches"),
    "too-large": (413, "too-long"),
    "media-type": (415, "not-supported"),
    "rule": (422, "processing"),
    "throttled": (429, "throttled"),
    "exception": (500, "exception"),
    "not-implemented": (501, "not-supported"),
    "busy": (503, "transient"),
    "timeout": (503, "timeout"),
}

# What the driver, the store and the operating system raise; of an error's ancestors the nearest one counts.
_OUTSIDE: Final[Mapping[type[BaseException], tuple[Category, str]]] = {
    asyncpg.SerializationError: ("conflict", "Other writers were faster; try again"),
    asyncpg.DeadlockDetectedError: ("conflict", "Other writers were faster; try again"),
    TooContended: ("conflict", "Other writers were faster; try again"),
    Overloaded: ("busy", "Too many requests wait for the database; try again"),
    asyncpg.LockNotAvailableError: ("busy", "The resource is locked; try again"),
    asyncpg.QueryCanceledError: ("timeout", "The database took too long"),
    asyncpg.InsufficientResourcesError: ("busy", "The database has no room for this now"),
    asyncpg.OperatorInterventionError: ("busy", "The database is going down or coming up"),
    asyncpg.PostgresConnectionError: ("busy", "The database cannot be reached"),
    asyncpg.InternalClientError: ("busy", "The connection to the database was lost"),
    asyncpg.InterfaceError: ("busy", "The connection to the database was lost"),
    TimeoutError: ("timeout", "The request took too long"),
    ConnectionError: ("busy", "The database cannot be reached"),
    # The socket of a server that is not there; a name that the system does not know.
    FileNotFoundError: ("busy", "The database cannot be reached"),
    socket.gaierror: ("busy", "The database cannot be reached"),
}

Headers = tuple[tuple[str, str], ...]

_log = logging.getLogger(__name__)


class FhirError(Exception):
    """A request that ends in an OperationOutcome."""

    def __init__(
        self, category: Category, diagnostics: str, expression: str = "", *, headers: Headers = ()
    ) -> None:
        super().__init__(category)
        self.status, code = TABLE[category]
        self.issues: Sequence[Issue] = (Issue("error", code, diagnostics, expression),)
        self.headers = headers

    @classmethod
    def of(cls, category: Category, issues: Sequence[Issue]) -> "FhirError":
        """An error of this category that reports `issues` as they are."""
        error = cls(category, "")
        error.issues = tuple(issues)
        return error


@dataclass(frozen=True, slots=True)
class Failure:
    """What the client is told."""

    status: int
    issues: Sequence[Issue]
    headers: Headers = ()


def failure(error: BaseException) -> Failure:
    """What to answer for `error`. An unknown one is logged, and the client gets its correlation id."""
    if isinstance(error, FhirError):
        return Failure(error.status, error.issues, error.headers)
    if isinstance(error, UnreadableJson | UnreadableXml):
        return Failure(TABLE["unreadable"][0], (error.issue,))
    if isinstance(error, UnwritableXml):
        return Failure(TABLE["not-acceptable"][0], (error.issue,))
    if isinstance(error, Refusal):
        category: Category = "forbidden" if error.status == 403 else "login"
        issue = Issue("error", TABLE[category][1], str(error))
        return Failure(error.status, (issue,), (("WWW-Authenticate", error.challenge),))
    # What the driver cannot encode is an InterfaceError too, but a fault of ours.
    for kind in () if isinstance(error, ValueError) else type(error).__mro__:
        if kind in _OUTSIDE:
            category, diagnostics = _OUTSIDE[kind]
            status, code = TABLE[category]
            headers: Headers = (("Retry-After", "1"),) if status == 503 else ()
            return Failure(status, (Issue("error", code, diagnostics),), headers)
    return _unknown(error)


def rejection(issues: Sequence[Issue]) -> FhirError | None:
    """The error for a resource with these findings, if any of them forbids storing it: 400 where it cannot
    be read as the resource it says it is, 422 where it breaks a rule."""
    errors = [issue for issue in issues if issue.severity in _FORBIDDING]
    if not errors:
        return None
    unreadable = any(issue.code in _SYNTAX for issue in errors)
    return FhirError.of("unreadable" if unreadable else "rule", issues)


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The resource that carries `issues`."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues] or [_ALL_OK]}


_FORBIDDING: Final = frozenset(("fatal", "error"))
_SYNTAX: Final = frozenset(("structure", "value", "invalid"))
_ALL_OK: Final = {"severity": "information", "code": "informational", "diagnostics": "All OK"}


def _issue(issue: Issue) -> dict[str, Any]:
    parts: dict[str, Any] = {"severity": issue.severity, "code": issue.code}
    if issue.diagnostics:
        parts["diagnostics"] = issue.diagnostics
    if issue.expression:
        parts["expression"] = [issue.expression]
    return parts


def _unknown(error: BaseException) -> Failure:
    """Neither the answer nor the log quotes the exception's text: it may hold a patient's data."""
    correlation = secrets.token_hex(8)
    places = " < ".join(
        f"{frame.filename}:{frame.lineno}" for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
    state = getattr(error, "sqlstate", "")
    _log.error("unexpected %s %s correlation=%s at %s", type(error).__name__, state, correlation, places)
    status, code = TABLE["exception"]
    diagnostics = f"The hub failed unexpectedly; its log has the reason under {correlation}"
    return Failure(status, (Issue("fatal", code, diagnostics),))
