"""Corrections of identities: decided, and the enterprise Patients that look different written beside it.

Searches and `$everything` follow at once, for they read the links in the same database.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final, TypeVar

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
_NOBODY: Final[Mapping[str, str]] = MappingProxyType({})

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
    hub: Hub,
    what: str,
    by: Decider,
    act: Callable[[Connection], Awaitable[Result]],
    named: Mapping[str, str] = _NOBODY,
) -> Result:
    """What `act` gives; it is undone if anything of it fails. `named`: where the request names each Patient.
    Raises FhirError for what cannot be done."""

    async def attempt() -> Result:
        async with hub.pool.acquire() as connection, connection.transaction():
            with refusing(named):
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
def refusing(named: Mapping[str, str] = _NOBODY) -> Iterator[None]:
    """What the index refuses, as FHIR says it; `named` as for `corrected`."""
    try:
        yield
    except UnknownIdentity as error:
        said = f"To the patient index Patient/{error} is not {error.meant}"
        raise FhirError("not-found", said, named.get(str(error), _first(named))) from None
    except UnknownReview as error:
        raise FhirError("not-found", f"There is no question {error}", "review") from None
    except UnknownDecision as error:
        raise FhirError("not-found", f"There is no decision {error}", "decision") from None
    except NotDecidable as error:
        raise FhirError("conflict", str(error), "review") from None
    except NotInForce as error:
        raise FhirError("conflict", str(error), "decision") from None
    except NotPossible as error:
        raise FhirError("rule", str(error), _first(named)) from None


def _first(named: Mapping[str, str]) -> str:
    return next(iter(named.values()), "patient")
