"""Known patients whose data have changed and who stay where they are: several at once. Named SQL.

Most corrections are of this kind (a patient moved, or has another phone), and there is nobody to ask: the
record stays with its person, and what a human was asked about it is asked no longer. Every other correction
goes the long way (`mpi.revision.revise`), and so does one whose persons another correction has to do with:
what is decided together is what would be decided one by one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asyncpg import Record as Row

from mpi.blocking import OVERSIZED
from mpi.changes import Content
from mpi.decide import Decision, conflicts, decide
from mpi.decisions import MANUAL
from mpi.first_visits import Arrival
from mpi.keys import patient_key
from mpi.normalisation.demographics import NORMALISATION, json_from_demographics
from mpi.revision import Stored, seen
from mpi.rows import Connection

# `mpi.revision.AROUND` of several records, whose locks on patients and keys are held.
AROUNDS: Final = """
SELECT w.at, a.person, a.enterprise_id, a.record, a.demographics, a.merged, a.settled, a.asked, a.forbidden,
       a.own, a.itself, a.rule, a.shown, a.active, a.normalisation, a.model
FROM unnest($1::integer[], $2::uuid[], $3::text[]) AS w (at, patient, keys)
CROSS JOIN LATERAL mpi_around('{}', w.patient, w.keys::bigint[], $4) a
"""

# What the records hold from now on; the questions that their earlier content raised are answered.
CORRECT: Final = """
WITH changed AS (
    UPDATE mpi_record r
    SET source = g.source, local_id = g.local_id, demographics = g.demographics::json, normalisation = $7,
        shown = g.shown, active = g.active, updated = $8
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::boolean[])
        AS g (record, source, local_id, demographics, shown, active)
    WHERE r.record = g.record
), dropped AS (
    DELETE FROM mpi_key m
    WHERE m.record = ANY($1::bigint[])
      AND (m.record, m.key) NOT IN (SELECT * FROM unnest($9::bigint[], $10::bigint[]))
), answered AS (
    UPDATE mpi_review SET state = 'obsolete', decided = $8, decided_by = 'hub'
    WHERE record = ANY($1::bigint[]) AND state NOT IN ('decided', 'obsolete')
      AND kind IN ('ambiguous', 'inconsistent')
)
INSERT INTO mpi_key (record, key, rule)
SELECT * FROM unnest($9::bigint[], $10::bigint[], $11::smallint[])
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """A record as it is stored, its new content, and all persons that its decision looks at."""

    stored: Stored
    content: Content
    persons: frozenset[int]

    @property
    def stays(self) -> bool:
        """Whether nothing follows but that the record holds its new content."""
        stored, told = self.stored, self.content.demographics
        if stored.same:
            return True
        if stored.merged or stored.rule == MANUAL or conflicts(told, stored.own, stored.by):
            return False
        decision = decide(told, stored.others, stored.by)
        return {decision.person, *decision.review, *decision.taken} <= {None, stored.person}

    @property
    def arrival(self) -> Arrival:
        stored = self.stored
        name = stored.names[stored.person]
        affected = frozenset[str]() if stored.same else frozenset((name,))
        return Arrival(name, affected, Decision("link", stored.rule, stored.person))


async def correct(
    connection: Connection, contents: Mapping[int, Content], instant: datetime
) -> dict[int, Arrival]:
    """Those of the records that stay where they are, and hold their content now; the rest is left to the long
    way. The caller holds the locks on patients and keys."""
    told = await _arounds(connection, contents)
    staying = apart(told, contents)
    changed = [(told[at].stored.record, contents[at]) for at in staying if not told[at].stored.same]
    await _correct(connection, changed, instant)
    return {at: told[at].arrival for at in staying}


async def _arounds(connection: Connection, contents: Mapping[int, Content]) -> dict[int, Correction]:
    """Of those that are known. The persons concerned are locked."""
    rows = await connection.fetch(
        AROUNDS,
        list(contents),
        [patient_key(content.patient_id) for content in contents.values()],
        [f"{{{','.join(str(key.key) for key in content.keys)}}}" for content in contents.values()],
        OVERSIZED,
    )
    of: dict[int, list[Row]] = {}
    for row in rows:
        of.setdefault(row["at"], []).append(row)
    found = {}
    for at, around in of.items():
        stored = await seen(connection, around, contents[at])
        if stored is not None:
            found[at] = Correction(stored, contents[at], frozenset(stored.names))
    return found


def apart(told: Mapping[int, Correction], contents: Mapping[int, Content]) -> list[int]:
    """Those that stay, whose keys nobody else has, whose person nobody else looks at, and who look at no
    person that one which does not stay looks at."""
    keys = Counter(key.key for content in contents.values() for key in content.keys)
    looked_at = Counter(person for one in told.values() for person in one.persons)
    apart = {
        at: one
        for at, one in told.items()
        if looked_at[one.stored.person] == 1 and all(keys[k.key] == 1 for k in one.content.keys) and one.stays
    }
    left: set[int] | None = None
    while left is None or any(not left.isdisjoint(one.persons) for one in apart.values()):
        left = {person for at, one in told.items() if at not in apart for person in one.persons}
        apart = {at: one for at, one in apart.items() if left.isdisjoint(one.persons)}
    return list(apart)


async def _correct(connection: Connection, told: Sequence[tuple[int, Content]], instant: datetime) -> None:
    if not told:
        return
    keys = [(record, key) for record, content in told for key in content.keys]
    await connection.execute(
        CORRECT,
        [record for record, _ in told],
        [content.source for _, content in told],
        [content.local_id for _, content in told],
        [json_from_demographics(content.demographics) for _, content in told],
        [content.shown for _, content in told],
        [content.active for _, content in told],
        NORMALISATION,
        instant,
        [record for record, _ in keys],
        [key.key for _, key in keys],
        [int(key.rule) for _, key in keys],
    )
