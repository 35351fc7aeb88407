"""Patients that hospitals write one by one, told to the patient index by the statement that stores them.

https://profiles.ihe.net/ITI/PIXm/ITI-104.html

Two round trips, however many Patients: one reads without a lock whatever concerns them, the other takes the
locks, makes sure that all is as it was seen, and writes. What needs more than that (a merge, a question for a
human, somebody who came between) is told under locks (`exchange.identity`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg
from msgspec import structs

from exchange.hub import Hub
from exchange.identity import record_of, store_several
from exchange.interactions.conflict import refuse_conflict
from exchange.meant import Matches, as_found, asked, meant, meant_locked
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

# What concerns some Patients, and their resources ($6: the type) and those of all persons seen. `meant` are
# those that are told of by identifiers (migration 0026).
SEEN: Final = f"""
WITH meant AS MATERIALIZED (SELECT n, id FROM identified($7, $8, $9, $10, $11)),
surveyed AS MATERIALIZED ({SURVEY})
SELECT s.*, r.*, ARRAY(SELECT n FROM meant ORDER BY n, id) AS asking,
       ARRAY(SELECT id FROM meant ORDER BY n, id) AS meant
FROM surveyed s CROSS JOIN LATERAL (
    SELECT array_agg(f.id) AS ids, array_agg(f.rid) AS rids, array_agg(f.version) AS versions,
           array_agg(f.updated) AS times, array_agg(f.body) AS bodies
    FROM (SELECT id, rid, version, updated, body FROM resource
          WHERE type = $6 AND id = ANY ($5::text[] || s.enterprise_ids || ARRAY(SELECT id FROM meant))
          OFFSET 0) f
) r
"""  # noqa: S608

_OTHERWISE: Final = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read without a lock, with who is `meant` by each, by the caller's numbers; see
    `exchange.meant`."""

    survey: Survey
    contents: Mapping[int, Content] = field(repr=False)
    stored: Stored = field(repr=False)
    meant: Mapping[int, Told] = field(repr=False)
    matches: Matches


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
        seen = await _seen(hub, connection, {at: several[at] for at in contents}, contents)
        own = {at: seen.contents[at] for at in seen.meant if _is_own(seen, at)}
        foresight = await foresee(connection, seen.survey, own, new_enterprise_id)
        taken = {at: seen.meant[at] for at in own if at not in foresight.left}
        writes = [told.write for told in taken.values()] + [
            hub.write_own("update", patient) for patient in _patients(hub, foresight, instant)
        ]
        told = written(foresight, instant) if foresight.writes else {}
        found = as_found(taken, seen.matches)
        try:
            outcomes = await store_as_seen(connection, writes, seen.stored, _latest(several), told, found)
        except _OTHERWISE:
            return {}
    return dict(zip(taken, outcomes, strict=False))


async def _seen(
    hub: Hub, connection: Connection, several: Mapping[int, Told], contents: Mapping[int, Content]
) -> Seen:
    told = list(contents.values())
    row = await connection.fetchrow(SEEN, *asked_for(told), type_number("Patient"), *asked(several))
    assert row is not None
    matches: dict[int, list[str]] = {}
    for at, id_ in zip(row["asking"], row["meant"], strict=True):
        matches.setdefault(at, []).append(id_)
    final = meant(hub, several, matches)
    # The others are seen all the same: the witness is about them too.
    contents = {
        at: structs.replace(each, patient_id=final[at].write.id) if at in final else each
        for at, each in contents.items()
    }
    columns = (row[name] or () for name in ("ids", "rids", "versions", "times", "bodies"))
    stored = {
        ("Patient", id_): {"rid": rid, "version": version, "updated": updated, "body": body}
        for id_, rid, version, updated, body in zip(*columns, strict=True)
    }
    return Seen(survey_of(row, list(contents.values())), contents, stored, final, matches)


def _is_own(seen: Seen, at: int) -> bool:
    """Whether the Patient is, as far as known, the hospital's own, of the version that the client says."""
    told, survey = seen.meant[at], seen.survey
    id_, there = told.write.id, seen.stored.get(("Patient", told.write.id))
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
    async with hub.pool.acquire() as connection, connection.transaction():
        several = await meant_locked(hub, connection, several)
        writes = [(told.write, told.hospital) for told in several]
        patients = [(told.patient, told.hospital) for told in several if told.patient is not None]
        found = await store_several(hub, connection, writes, patients, _latest(several))
        for (write, _), outcome in zip(writes, found, strict=True):
            refuse_conflict(f"{write.type}/{write.id}", outcome)
    return found


def _latest(several: Sequence[Told]) -> datetime:
    return max(told.instant for told in several)
