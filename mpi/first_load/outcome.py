"""What a part needs to be decided, and where the decisions wait to be placed. Named SQL."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence, Set
from itertools import chain
from typing import Final

import msgspec

from mpi.enterprise_id import new_enterprise_id
from mpi.first_load.deciding import Asked, Linked, Outcome, Told, decided
from mpi.first_load.parts import Part
from mpi.keys import patient_key
from mpi.normalisation.demographics import demographics_from_json
from mpi.rows import Connection
from mpi.weigh import Scale

TOLD: Final = """
SELECT s.patient_id, s.demographics, s.keys FROM mpi_staged s
WHERE s.number = ANY($1::bigint[]) ORDER BY s.number
"""

_LINKS: Final = ("number", "record", "person", "rule", "match_weight", "reason")
_PERSONS: Final = ("person", "enterprise_id", "patient_key")
_REVIEWS: Final = ("record", "persons", "reasons", "match_weight", "probability", "priority")


async def told_of(connection: Connection, part: Part) -> list[Told]:
    """The records of a part in their order, each with the keys that lead anywhere when its turn comes.
    Records are numbered from 1."""
    rows = await connection.fetch(TOLD, part.numbers)
    shared = _shared([row["keys"] for row in rows])
    closed = {key: place for key, place in part.closed.items() if key in shared}
    return [
        Told(
            place + 1,
            row["patient_id"],
            demographics_from_json(row["demographics"]),
            _leading(row["keys"], shared, place, closed),
        )
        for place, row in zip(part.places, rows, strict=True)
    ]


def _shared(keys: Sequence[list[int]]) -> frozenset[int]:
    """What a record of the part alone has leads to nobody."""
    counted = Counter(chain.from_iterable(keys))
    return frozenset([key for key, number in counted.items() if number > 1])


def _leading(keys: list[int], shared: Set[int], place: int, closed: Mapping[int, int]) -> list[int]:
    if not closed:
        return [key for key in keys if key in shared]
    return [key for key in keys if key in shared and (key not in closed or place < closed[key])]


async def decide_part(connection: Connection, part: Part, by: Scale) -> Outcome:
    """Decides a part and keeps what came of it; inside a transaction."""
    outcome = decided(await told_of(connection, part), by)
    numbers = {place + 1: number for place, number in zip(part.places, part.numbers, strict=True)}
    links = (_link(link, numbers[link.record]) for link in outcome.links)
    await connection.copy_to_table("mpi_staged_link", source=_lines(links), columns=_LINKS)
    names = ((person, name, patient_key(name)) for person in outcome.persons if (name := new_enterprise_id()))
    await connection.copy_to_table("mpi_staged_person", source=_lines(names), columns=_PERSONS)
    reviews = map(_review, outcome.questions)
    await connection.copy_to_table("mpi_staged_review", source=_lines(reviews), columns=_REVIEWS)
    return outcome


def _link(link: Linked, number: int) -> tuple[object, ...]:
    return number, link.record, link.person, link.rule, link.weight, link.reason


def _review(asked: Asked) -> tuple[object, ...]:
    persons = "{" + ",".join(map(str, asked.persons)) + "}"
    reasons = msgspec.json.encode(list(asked.findings)).decode()
    return asked.record, persons, reasons, asked.bits, asked.probability, asked.priority


async def _lines(rows: Iterable[tuple[object, ...]]) -> AsyncIterator[bytes]:
    told = "".join(
        ["\t".join(["\\N" if value is None else _text(value) for value in row]) + "\n" for row in rows]
    )
    if told:
        yield told.encode()


def _text(value: object) -> str:
    return str(value).replace("\\", "\\\\")
