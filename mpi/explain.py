"""Why two records may be one person: field by field what both say, its weight, and what speaks against it.

Pure but for `explain`, which reads the records of a question.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mpi.compare import compare
from mpi.models import active_scale
from mpi.normalisation.demographics import Demographics, demographics_from_json
from mpi.review_queue import Question
from mpi.rows import Connection
from mpi.weigh import Scale, weigh

# Bits that a shared number adds, for ranking only: no rule reads them.
_NUMBERS = {"citizen-id": 24.0, "card": 16.0}

RECORDS = """
SELECT r.record, r.patient_id, r.source, r.local_id, r.demographics::text AS demographics, c.person,
       p.enterprise_id
FROM (
    SELECT record, person FROM mpi_link
    WHERE record = ANY($1::bigint[]) AND valid_to IS NULL AND recorded_to IS NULL
    UNION
    (SELECT record, person FROM mpi_link
     WHERE person = ANY($2::bigint[]) AND valid_to IS NULL AND recorded_to IS NULL
     ORDER BY person, record LIMIT 200)
) c
JOIN mpi_record r ON r.record = c.record
JOIN mpi_person p ON p.person = c.person
ORDER BY c.person, r.record
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the waterfall: the field with what both records say, the level of agreement, its bits, and
    the weight so far."""

    field: str
    level: str
    bits: float
    total: float
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One comparison. `conflicts` are the guards that forbid a link whatever the weight."""

    patient_id: str
    enterprise_id: str
    bits: float
    steps: tuple[Step, ...]
    evidence: tuple[str, ...]
    conflicts: tuple[str, ...]

    @property
    def probability(self) -> float:
        return probability(self.bits)


def probability(bits: float) -> float:
    """The probability that a weight of so many bits stands for."""
    return 1 / (1 + math.exp2(-min(max(bits, -100.0), 100.0)))


def steps(one: Demographics, other: Demographics, by: Scale) -> tuple[Step, ...]:
    """The waterfall of two records: the prior, each field that both tell, the numbers they share."""
    found: list[Step] = []
    total = 0.0
    shared = sorted(compare(one, other, by).evidence & _NUMBERS.keys())
    told = [*weigh(one, other, by).steps, *((name, "equal", _NUMBERS[name]) for name in shared)]
    for name, level, bits in told:
        total += bits
        found.append(Step(name, level, bits, round(total, 3), _said(one, name), _said(other, name)))
    return tuple(found)


def strength(one: Demographics, other: Demographics, by: Scale) -> float:
    """The bits of two records, shared numbers included."""
    told = steps(one, other, by)
    return told[-1].total if told else 0.0


async def explain(connection: Connection, asked: Question) -> tuple[Explanation, ...]:
    """The question's record against every record that its reasons name, or that its other persons have; the
    strongest first."""
    named = {finding.record for finding in asked.reasons}
    rows = await connection.fetch(RECORDS, [asked.record, *named], asked.others)
    facts = {row["record"]: demographics_from_json(row["demographics"]) for row in rows}
    _, by = await active_scale(connection)
    own = facts[asked.record]
    made = [
        _explanation(own, facts[row["record"]], row["patient_id"], row["enterprise_id"], by)
        for row in rows
        if row["record"] != asked.record
    ]
    return tuple(sorted(made, key=lambda each: (-each.bits, each.patient_id)))


def _explanation(
    one: Demographics, other: Demographics, patient_id: str, enterprise_id: str, by: Scale
) -> Explanation:
    told, found = steps(one, other, by), compare(one, other, by)
    bits = told[-1].total if told else 0.0
    return Explanation(
        patient_id, enterprise_id, bits, told, tuple(sorted(found.evidence)), tuple(sorted(found.conflicts))
    )


def strongest(one: Demographics, others: Iterable[Demographics], by: Scale) -> float | None:
    """The bits of the best comparison; None if there is nobody to compare with."""
    return max((strength(one, other, by) for other in others), default=None)


def _said(record: Demographics, field: str) -> str:
    values: dict[str, Sequence[str]] = {
        "name": record.names,
        "birth-date": (record.birth_date,),
        "gender": (record.gender,),
        "phone": record.phones,
        "address": record.addresses,
        "citizen-id": record.citizen_ids,
        "card": tuple(card.number for card in record.cards),
    }
    return ", ".join(filter(None, values.get(field, ())))
