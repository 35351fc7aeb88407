"""Corrections of identities: decided, and the enterprise Patients that look different written beside it.

Searches and `$everything` follow at once, for they read the links in the same database.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from exchange.hub import Hub
from exchange.interactions.conditional import repeated
from exchange.interactions.request import Request
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from exchange.store.transact import transact
from exchange.trust.scopes import IDENTITY
from mpi.correction import Correction, Decider, NotPossible, UnknownIdentity
from mpi.decisions import NotInForce, UnknownDecision
from mpi.review import NotDecidable
from mpi.review_queue import UnknownReview
from mpi.store import enterprise_patients

Result = TypeVar("Result")
MAX_REASON = 2000

_log = logging.getLogger(__name__)


def decider(hub: Hub, request: Request, reason: str | None) -> Decider:
    """The caller, who is known by its token only; raises FhirError without the scope or a reason."""
    request.grant.require(IDENTITY, "u")
    if not reason or not reason.strip():
        raise FhirError(
            "invalid", "reason is required: what is decided about identities is explained", "reason"
        )
    if len(reason) > MAX_REASON or "\0" in reason:
        raise FhirError("invalid", f"reason has at most {MAX_REASON} characters", "reason")
    return Decider(request.grant.client_id, reason, hub.clock())


async def corrected(
    hub: Hub, what: str, by: Decider, act: Callable[[Connection], Awaitable[Result]]
) -> Result:
    """What `act` gives; it is undone if anything of it fails. Raises FhirError for what cannot be done."""

    async def attempt() -> Result:
        async with hub.pool.acquire() as connection, connection.transaction():
            with refusing():
                return await act(connection)

    result = await repeated(attempt)
    _log.info("client %s: %s", by.actor, what)
    return result


async def show(hub: Hub, connection: Connection, correction: Correction | None) -> None:
    """Write the enterprise Patients that look different."""
    if correction is None or not correction.affected:
        return
    patients = await enterprise_patients(
        connection, correction.affected, hub.settings.base, hub.domains.identify
    )
    await transact(connection, [hub.write("update", patient) for patient in patients], hub.clock())


@contextmanager
def refusing() -> Iterator[None]:
    """What the index refuses, as FHIR says it."""
    try:
        yield
    except UnknownIdentity as error:
        raise FhirError(
            "not-found", f"The patient index does not know Patient/{error}", "Patient.id"
        ) from None
    except (UnknownReview, UnknownDecision) as error:
        kind = "question" if isinstance(error, UnknownReview) else "decision"
        raise FhirError("not-found", f"There is no {kind} {error}") from None
    except (NotInForce, NotDecidable) as error:
        raise FhirError("conflict", str(error)) from None
    except NotPossible as error:
        raise FhirError("rule", str(error)) from None
