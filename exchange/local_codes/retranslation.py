"""Stored resources as the maps of now have them: a job that goes code by code, some resources at a time.

It works on what is stored and does not replay messages: a replay would also undo what was corrected since by
other means, could not see what came by REST, and would write what has not changed. The event's time picks
the version of a map here as there: it is taken from the Provenance of the message. What changes gets a new
version, and a Provenance that names the versions of the maps. A second run changes nothing.

https://hl7.org/fhir/R4/provenance.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg

from exchange import identity
from exchange.fhirjson import dumps, loads
from exchange.hub import Hub
from exchange.interactions.request import instant_text
from exchange.jobs.job import Job, Tell
from exchange.local_codes import store, stored
from exchange.local_codes.sighting import Key
from exchange.outcome import FhirError
from exchange.store.batch import Write
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_name

KIND: Final = "retranslate"
WINDOW: Final = 5_000
BATCH: Final = 100
ATTEMPTS: Final = 5
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
Json = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """What is to be written of some resources. `versions` are the maps', by canonical."""

    writes: list[Write] = field(default_factory=list)
    patients: list[Json] = field(default_factory=list)
    versions: dict[str, None] = field(default_factory=dict)
    failed: int = 0


async def retranslating(hub: Hub, job: Job, tell: Tell) -> bytes:
    """The work of a job."""
    progress = await retranslated(hub, job.request, job.grant.client_id, job.progress, tell)
    told = [{"name": name, "valueInteger": progress[name]} for name in ("looked", "changed", "failed")]
    return dumps({"resourceType": "Parameters", "parameter": told})


async def retranslated(
    hub: Hub, request: Mapping[str, Any], actor: str, progress: Json | None, tell: Tell
) -> Json:
    """`request` has `systems`, and perhaps `codes` ([system, code]); begins, or goes on with `progress`."""
    await hub.terminology.refresh()
    places = await _places(hub, request)
    progress = progress or {"done": [], "reached": 0, "looked": 0, "changed": 0, "failed": 0}
    for key in sorted(places):
        if progress["done"] and key <= Key(*progress["done"]):
            continue
        await _of_code(hub, actor, (key, places[key]), progress, tell)
        progress |= {"done": list(key), "reached": 0}
        await tell(progress, f"{progress['looked']} looked at, {progress['changed']} changed")
    return progress


async def _places(hub: Hub, request: Mapping[str, Any]) -> dict[Key, Sequence[str]]:
    async with hub.pool.acquire() as connection:
        if request.get("codes"):
            found = await store.these(connection, [Key(*each) for each in request["codes"]])
            return {key: each.sighting.places for key, each in found.items()}
        return {
            each.key: each.sighting.places
            for system in request["systems"]
            for each in await store.of_system(connection, system)
        }


async def _of_code(hub: Hub, actor: str, code: tuple[Key, Sequence[str]], progress: Json, tell: Tell) -> None:
    where = stored.whereabouts(hub.search.registry, dict((code,)))
    while True:
        async with hub.pool.acquire() as connection:
            rids = await stored.next_rids(connection, where, progress["reached"], WINDOW)
        for start in range(0, len(rids), BATCH):
            some = rids[start : start + BATCH]
            changed, failed = await rewrite(hub, actor, some)
            progress["looked"] += len(some)
            progress["changed"] += changed
            progress["failed"] += failed
            progress["reached"] = some[-1]
            await tell(progress, f"{progress['looked']} looked at, {progress['changed']} changed")
        if len(rids) < WINDOW:
            return


async def rewrite(hub: Hub, actor: str, rids: Sequence[int]) -> tuple[int, int]:
    """How many of them are other ones now, and how many could not be; again while others write them."""
    for _ in range(ATTEMPTS):
        try:
            async with hub.pool.acquire() as connection, connection.transaction():
                batch = await _batch(hub, connection, rids)
                if batch.writes and not await _written(hub, connection, batch, actor):
                    raise _OvertakenError
                return len(batch.writes), batch.failed
        except (_OvertakenError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
            continue
    return 0, len(rids)


class _OvertakenError(Exception):
    """Somebody else wrote one of them meanwhile."""


async def _batch(hub: Hub, connection: Connection, rids: Sequence[int]) -> Batch:
    records = await stored.bodies(connection, rids)
    names = [f"{type_name(each['type'])}/{each['id']}" for each in records]
    times = await stored.event_times(connection, names)
    batch = Batch()
    for name, record in zip(names, records, strict=True):
        _add(hub, batch, record, times.get(name, record["updated"]))
    return batch


def _add(hub: Hub, batch: Batch, record: asyncpg.Record, when: datetime) -> None:
    before = loads(unpack(record["body"]))
    rewritten = hub.local_codes.rewritten(before, when)
    if rewritten.resource is before:
        return
    try:
        batch.writes.append(hub.write("update", rewritten.resource, record["version"]))
    except FhirError:
        batch.failed += 1
        return
    batch.versions |= dict.fromkeys(rewritten.versions)
    if before["resourceType"] == "Patient":
        batch.patients.append(rewritten.resource)


async def _written(hub: Hub, connection: Connection, batch: Batch, actor: str) -> bool:
    """Whether nobody was quicker."""
    now = hub.clock()
    told = hub.write("create", provenance(hub, batch, actor, now))
    writes = [*batch.writes, told]
    outcomes = await identity.store(hub, connection, None, writes, batch.patients, now)
    return all(each.status != "conflict" for each in outcomes)


def provenance(hub: Hub, batch: Batch, actor: str, now: datetime) -> Json:
    """Which versions of which maps made these new versions of resources, on whose request."""
    who = {"identifier": {"system": f"{hub.settings.base}/sid/client", "value": actor}, "display": actor}
    kind = {"system": f"{_TERMINOLOGY}/provenance-participant-type", "code": "performer"}
    return {
        "resourceType": "Provenance",
        "id": hub.new_id(),
        "target": [{"reference": f"{each.type}/{each.id}"} for each in batch.writes],
        "recorded": instant_text(now),
        "activity": {"coding": [{"system": f"{_TERMINOLOGY}/v3-DataOperation", "code": "UPDATE"}]},
        "agent": [{"type": {"coding": [kind]}, "who": who}],
        "entity": [
            {"role": "derivation", "what": {"identifier": {"system": "urn:ietf:rfc:3986", "value": each}}}
            for each in batch.versions
        ],
    }
