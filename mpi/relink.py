"""The whole index decided anew, by the active model: differences become questions, never silent rewrites.

Records that share a key, directly or through others, are decided together and in the order in which they
came; what humans and hospitals settled stays where it is. Named SQL; numpy is needed.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np

from mpi.asked import unasked
from mpi.blocking import blocking_keys
from mpi.changes import ask
from mpi.decide import Cluster, Finding, Member, examine
from mpi.models import active_scale
from mpi.neighbourhood import Neighbourhood
from mpi.normalisation.demographics import Demographics, demographics_from_json
from mpi.relink_parts import Part, parts_of_index
from mpi.rows import Connection
from mpi.unanimous import facts_of, unanimous
from mpi.weigh import Scale

RECORDS = """
SELECT r.record, l.person, r.demographics::text AS demographics, l.actor <> 'hub' AS settled
FROM mpi_record r
JOIN mpi_link l ON l.record = r.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
WHERE r.record = ANY($1::bigint[]) AND r.merged_into IS NULL
ORDER BY r.record
"""

# Which of these records somebody keeps apart from which others.
APART = """
SELECT low, high FROM mpi_do_not_link WHERE recorded_to IS NULL AND low = ANY($1::bigint[])
UNION ALL
SELECT high, low FROM mpi_do_not_link WHERE recorded_to IS NULL AND high = ANY($1::bigint[])
"""

# Whether somebody said of two persons that records of theirs are two people's.
PARTED = """
SELECT EXISTS (
    SELECT FROM mpi_do_not_link d
    JOIN mpi_link a ON a.record = d.low AND a.valid_to IS NULL AND a.recorded_to IS NULL
    JOIN mpi_link b ON b.record = d.high AND b.valid_to IS NULL AND b.recorded_to IS NULL
    WHERE d.recorded_to IS NULL AND ((a.person = $1 AND b.person = $2) OR (a.person = $2 AND b.person = $1))
)
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A record and the person it belongs to now."""

    record: int
    person: int
    demographics: Demographics = field(repr=False)
    settled: bool


class Difference(NamedTuple):
    """`together`: the record's person and another should be one. `apart`: the record should not be with the
    rest of its person."""

    kind: str
    record: int
    persons: tuple[int, ...]
    findings: tuple[Finding, ...]


class Relinked(NamedTuple):
    """What a pass came upon."""

    records: int
    together: int
    apart: int


async def relink(connection: Connection, instant: datetime) -> AsyncIterator[Relinked]:
    """Ask about everything that would be decided otherwise today; tells how far it is after each part. Each
    part is a transaction of its own, and what is asked already is not asked again."""
    _, by = await active_scale(connection)
    told = Relinked(0, 0, 0)
    for part in await parts_of_index(connection):
        found = await relink_part(connection, part, by, instant)
        told = Relinked(*map(sum, zip(told, found, strict=True)))
        yield told


async def relink_part(connection: Connection, part: Part, by: Scale, instant: datetime) -> Relinked:
    """The same of one part."""
    told: Counter[str] = Counter()
    async with connection.transaction():
        rows = await connection.fetch(RECORDS, part.records)
        apart = await _kept_apart(connection, part.records)
        doubtful = in_doubt({row["record"]: _placed(*row) for row in rows}, part, by, apart)
        for difference in differences(doubtful, by, part.closed, apart):
            told[difference.kind] += await _proposed(connection, difference, instant)
    return Relinked(len(rows), told["together"], told["apart"])


def in_doubt(
    records: Mapping[int, Placed], part: Part, by: Scale, apart: Collection[int] = ()
) -> list[Placed]:
    """The records of the components that must be decided one after another to be known, in the order in
    which they came."""
    if len(records) < len(part.records):
        # Some were merged meanwhile: the columns do not fit any more.
        return list(records.values())
    told = [records[number] for number in part.records]
    sure = unanimous(
        facts_of([each.demographics for each in told], by),
        [each.person for each in told],
        part.sizes,
        np.asarray(part.following, np.bool_),
        by,
    )
    ends = list(accumulate(part.sizes))
    left = [
        each
        for holds, end, size in zip(sure.tolist(), ends, part.sizes, strict=True)
        if not holds or any(each.settled or each.record in apart for each in told[end - size : end])
        for each in told[end - size : end]
    ]
    return sorted(left, key=lambda each: each.record)


def differences(
    records: Sequence[Placed],
    by: Scale,
    closed: frozenset[int] = frozenset(),
    apart: Mapping[int, frozenset[int]] | None = None,
) -> Iterator[Difference]:
    """Where these records, decided anew, come to other persons than they belong to. `closed`: keys that lead
    nowhere. `apart`: the records that one is kept apart from."""
    fresh = _decided(records, by, closed, apart or {})
    yield from _together(records, fresh, by)
    yield from _apart(records, fresh, by)


async def _kept_apart(connection: Connection, records: Sequence[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for row in await connection.fetch(APART, records):
        found[row["low"]].add(row["high"])
    return {record: frozenset(others) for record, others in found.items()}


def _decided(
    records: Sequence[Placed], by: Scale, closed: frozenset[int], apart: Mapping[int, frozenset[int]]
) -> dict[int, int]:
    """The new person of each record, settled ones first; persons are numbered as they are now or, where a
    record begins another, by the negative of its number."""
    near = Neighbourhood(by, apart=apart)
    whose: dict[int, int] = {}
    keys = _leading(records, closed)
    settled: dict[int, list[Placed]] = defaultdict(list)
    for each in records:
        if each.settled:
            settled[each.person].append(each)
    for person, held in settled.items():
        members = tuple(Member(each.record, each.demographics, settled=True) for each in held)
        near.know(Cluster(person, members), {key for each in held for key in keys[each.record]})
        whose.update((each.record, person) for each in held)
    for each in records:
        if not each.settled:
            whose[each.record], _ = near.arrive(
                each.record, each.demographics, keys[each.record], -each.record
            )
    return {record: near.standing(person) for record, person in whose.items()}


def _leading(records: Sequence[Placed], closed: frozenset[int]) -> dict[int, list[int]]:
    """The keys of each record that another one has, too, but not too many: the rest lead to nobody."""
    keys = {each.record: [key.key for key in blocking_keys(each.demographics)] for each in records}
    counted = Counter(chain.from_iterable(keys.values()))
    return {
        record: [key for key in own if counted[key] > 1 and key not in closed] for record, own in keys.items()
    }


def _together(records: Sequence[Placed], fresh: dict[int, int], by: Scale) -> Iterator[Difference]:
    persons: dict[int, dict[int, list[Placed]]] = defaultdict(lambda: defaultdict(list))
    for each in records:
        persons[fresh[each.record]][each.person].append(each)
    for held in persons.values():
        first, *others = sorted(held)
        for other in others:
            record = held[other][0]
            yield Difference("together", record.record, (first, other), _found(record, held[first], by))


def _apart(records: Sequence[Placed], fresh: dict[int, int], by: Scale) -> Iterator[Difference]:
    now: dict[int, list[Placed]] = defaultdict(list)
    for each in records:
        now[each.person].append(each)
    for person, held in now.items():
        first = fresh[held[0].record]
        for each in held:
            if fresh[each.record] != first and not each.settled:
                rest = [other for other in held if fresh[other.record] == first]
                yield Difference("apart", each.record, (person,), _found(each, rest, by))


def _found(record: Placed, others: Iterable[Placed], by: Scale) -> tuple[Finding, ...]:
    held = list(others)
    members = tuple(Member(each.record, each.demographics) for each in held)
    return tuple(examine(record.demographics, Cluster(held[0].person, members), by))


async def _proposed(connection: Connection, found: Difference, instant: datetime) -> bool:
    if found.kind == "together":
        first, own = found.persons
        if await connection.fetchval(PARTED, first, own):
            return False
        if not await unasked(connection, own, {first}, found.findings, found.record):
            return False
    kind = "ambiguous" if found.kind == "together" else "inconsistent"
    await ask(connection, kind, found.record, found.persons, found.findings, instant)
    return True


def _placed(record: int, person: int, demographics: str, settled: int) -> Placed:
    return Placed(record, person, demographics_from_json(demographics), bool(settled))
