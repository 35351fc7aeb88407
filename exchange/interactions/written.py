"""The answer to a write, after the Prefer header.

https://hl7.org/fhir/R4/http.html#ops
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from exchange.feeding import fed
from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.identity import Resource
from exchange.interactions.conditional import repeated
from exchange.interactions.conflict import refuse_conflict
from exchange.interactions.request import Request, Response, preference
from exchange.outcome import FhirError, operation_outcome
from exchange.store.batch import Write
from exchange.store.fetch import Stored
from exchange.store.told import Told
from exchange.store.transact import Written
from exchange.trust.grant import Grant
from terminology.issue import Issue

Remarks = Callable[[bytes], Sequence[Issue]]


async def committed(hub: Hub, grant: Grant, write: Write, resource: Resource | None) -> Written:
    """One write of its own. `resource` is None for a deletion. Patients are put together only with Patients:
    their persons are decided in the same transaction."""
    if write.type != "Patient":
        return await repeated(lambda: hub.committer.commit(write, hub.clock()))

    return await fed_together(hub, Told(write, resource, grant.hospital, hub.clock(), partial(fed, hub)))


async def fed_together(hub: Hub, told: Told) -> Written:
    """One write of a Patient, beside those of others."""

    async def attempt() -> Written:
        answer = await hub.feeds.ask(replace(told, instant=hub.clock()))
        if isinstance(answer, Exception):
            raise answer
        return answer

    return await repeated(attempt)


def found_response(request: Request, name: str, stored: Stored | None) -> Response:
    """200 with the resource that a conditional create found in place of its own."""
    if stored is None or stored.body is None:
        raise FhirError("conflict", f"{name} was deleted meanwhile")
    return written_response(request, name, Written("unchanged", stored.version, stored.updated, stored.body))


def written_response(
    request: Request, name: str, written: Written, remarks: Remarks = lambda body: ()
) -> Response:
    """201 or 200 with Location, ETag and Last-Modified; `name` is `Type/id`. `remarks` says what an
    OperationOutcome tells of the resource."""
    refuse_conflict(name, written)
    status = 201 if written.status == "created" else 200
    location = f"{request.base}/{name}/_history/{written.version}"
    body = b""
    match preference(request.headers.get("prefer")).returned:
        case "OperationOutcome":
            body = told(f"{name} {written.status}", remarks(written.body or b""))
        case "representation" | None:
            body = written.body or b""
    return Response(status, body, written.version, written.updated, location)


def told(diagnostics: str, remarks: Sequence[Issue] = ()) -> bytes:
    """An OperationOutcome of success."""
    return dumps(operation_outcome([Issue("information", "informational", diagnostics), *remarks]))
