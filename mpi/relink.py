"""The whole index decided anew, by the active model: differences become questions, never silent rewrites.

Records that share a key, directly or through others, are decided together and in the order in which they
came; what humans and hospitals settled stays where it is. Named SQL; numpy is needed.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mpi.asked import unasked
from mpi.blocking import OVERSIZED, blocking_keys
from mpi.changes import ask
from mpi.decide import Cluster, Finding, Member, examine
from mpi.demographics import Demographics, demographics_from_json
from mpi.first_load.parts import pairs_of
from mpi.linkage.clusters import components
from mpi.models import active_scale
from mpi.neighbourhood import Neighbourhood
from mpi.rows import Connection
from mpi.weigh import Scale

KEYS = "SELECT key, record FROM mpi_key"

RECORDS = """
SELECT r.record, l.person, r.demographics::text AS demographics, l.actor <> 'hub' AS settled
FROM mpi_record r
JOIN mpi_link l ON l.record = r.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
WHERE r.record = ANY($1::bigint[]) AND r.merged_into IS NULL
ORDER BY r.record
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

_PART = 2000


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


async def relink_part(connection: Connection, part: Sequence[int], by: Scale, instant: datetime) -> Relinked:
    """The same of one part."""
    told: Counter[str] = Counter()
    async with connection.transaction():
        rows = await connection.fetch(RECORDS, part)
        for difference in differences([_placed(*row) for row in rows], by):
            told[difference.kind] += await _proposed(connection, difference, instant)
    return Relinked(len(rows), told["together"], told["apart"])


async def parts_of_index(connection: Connection) -> list[list[int]]:
    """Records that share keys, whole components at a time; oversized keys connect nobody."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = await pairs_of(connection, KEYS, Path(folder))
    key, record = pairs["key"].astype(np.int64), pairs["number"].astype(np.int64)
    order = np.lexsort((record, key))
    key, record = key[order], record[order]
    begins = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[begins, len(key)])
    shared = np.repeat((sizes > 1) & (sizes < OVERSIZED), sizes)
    joined = np.flatnonzero(shared[1:] & (key[1:] == key[:-1]))
    numbers, places = np.unique(record[shared], return_inverse=True)
    place = np.zeros(len(record), np.int64)
    place[shared] = places
    label = components(len(numbers), place[joined], place[joined + 1])
    return list(_parts(numbers, label))


def differences(records: Sequence[Placed], by: Scale) -> Iterator[Difference]:
    """Where these records, decided anew, come to other persons than they belong to."""
    fresh = _decided(records, by)
    yield from _together(records, fresh, by)
    yield from _apart(records, fresh, by)


def _decided(records: Sequence[Placed], by: Scale) -> dict[int, int]:
    """The new person of each record, settled ones first; persons are numbered as they are now or, where a
    record begins another, by the negative of its number."""
    near = Neighbourhood(by)
    whose: dict[int, int] = {}
    keys = _leading(records)
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


def _leading(records: Sequence[Placed]) -> dict[int, list[int]]:
    """The keys of each record that another one has, too: the rest lead to nobody."""
    keys = {each.record: [key.key for key in blocking_keys(each.demographics)] for each in records}
    counted = Counter(chain.from_iterable(keys.values()))
    return {record: [key for key in own if counted[key] > 1] for record, own in keys.items()}


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


def _parts(numbers: NDArray[np.int64], label: NDArray[np.int64]) -> Iterator[list[int]]:
    order = np.argsort(label, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(label[order]) != 0, len(order) > 0]) + 1
    start = 0
    for end in ends.tolist():
        if end - start >= _PART or end == len(order):
            yield numbers[order[start:end]].tolist()
            start = end


def _placed(record: int, person: int, demographics: str, settled: int) -> Placed:
    return Placed(record, person, demographics_from_json(demographics), bool(settled))
