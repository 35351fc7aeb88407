"""One transaction for some messages: identity, resources, enterprise Patients, and the messages' own state.

https://www.postgresql.org/docs/18/transaction-iso.html#XACT-READ-COMMITTED

Either all of it is committed or nothing; a message is settled in the transaction that stores what it made.
Who tells of one patient waits for another who does, in whatever process; a message that others have overtaken
by its own time is put in its place (`exchange.inbound.late`).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg

from adapters.hl7v2.acknowledge import Fault
from exchange.corrections import show
from exchange.hub import Hub
from exchange.identity import enterprise_writes
from exchange.inbound.envelope import refusal
from exchange.inbound.inbox import Settled, State, claim, settle
from exchange.inbound.lateness import Reread, lateness
from exchange.inbound.order import Late, require_in_place, subjects_of, tell
from exchange.inbound.telling import Telling
from exchange.inbound.turns import turns_for_others
from exchange.inbound.unchanged import Unchanged
from exchange.inbound.work import Lateness, Plan, Work, add, plan_from_stored
from exchange.store.batch import Write
from exchange.store.connection import Connection
from exchange.store.fetch import fetch
from exchange.store.transact import TooContended, transact
from mpi.declared import declare

# Messages may come between, again and again, while a late one is put in its place.
ROUNDS: Final = 5


class Overtaken(Exception):
    """Somebody else wrote a resource meanwhile: read again and repeat."""


class Taken(Exception):
    """Some of the messages are being processed, or have been, by somebody else."""

    def __init__(self, ids: set[int]) -> None:
        super().__init__(f"{len(ids)} messages")
        self.ids = ids


async def apply(
    hub: Hub, works: Sequence[Work], reread: Reread, unchanged: Unchanged | None = None
) -> list[Settled]:
    """Stores what the messages made, and settles them. Raises Overtaken, Taken, or what PostgreSQL raises.
    `reread` gives a message that was told before; `unchanged` what is known of versions."""
    late: dict[int, Lateness] = {}
    behind: dict[int, dict[int, Telling]] = {}
    for _ in range(ROUNDS):
        plan = await _planned(hub, [work for work in works if work.references], late, unchanged)
        try:
            return await _stored(hub, works, plan)
        except Late as found:
            async with hub.pool.acquire() as connection:
                for work, after in found.works:
                    # What an earlier round found stays found, or two rounds could disagree for ever.
                    known = behind.setdefault(work.id, {})
                    known.update({each.message: each for each in after})
                    later = sorted(known.values(), key=lambda each: each.place)
                    late[work.id] = await lateness(connection, hub, work, later, reread)
    raise Overtaken


async def _stored(hub: Hub, works: Sequence[Work], plan: Plan) -> list[Settled]:
    settled = [_settled(hub, work, plan) for work in works]
    subjects = {work.id: subjects_of(work, plan) for work in works}
    async with hub.pool.acquire() as connection, connection.transaction():
        ids = [work.id for work in works]
        claimed = await claim(connection, ids, {each for told in subjects.values() for each in told})
        if len(claimed) < len(ids):
            raise Taken(set(ids) - claimed)
        await require_in_place(connection, works, subjects, plan)
        writes = list(plan.writes.values())
        writes += await enterprise_writes(hub, connection, plan.records)
        versions: dict[tuple[str, str], int] = {}
        for some in ([write for _, write in plan.asides.values()], writes):
            versions |= await _written(hub, connection, some)
        for told in plan.declared:
            made = await declare(
                connection, told.one, told.other, told.declaration, told.hospital, hub.clock()
            )
            await show(hub, connection, made)
        await tell(connection, works, subjects, plan, versions)
        await settle(connection, settled, hub.clock())
        noted = await hub.local_codes.write_new(connection, plan.sightings)
    hub.local_codes.count(noted)
    for work in works:
        if work.translation is not None:
            hub.coverage.count(work.envelope.hospital.id, work.envelope.message_type, work.translation)
    return settled


async def _written(hub: Hub, connection: Connection, writes: Sequence[Write]) -> dict[tuple[str, str], int]:
    """The versions that the resources have then."""
    outcomes = await transact(connection, writes, hub.clock()) if writes else []
    if any(written.status == "conflict" for written in outcomes):
        raise Overtaken
    return {(w.type, w.id): written.version for w, written in zip(writes, outcomes, strict=True)}


async def _planned(
    hub: Hub, works: Sequence[Work], late: Mapping[int, Lateness], unchanged: Unchanged | None
) -> Plan:
    references = sorted({reference for work in works for reference in work.references})
    if not references:
        return Plan({}, {})
    async with hub.pool.acquire() as connection:
        stored = await fetch(connection, references)
    plan = plan_from_stored(dict(zip(references, stored, strict=True)), late, unchanged)
    for work in works:
        add(plan, work, hub)
        await turns_for_others()
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


def is_overtaken(error: BaseException) -> bool:
    """Did others come first, so that a repetition at once may succeed?"""
    return isinstance(
        error, Overtaken | TooContended | asyncpg.SerializationError | asyncpg.DeadlockDetectedError
    )
