"""Patients that hospitals write one by one, told to the patient index by the statement that stores them.

https://profiles.ihe.net/ITI/PIXm/ITI-104.html

Two round trips, however many Patients: one reads without a lock whatever concerns them, the other takes the
locks, makes sure that all is as it was seen, and writes. What needs more than that (a merge, a question for a
human, somebody who came between) is told under locks (`exchange.identity`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from exchange.hub import Hub
from exchange.identity import record_of, store_several
from exchange.interactions.conflict import refuse_conflict
from exchange.store.as_seen import store_as_seen
from exchange.store.connection import Connection
from exchange.store.told import Told
from exchange.store.transact import Written, decided
from exchange.store.types import type_number
from mpi.changes import Content
from mpi.enterprise import patient_from_person, shown_from_patient
from mpi.enterprise_id import new_enterprise_id
from mpi.foresight import Foresight, foresee, persons, written
from mpi.store import content_of
from mpi.survey import SURVEY, Survey, asked_for, survey_of

Answer = Written | Exception
Stored = dict[tuple[str, str], dict[str, Any]]

# What concerns some Patients, and their resources ($6: the type) and those of all persons seen.
SEEN: Final = f"""
WITH surveyed AS MATERIALIZED ({SURVEY})
SELECT s.*, r.*
FROM surveyed s CROSS JOIN LATERAL (
    SELECT array_agg(f.id) AS ids, array_agg(f.rid) AS rids, array_agg(f.version) AS versions,
           array_agg(f.updated) AS times, array_agg(f.body) AS bodies
    FROM (SELECT id, rid, version, updated, body FROM resource
          WHERE type = $6 AND id = ANY ($5::text[] || s.enterprise_ids) OFFSET 0) f
) r
"""  # noqa: S608

_OTHERWISE: Final = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,
)


async def fed(hub: Hub, several: Sequence[Told]) -> list[Answer]:
    """What became of each of them, or why it was refused."""
    contents = {
        at: content for at, told in enumerate(several) if (content := _content(hub, told)) is not None
    }
    answers = await _foreseen(hub, several, contents) if contents else {}
    rest = [at for at in range(len(several)) if at not in answers]
    if rest:
        answers |= zip(rest, await _locked(hub, [several[at] for at in rest]), strict=True)
    return [answers[at] for at in range(len(several))]


def _content(hub: Hub, told: Told) -> Content | None:
    """What the index will hold of a Patient that may be told of without more ado."""
    if told.patient is None or told.hospital is None:
        return None
    if any(link.get("type") == "replaced-by" for link in told.patient.get("link", ())):
        return None
    systems = (each.get("system") for each in told.patient.get("identifier", ()))
    aliases = {alias for system in systems if system for alias in hub.domains.aliases(system)}
    if not aliases <= hub.seen_domains or hub.domains.refusal(told.patient, (told.hospital,)):
        return None
    record = record_of(told.patient, told.hospital)
    return content_of(record, shown_from_patient(told.patient), hub.domains.identify)


async def _foreseen(hub: Hub, several: Sequence[Told], contents: Mapping[int, Content]) -> dict[int, Answer]:
    """Those that could be told of and stored by what was seen; none, if somebody came between."""
    async with hub.pool.acquire() as connection:
        instant = hub.clock()
        survey, stored = await _seen(connection, list(contents.values()))
        own = {at: each for at, each in contents.items() if _is_own(survey, stored, several[at])}
        foresight = await foresee(connection, survey, own, new_enterprise_id)
        taken = [at for at in own if at not in foresight.left]
        writes = [several[at].write for at in taken] + [
            hub.write_own("update", patient) for patient in _patients(hub, foresight, instant)
        ]
        told = written(foresight, instant) if foresight.writes else {}
        try:
            outcomes = await store_as_seen(connection, writes, stored, _latest(several), told)
        except _OTHERWISE:
            return {}
    return dict(zip(taken, outcomes, strict=False))


async def _seen(connection: Connection, contents: Sequence[Content]) -> tuple[Survey, Stored]:
    row = await connection.fetchrow(SEEN, *asked_for(contents), type_number("Patient"))
    assert row is not None
    columns = (row[name] or () for name in ("ids", "rids", "versions", "times", "bodies"))
    stored = {
        ("Patient", id_): {"rid": rid, "version": version, "updated": updated, "body": body}
        for id_, rid, version, updated, body in zip(*columns, strict=True)
    }
    return survey_of(row, contents), stored


def _is_own(survey: Survey, stored: Stored, told: Told) -> bool:
    """Whether the Patient is, as far as known, the hospital's own, of the version that the client says."""
    id_, there = told.write.id, stored.get(("Patient", told.write.id))
    if id_ in survey.row["identities"] or (told.write.action == "create" and there is not None):
        return False
    if id_ in survey.known and survey.known[id_]["source"] != told.hospital:
        return False
    outcome = decided(told.write, there)
    return not (isinstance(outcome, Written) and outcome.status == "conflict")


def _patients(hub: Hub, foresight: Foresight, instant: datetime) -> list[dict[str, Any]]:
    identify = hub.domains.identify
    return [
        patient_from_person(person, hub.settings.base, identify) for person in persons(foresight, instant)
    ]


async def _locked(hub: Hub, several: Sequence[Told]) -> list[Answer]:
    """In one transaction; if that is refused, each in one of its own."""
    try:
        return [*await _transacted(hub, several)]
    except Exception as error:
        if len(several) == 1:
            return [error]
    return [(await _locked(hub, [told]))[0] for told in several]


async def _transacted(hub: Hub, several: Sequence[Told]) -> list[Written]:
    writes = [told.write for told in several]
    patients = [(told.patient, told.hospital) for told in several if told.patient is not None]
    async with hub.pool.acquire() as connection, connection.transaction():
        found = await store_several(hub, connection, writes, patients, _latest(several))
        for write, outcome in zip(writes, found, strict=True):
            refuse_conflict(f"{write.type}/{write.id}", outcome)
    return found


def _latest(several: Sequence[Told]) -> datetime:
    return max(told.instant for told in several)
