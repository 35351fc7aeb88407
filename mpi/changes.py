"""What is written to the patient index: records, keys, links, persons, questions. Named SQL.

Every function takes an open connection inside the caller's transaction and never commits; the caller holds
the locks of `mpi.rows`.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from mpi.blocking import Key
from mpi.decide import Finding
from mpi.keys import patient_key
from mpi.normalisation.demographics import NORMALISATION, Demographics, json_from_demographics
from mpi.ranking import rank
from mpi.rows import Connection


class Content(msgspec.Struct, frozen=True):
    """What a record row holds of a hospital's patient."""

    patient_id: str
    source: str
    local_id: str
    demographics: Demographics
    shown: bytes
    active: bool
    keys: tuple[Key, ...]

    def __repr__(self) -> str:
        # Who the patient is must stand in no log.
        return f"Content(patient_id={self.patient_id!r})"


@dataclass(frozen=True, slots=True)
class Because:
    """Why a link exists: the rule, and who applied it. A model's weight is there only if a model decided, the
    number of the decision (`mpi.decisions`) only if a human did."""

    rule: str
    actor: str
    reason: str
    model: str | None = None
    match_weight: float | None = None
    decision: int | None = None


INSERT_PERSON = """
INSERT INTO mpi_person (enterprise_id, patient_key, created) VALUES ($1, $2, $3) RETURNING person
"""

# A new record with its keys and its first link.
INSERT_RECORD = """
WITH made AS (
    INSERT INTO mpi_record (patient_id, patient_key, source, local_id, demographics, normalisation, shown,
                            active, merged_into, created, updated)
    VALUES ($1, $2, $3, $4, $5::json, $6, $7, $8, $9, $10, $10) RETURNING record
), keys AS (
    INSERT INTO mpi_key (key, rule, record)
    SELECT k, rule, record FROM made, unnest($11::bigint[], $12::smallint[]) AS given (k, rule)
), link AS (
    INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, valid_from, recorded_from)
    SELECT record, $13::bigint, $14, $15, $16::float8, $17, $18, $10, $10 FROM made
)
SELECT record FROM made
"""

UPDATE_RECORD = """
WITH changed AS (
    UPDATE mpi_record SET source = $2, local_id = $3, demographics = $4::json, normalisation = $5,
                          shown = $6, active = $7, updated = $8
    WHERE record = $1
), dropped AS (
    DELETE FROM mpi_key WHERE record = $1 AND key <> ALL($9::bigint[])
)
INSERT INTO mpi_key (key, rule, record)
SELECT k, rule, $1 FROM unnest($9::bigint[], $10::smallint[]) AS given (k, rule)
ON CONFLICT DO NOTHING
"""

# The same, and questions are withdrawn that are not about the persons $11 (ambiguous), $12 (inconsistent).
REVISE_RECORD = UPDATE_RECORD.replace(
    "\n)\nINSERT",
    """
), withdrawn AS (
    UPDATE mpi_review SET state = 'obsolete', decided = $8, decided_by = 'hub'
    WHERE record = $1 AND state NOT IN ('decided', 'obsolete')
      AND (kind = 'ambiguous' AND persons <> $11::bigint[]
           OR kind = 'inconsistent' AND persons <> $12::bigint[])
)
INSERT""",
)

# What we believed until now is closed, kept as the past, and followed by the new link.
MOVE_LINKS = """
WITH closed AS (
    UPDATE mpi_link SET recorded_to = greatest($3, recorded_from)
    WHERE record = ANY($1::bigint[]) AND person <> $2 AND valid_to IS NULL AND recorded_to IS NULL
    RETURNING *
), past AS (
    INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, decision,
                          valid_from, valid_to, recorded_from)
    SELECT record, person, rule, model, match_weight, actor, reason, decision,
           valid_from, recorded_to, recorded_to
    FROM closed WHERE valid_from < recorded_to
)
INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, decision,
                      valid_from, recorded_from)
SELECT record, $2, $4, $5, $6::float8, $7, $8, $9, recorded_to, recorded_to FROM closed
"""

# The same where they belong already: what the machine or a hospital said, a human says now.
AFFIRM_LINKS = MOVE_LINKS.replace("person <> $2", "person = $2 AND rule <> $4")

# A person without records stands for the one that took them over.
REPLACE_EMPTY = """
UPDATE mpi_person p SET replaced_by = $2, replaced = $3
WHERE p.person = ANY($1::bigint[]) AND p.person <> $2 AND p.replaced_by IS NULL
  AND NOT EXISTS (SELECT FROM mpi_link l
                  WHERE l.person = p.person AND l.valid_to IS NULL AND l.recorded_to IS NULL)
"""

# Who was merged into whom, and the persons that both belonged to.
RECORD_MERGE = """
WITH changed AS (UPDATE mpi_record SET merged_into = $2 WHERE record = $1)
INSERT INTO mpi_merge (loser, survivor, loser_person, survivor_person, actor, reason, recorded_from)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

# The same question with the same reasons is asked once, whatever became of it. One that somebody has put off
# is not asked beside itself: it gets the new reasons.
ASK = """
WITH renewed AS (
    UPDATE mpi_review SET reasons = $4::jsonb
    WHERE kind = $1 AND record = $2 AND persons = $3::bigint[]
      AND state IN ('proposed', 'escalated', 'skipped')
    RETURNING review
)
INSERT INTO mpi_review (kind, record, persons, reasons, created)
SELECT $1, $2, $3::bigint[], $4::jsonb, $5
WHERE NOT EXISTS (SELECT FROM mpi_review WHERE kind = $1 AND record = $2 AND persons = $3::bigint[]
                  AND reasons = $4::jsonb AND state <> 'obsolete')
  AND NOT EXISTS (SELECT FROM renewed)
ON CONFLICT (record, kind, persons) WHERE state = 'open' DO UPDATE SET reasons = excluded.reasons
"""

# Open questions about a record that its newer content answers.
WITHDRAW = """
UPDATE mpi_review SET state = 'obsolete', decided = $4, decided_by = $5
WHERE record = $1 AND state NOT IN ('decided', 'obsolete') AND kind = $2 AND persons <> $3::bigint[]
"""


async def insert_person(connection: Connection, enterprise_id: str, instant: datetime) -> int:
    person: int = await connection.fetchval(INSERT_PERSON, enterprise_id, patient_key(enterprise_id), instant)
    return person


async def insert_record(
    connection: Connection,
    content: Content,
    person: int,
    because: Because,
    instant: datetime,
    merged_into: int | None = None,
) -> int:
    record: int = await connection.fetchval(
        INSERT_RECORD,
        content.patient_id,
        patient_key(content.patient_id),
        content.source,
        content.local_id,
        json_from_demographics(content.demographics),
        NORMALISATION,
        content.shown,
        content.active,
        merged_into,
        instant,
        *_columns(content.keys),
        person,
        because.rule,
        because.model,
        because.match_weight,
        because.actor,
        because.reason,
    )
    return record


async def update_record(connection: Connection, record: int, content: Content, instant: datetime) -> None:
    await connection.execute(UPDATE_RECORD, record, *_content(content, instant))


async def revise_record(
    connection: Connection,
    record: int,
    content: Content,
    instant: datetime,
    asked: tuple[Collection[int], Collection[int]],
) -> None:
    """The same, and no questions stay open but those about the persons `asked`: whose the record is, and
    what speaks against its person."""
    persons = [sorted(each) for each in asked]
    await connection.execute(REVISE_RECORD, record, *_content(content, instant), *persons)


def _content(content: Content, instant: datetime) -> Iterator[object]:
    yield content.source
    yield content.local_id
    yield json_from_demographics(content.demographics)
    yield NORMALISATION
    yield content.shown
    yield content.active
    yield instant
    yield from _columns(content.keys)


async def move_links(
    connection: Connection, records: Sequence[int], person: int, because: Because, instant: datetime
) -> None:
    """Link these records to the person from now on."""
    await _linked(connection, MOVE_LINKS, records, person, because, instant)


async def affirm_links(
    connection: Connection, records: Sequence[int], person: int, because: Because, instant: datetime
) -> None:
    """Those of the records that belong to the person do so from now on for another reason."""
    await _linked(connection, AFFIRM_LINKS, records, person, because, instant)


async def _linked(
    connection: Connection,
    statement: str,
    records: Sequence[int],
    person: int,
    because: Because,
    instant: datetime,
) -> None:
    await connection.execute(
        statement,
        records,
        person,
        instant,
        because.rule,
        because.model,
        because.match_weight,
        because.actor,
        because.reason,
        because.decision,
    )


async def replace_empty(
    connection: Connection, persons: Collection[int], survivor: int, instant: datetime
) -> None:
    """Let those of the persons that have no record any more be replaced by the survivor."""
    await connection.execute(REPLACE_EMPTY, sorted(persons), survivor, instant)


async def ask(
    connection: Connection,
    kind: str,
    record: int,
    persons: Collection[int],
    findings: Iterable[Finding],
    instant: datetime,
) -> None:
    """Put a question for a human into the queue."""
    reasons = msgspec.json.encode(list(findings)).decode()
    await connection.execute(ASK, kind, record, sorted(set(persons)), reasons, instant)
    await rank(connection, kind, record, persons)


async def withdraw(
    connection: Connection, record: int, kind: str, still: Collection[int], instant: datetime
) -> None:
    """Withdraw the open questions of this kind, except the one about the persons `still`."""
    await connection.execute(WITHDRAW, record, kind, sorted(set(still)), instant, "hub")


async def record_merge(
    connection: Connection,
    loser: int,
    survivor: int,
    persons: tuple[int, int],
    because: Because,
    instant: datetime,
) -> None:
    """Merge one record into another; `persons` are those of loser and survivor until now."""
    await connection.execute(RECORD_MERGE, loser, survivor, *persons, because.actor, because.reason, instant)


def _columns(keys: Sequence[Key]) -> tuple[list[int], list[int]]:
    return [key.key for key in keys], [int(key.rule) for key in keys]
