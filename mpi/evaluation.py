"""How a model of the online decision fares with pairs that are known to be of one person, or of two.

Known by what humans said of them, or by their numbers for life: then those are left out of what is compared.
Named SQL.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from msgspec.structs import replace

from mpi.blocking import OVERSIZED
from mpi.compare import compare
from mpi.labels import labelled_pairs
from mpi.normalisation.demographics import Demographics, demographics_from_json
from mpi.rows import Connection
from mpi.weigh import Scale

Found = Literal["linked", "asked", "left"]
Pair = tuple[Demographics, Demographics, bool]
"""Two records, and whether they are one person."""

SAMPLE: Final = 50_000

COUNT: Final = "SELECT count(*) FROM mpi_record"

# Records that share a key of name, birth date, telephone or address; a range of hashes is a sample of keys.
NEAR: Final = """
SELECT array_agg(record ORDER BY record) AS records FROM mpi_key
WHERE key BETWEEN 0 AND $1 AND rule BETWEEN 3 AND 7
GROUP BY key, rule HAVING count(*) BETWEEN 2 AND $2
"""

TOLD: Final = """
SELECT record, demographics::text AS demographics FROM mpi_record
WHERE record = ANY($1::bigint[]) AND merged_into IS NULL
  AND json_array_length(demographics->'citizen_ids') > 0
"""

# Keys that are not negative, in parts.
_PARTS: Final = 10_000
_KEYS: Final = ((1 << 63) - 1) // _PARTS


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How many pairs of one person, and of two, come to what."""

    one: Counter[Found]
    two: Counter[Found]

    @property
    def precision(self) -> float | None:
        """Of links; None if there are none."""
        return _share(self.one["linked"], self.one["linked"] + self.two["linked"])

    @property
    def recall(self) -> float | None:
        """Of pairs of one person those that are linked, or None."""
        return _share(self.one["linked"], self.one.total())


def found_by(one: Demographics, other: Demographics, by: Scale) -> Found:
    """What two records alone come to."""
    compared = compare(one, other, by)
    sure = compared.evidence - {"likely"}
    if sure and not compared.conflicts:
        return "linked"
    return "asked" if sure or (compared.evidence and not compared.conflicts) else "left"


def evaluated(pairs: Iterable[Pair], by: Scale) -> Evaluation:
    found = Evaluation(Counter(), Counter())
    for one, other, is_match in pairs:
        (found.one if is_match else found.two)[found_by(one, other, by)] += 1
    return found


async def judged(connection: Connection) -> AsyncIterator[Pair]:
    """What humans said; inside a transaction."""
    async for each in labelled_pairs(connection):
        yield each.one, each.other, each.is_match


async def numbered(connection: Connection, sample: int = SAMPLE) -> list[Pair]:
    """Pairs that share a key, by the numbers for life that both have; without these, and without cards."""
    share = min(1.0, sample / max(await connection.fetchval(COUNT), 1))
    rows = await connection.fetch(NEAR, _KEYS * round(_PARTS * share), OVERSIZED)
    pairs = {pair for row in rows for pair in pairwise(row["records"])}
    told = await connection.fetch(TOLD, sorted({record for pair in pairs for record in pair}))
    facts = {row["record"]: demographics_from_json(row["demographics"]) for row in told}
    return [
        (_unnumbered(facts[one]), _unnumbered(facts[other]), _is_one(facts[one], facts[other]))
        for one, other in sorted(pairs)
        if one in facts and other in facts
    ]


def _is_one(one: Demographics, other: Demographics) -> bool:
    return not set(one.citizen_ids).isdisjoint(other.citizen_ids)


def _unnumbered(told: Demographics) -> Demographics:
    return replace(told, citizen_ids=(), cards=())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
