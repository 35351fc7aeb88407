"""The log of what humans decided about identities, and taking a decision back. Named SQL.

Taking back restores each link as it was: person, rule, model, weight, actor, reason and since when it holds;
only the time at which the hub came to believe so is new. The last decision about a record goes first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from mpi.answered import ask_again, drop_answered
from mpi.changes import Because, ask, replace_empty
from mpi.decide import Finding
from mpi.reach import spread
from mpi.rows import Connection, lock_persons

MANUAL = "manual"
"""The rule of links that a human made: no other rule moves them."""

NOTE = """
INSERT INTO mpi_decision (kind, actor, confirmed_by, reason, decided, person, origin, records,
                          lifted, kept_apart)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::bigint[], '{}', '{}') RETURNING decision
"""

NOTE_PAIRS = """
UPDATE mpi_decision SET lifted = lifted || $2::bigint[], kept_apart = kept_apart || $3::bigint[]
WHERE decision = $1
"""

DECISION = """
SELECT decision, kind, decided, person, origin, records, lifted, kept_apart, undone_by
FROM mpi_decision WHERE decision = $1 FOR UPDATE
"""

# Later decisions, still in force, about the records or the pairs of this one.
LATER = """
SELECT min(d.decision) FROM mpi_decision d
WHERE d.decision > $1 AND d.undone_by IS NULL AND d.kind <> 'undo' AND d.records && $2::bigint[]
"""

# Links that decision $1 made are refuted at $2, and what was believed before goes on as if it had not been;
# a person that was given up since is stood for by the one that stands for it now ($3: from, $4: to). A link
# may have been refuted and restored meanwhile, so what was before it is read from its first row.
TAKE_BACK = """
WITH refuted AS (
    UPDATE mpi_link SET recorded_to = greatest($2::timestamptz, recorded_from)
    WHERE decision = $1 AND valid_to IS NULL AND recorded_to IS NULL
    RETURNING record, recorded_to
), before AS (
    SELECT r.record, b.moved, r.recorded_to AS instant, b.person, b.rule, b.model, b.match_weight, b.actor,
           b.reason, b.decision, b.valid_from
    FROM refuted r CROSS JOIN LATERAL (
        SELECT m.recorded_from AS moved, p.* FROM mpi_link m
        JOIN mpi_link p ON p.record = m.record AND p.recorded_to = m.recorded_from AND p.valid_to IS NULL
                       AND p.link < m.link
        WHERE m.record = r.record AND m.decision = $1 AND m.valid_to IS NULL
        ORDER BY m.link, p.link DESC LIMIT 1
    ) b
), past AS (
    UPDATE mpi_link p SET recorded_to = greatest(b.instant, p.recorded_from)
    FROM before b
    WHERE p.record = b.record AND p.valid_to = b.moved AND p.person = b.person AND p.recorded_to IS NULL
)
INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, decision,
                      valid_from, recorded_from)
SELECT record, coalesce(($4::bigint[])[array_position($3::bigint[], person)], person),
       rule, model, match_weight, actor, reason, decision, valid_from, instant
FROM before
RETURNING record, person
"""

# Where the links of a decision lead back to, each with the person that stands for it now.
BEFORE = """
WITH RECURSIVE back AS (
    SELECT DISTINCT b.person
    FROM mpi_link l JOIN mpi_link b
      ON b.record = l.record AND b.recorded_to = l.recorded_from AND b.valid_to IS NULL AND b.link < l.link
    WHERE l.decision = $1 AND l.valid_to IS NULL
), chain AS (
    SELECT b.person AS start, p.person, p.replaced_by
    FROM back b JOIN mpi_person p USING (person)
    UNION
    SELECT c.start, p.person, p.replaced_by
    FROM chain c JOIN mpi_person p ON p.person = c.replaced_by
)
SELECT start, person FROM chain WHERE replaced_by IS NULL
"""

# The identity that a decision emptied stands for itself again.
REVIVE = """
UPDATE mpi_person SET replaced_by = NULL, replaced = NULL
WHERE person = $1 AND replaced_by = $2 AND replaced = $3
  AND EXISTS (SELECT FROM mpi_link WHERE decision = $4 AND valid_to IS NULL AND recorded_to IS NULL)
"""

# Pairs that it allowed are kept apart again, as they were; pairs that it kept apart are allowed.
RESTORE_PAIRS = """
WITH closed AS (
    UPDATE mpi_do_not_link SET recorded_to = greatest($3, recorded_from)
    WHERE pair = ANY($2::bigint[]) AND recorded_to IS NULL
)
INSERT INTO mpi_do_not_link (low, high, actor, reason, recorded_from)
SELECT low, high, actor, reason, $3 FROM mpi_do_not_link WHERE pair = ANY($1::bigint[])
ON CONFLICT (low, high) WHERE recorded_to IS NULL DO NOTHING
"""

UNDONE = "UPDATE mpi_decision SET undone_by = $2 WHERE decision = $1"

# The persons that have these records.
WHOSE = """
SELECT DISTINCT person FROM mpi_link
WHERE record = ANY($1::bigint[]) AND valid_to IS NULL AND recorded_to IS NULL
"""

# Records that joined the person by a rule since the decision: they may have come for those that go back.
NEWCOMERS = """
SELECT record FROM mpi_link
WHERE person = $1 AND valid_to IS NULL AND recorded_to IS NULL AND recorded_from > $2
  AND rule <> 'manual' AND record <> ALL($3::bigint[])
ORDER BY record LIMIT 50
"""

# The last decision in force that gave this identity up.
MERGE_OF = """
SELECT d.decision FROM mpi_decision d JOIN mpi_person p ON p.person = d.origin
WHERE p.enterprise_id = $1 AND p.replaced_by IS NOT NULL AND d.undone_by IS NULL
  AND d.kind IN ('merge', 'link') AND p.replaced = d.decided
ORDER BY d.decision DESC LIMIT 1
"""


class UnknownDecision(LookupError):
    """There is no such decision."""


class NotInForce(ValueError):
    """The decision cannot be taken back now."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What a decision moves: records, from one person to another."""

    kind: str
    person: int | None
    origin: int | None
    records: Sequence[int]


async def note(
    connection: Connection,
    what: Noted,
    because: Because,
    instant: datetime,
    confirmed_by: str | None = None,
) -> int:
    """Write a decision into the log, before it is carried out; its number."""
    number: int = await connection.fetchval(
        NOTE,
        what.kind,
        because.actor,
        confirmed_by,
        because.reason,
        instant,
        what.person,
        what.origin,
        sorted(what.records),
    )
    return number


async def note_pairs(
    connection: Connection, decision: int, lifted: Collection[int], kept_apart: Collection[int]
) -> None:
    """The pairs that a decision allowed, and those that it kept apart."""
    await connection.execute(NOTE_PAIRS, decision, sorted(lifted), sorted(kept_apart))


async def take_back(connection: Connection, decision: int, because: Because, instant: datetime) -> set[int]:
    """Undo a decision; the persons whose records changed. Raises UnknownDecision, NotInForce."""
    found = await connection.fetchrow(DECISION, decision)
    if found is None:
        raise UnknownDecision(str(decision))
    if found["undone_by"] is not None or found["kind"] == "undo":
        raise NotInForce(f"decision {decision} is not in force")
    later = await connection.fetchval(LATER, decision, found["records"])
    if later is not None:
        raise NotInForce(f"decision {later} came later and is about the same records: take it back first")
    undo = await note(
        connection,
        Noted("undo", found["origin"], found["person"], found["records"]),
        because,
        instant,
    )
    touched = await _links_back(
        connection, found["person"], found["origin"], decision, found["decided"], instant
    )
    await connection.execute(RESTORE_PAIRS, found["lifted"], found["kept_apart"], instant)
    await connection.execute(UNDONE, decision, undo)
    if found["origin"] not in (None, found["person"]) and found["kind"] in ("merge", "link"):
        await _ask_newcomers(connection, found["person"], found["decided"], found["records"], instant)
    await spread(connection, touched)
    concerned = touched | {*await _whose(connection, found["records"])}
    await drop_answered(connection, concerned, instant)
    await ask_again(connection, concerned, found["decided"])
    return touched


async def merge_of(connection: Connection, enterprise_id: str) -> int | None:
    """The decision that gave this identity up, if it is in force."""
    found: int | None = await connection.fetchval(MERGE_OF, enterprise_id)
    return found


async def _links_back(
    connection: Connection,
    person: int | None,
    origin: int | None,
    decision: int,
    decided: datetime,
    instant: datetime,
) -> set[int]:
    if person is None:
        return set()
    await lock_persons(connection, {person, *([origin] if origin is not None else ())})
    if origin is not None:
        await connection.execute(REVIVE, origin, person, decided, decision)
    stands = {row["start"]: row["person"] for row in await connection.fetch(BEFORE, decision)}
    await lock_persons(connection, set(stands.values()) | {person})
    rows = await connection.fetch(TAKE_BACK, decision, instant, list(stands), list(stands.values()))
    back = {row["person"] for row in rows}
    if len(back) == 1:
        await replace_empty(connection, [person], next(iter(back)), instant)
    return back | {person} | ({origin} if origin is not None else set())


async def _whose(connection: Connection, records: Sequence[int]) -> list[int]:
    return [row["person"] for row in await connection.fetch(WHOSE, records)]


async def _ask_newcomers(
    connection: Connection, person: int, decided: datetime, records: Sequence[int], instant: datetime
) -> None:
    joined = [row["record"] for row in await connection.fetch(NEWCOMERS, person, decided, list(records))]
    if joined and records:
        findings = [Finding(person, record, (), ()) for record in joined]
        await ask(connection, "unmerge-left-records", records[0], {person}, findings, instant)
