"""One transaction for some messages: identity, resources, enterprise Patients, and the messages' own state.

https://www.postgresql.org/docs/18/transaction-iso.html#XACT-READ-COMMITTED

Either all of it is committed or nothing; a message is settled in the transaction that stores what it made.
"""

import asyncio
from collections.abc import Sequence

import asyncpg

from adapters.hl7v2.acknowledge import Fault
from exchange.corrections import show
from exchange.hub import Hub
from exchange.identity import enterprise_writes
from exchange.inbound.envelope import refusal
from exchange.inbound.inbox import Settled, State, claim, settle
from exchange.inbound.work import Plan, Work, add, plan_from_stored
from exchange.store.fetch import fetch
from exchange.store.transact import TooContended, transact
from mpi.declared import declare


class Overtaken(Exception):
    """Somebody else wrote a resource meanwhile: read again and repeat."""


class Taken(Exception):
    """Some of the messages are being processed, or have been, by somebody else."""

    def __init__(self, ids: set[int]) -> None:
        super().__init__(f"{len(ids)} messages")
        self.ids = ids


async def apply(hub: Hub, works: Sequence[Work]) -> list[Settled]:
    """Stores what the messages made, and settles them. Raises Overtaken, Taken, or what PostgreSQL raises."""
    plan = await _planned(hub, [work for work in works if work.references])
    settled = [_settled(hub, work, plan) for work in works]
    async with hub.pool.acquire() as connection, connection.transaction():
        ids = [work.id for work in works]
        claimed = await claim(connection, ids)
        if len(claimed) < len(ids):
            raise Taken(set(ids) - claimed)
        writes = list(plan.writes.values())
        writes += await enterprise_writes(hub, connection, plan.records)
        if writes:
            outcomes = await transact(connection, writes, hub.clock())
            if any(written.status == "conflict" for written in outcomes):
                raise Overtaken
        for told in plan.declared:
            made = await declare(
                connection, told.one, told.other, told.declaration, told.hospital, hub.clock()
            )
            await show(hub, connection, made)
        await settle(connection, settled, hub.clock())
        noted = await hub.local_codes.write_new(connection, plan.sightings)
    hub.local_codes.count(noted)
    return settled


async def _planned(hub: Hub, works: Sequence[Work]) -> Plan:
    references = sorted({reference for work in works for reference in work.references})
    if not references:
        return Plan({}, {})
    async with hub.pool.acquire() as connection:
        stored = await fetch(connection, references)
    plan = plan_from_stored(dict(zip(references, stored, strict=True)))
    for work in works:
        add(plan, work, hub)
        await asyncio.sleep(0)  # readers get their turn
    return plan


def _settled(hub: Hub, work: Work, plan: Plan) -> Settled:
    faults: Sequence[Fault] = work.faults or plan.rejected.get(work.id, ())
    code = refusal(faults) if faults else "AA"
    acknowledgement = work.envelope.answer(code, hub.clock(), faults)
    state: State = "quarantined" if faults else "processed"
    if work.translation is None:
        return Settled(work.id, state, code, acknowledgement, faults)
    made = work.translation
    counts = made.coverage.mapped, made.coverage.ignored, made.residue
    return Settled(work.id, state, code, acknowledgement, faults, *counts, made.maps or None)


def is_transient(error: BaseException) -> bool:
    """May the same transaction succeed later, although nothing in it changes?"""
    # What asyncpg cannot encode is an InterfaceError too, but stays as it is.
    return not isinstance(error, ValueError | asyncpg.QueryCanceledError) and isinstance(
        error,
        asyncpg.PostgresConnectionError
        | asyncpg.InterfaceError
        | asyncpg.InsufficientResourcesError
        | asyncpg.OperatorInterventionError
        | asyncpg.LockNotAvailableError
        | ConnectionError
        | TimeoutError
        | OSError,
    )


def is_overtaken(error: BaseException) -> bool:
    """Did others come first, so that a repetition at once may succeed?"""
    return isinstance(
        error, Overtaken | TooContended | asyncpg.SerializationError | asyncpg.DeadlockDetectedError
    )
