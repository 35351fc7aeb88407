"""Every error has one status and one issue code, and nothing of a patient reaches the log."""

import logging

import asyncpg
import pytest

from exchange.fhirjson import loads
from exchange.outcome import TABLE, FhirError, failure, operation_outcome, rejection
from exchange.store.coalesce import Overloaded
from exchange.store.transact import TooContended
from exchange.trust.refusal import InsufficientScope, TokenRequired
from terminology.issue import Issue


def test_a_fhir_error_speaks_for_itself() -> None:
    told = failure(
        FhirError("precondition", "The version is 3", "Bundle.entry[1]", headers=(("ETag", 'W/"3"'),))
    )
    assert told.status == 412
    assert told.issues == (Issue("error", "conflict", "The version is 3", "Bundle.entry[1]"),)
    assert told.headers == (("ETag", 'W/"3"'),)


def test_a_refusal_comes_with_its_challenge() -> None:
    told = failure(TokenRequired())
    assert (told.status, told.issues[0].code) == (401, "login")
    assert told.headers[0][0] == "WWW-Authenticate"
    told = failure(InsufficientScope("system/Patient.r"))
    assert (told.status, told.issues[0].code) == (403, "forbidden")
    assert "system/Patient.r" in told.headers[0][1]


def test_unreadable_json_is_the_clients_fault() -> None:
    with pytest.raises(ValueError, match="twice") as raised:
        loads(b'{"a":1,"a":2}')
    told = failure(raised.value)
    assert (told.status, told.issues[0].code) == (400, "structure")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (asyncpg.SerializationError("x"), 409),
        (asyncpg.DeadlockDetectedError("x"), 409),
        (asyncpg.QueryCanceledError("x"), 503),
        (asyncpg.TooManyConnectionsError("x"), 503),
        (asyncpg.CannotConnectNowError("x"), 503),
        (asyncpg.AdminShutdownError("x"), 503),
        (asyncpg.ConnectionDoesNotExistError("x"), 503),
        (asyncpg.InterfaceError("x"), 503),
        (ConnectionRefusedError("x"), 503),
        (TimeoutError("x"), 503),
        (TooContended(), 409),
        (Overloaded(), 503),
        (asyncpg.UniqueViolationError("x"), 500),
        (KeyError("x"), 500),
    ],
    ids=lambda value: getattr(type(value), "__name__", value),
)
def test_what_others_raise(error: Exception, status: int) -> None:
    told = failure(error)
    assert told.status == status
    assert (("Retry-After", "1") in told.headers) == (status == 503)


def test_an_unknown_error_is_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise RuntimeError("欧阳娜娜 110101199003070011")
    except RuntimeError as error:
        with caplog.at_level(logging.ERROR):
            told = failure(error)
    assert told.status == 500
    assert told.issues[0].code == "exception"
    correlation = told.issues[0].diagnostics.rsplit(" ", 1)[1]
    assert correlation in caplog.text
    assert "RuntimeError" in caplog.text
    assert "test_outcome.py" in caplog.text
    assert "欧阳" not in caplog.text
    assert "欧阳" not in told.issues[0].diagnostics


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        (["structure"], 400),
        (["value", "required"], 400),
        (["required"], 422),
        (["code-invalid", "invariant"], 422),
    ],
)
def test_a_resource_is_rejected_by_what_is_wrong_with_it(codes: list[str], status: int) -> None:
    issues = [Issue("error", code, "x", "Patient.name") for code in codes]
    error = rejection([Issue("warning", "structure", "y"), *issues])
    assert error is not None
    assert error.status == status
    assert len(error.issues) == len(codes) + 1


def test_warnings_do_not_reject() -> None:
    assert rejection([Issue("warning", "structure", "y")]) is None
    assert rejection([]) is None


def test_the_outcome_as_a_resource() -> None:
    assert operation_outcome([Issue("error", "value", "bad", "Patient.birthDate")]) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": "error", "code": "value", "diagnostics": "bad", "expression": ["Patient.birthDate"]}
        ],
    }
    assert operation_outcome([])["issue"][0]["code"] == "informational"


def test_the_table_holds_errors_only() -> None:
    assert all(status >= 400 and code for status, code in TABLE.values())
