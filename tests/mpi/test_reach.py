"""What is reached from a patient key equals a naive walk over links, merges and replacements."""

import random
from contextlib import suppress
from typing import Any

import pytest

from mpi.correction import Decider, NotPossible, link, split, unite
from tests.mpi.people import at, combine, keys_of, links, record, tell, unmerge, valid_id

HOSPITALS = ("h1", "h2", "h3")
LOCAL_IDS = ("1", "2", "3", "4")
CITIZENS = (None, valid_id(order=101), valid_id(order=103))
CARDS = (None, None, "E1000001", "E1000002")

PERSONS = "SELECT person, patient_key, replaced_by FROM mpi_person"
RECORDS = """
SELECT r.record, r.patient_key, r.merged_into, l.person
FROM mpi_record r JOIN mpi_link l ON l.record = r.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
"""


async def walked(connection: Any) -> dict[Any, set[Any]]:
    """For every patient key the keys to look under, found by walking the rows."""
    persons = {row["person"]: row for row in await connection.fetch(PERSONS)}
    records = {row["record"]: row for row in await connection.fetch(RECORDS)}

    def stands_for(person: int) -> int:
        above = persons[person]["replaced_by"]
        return person if above is None else stands_for(above)

    def into(record_: int) -> set[int]:
        above = records[record_]["merged_into"]
        return {record_} if above is None else {record_} | into(above)

    found = {}
    for row in persons.values():
        root = stands_for(row["person"])
        found[row["patient_key"]] = {
            other["patient_key"] for other in persons.values() if stands_for(other["person"]) == root
        } | {other["patient_key"] for other in records.values() if stands_for(other["person"]) == root}
    for row in records.values():
        found[row["patient_key"]] = {
            other["patient_key"] for other in records.values() if row["record"] in into(other["record"])
        }
    return found


def a_record(choose: random.Random, hospital: str) -> Any:
    return record(
        choose.choice(LOCAL_IDS),
        hospital=hospital,
        citizen=choose.choice(CITIZENS),
        card=choose.choice(CARDS),
        name=choose.choice(("王伟", "王伟", "李娜")),
    )


async def correct(connection: Any, choose: random.Random, minutes: int) -> None:
    """Some human's decision, if it is possible in this state."""
    told = sorted(await links(connection))
    rows = await connection.fetch("SELECT enterprise_id FROM mpi_person ORDER BY person")
    identities = [row["enterprise_id"] for row in rows]
    if not told:
        return
    by = Decider("somebody", "", at(minutes))
    with suppress(NotPossible):
        async with connection.transaction():
            match choose.randrange(4):
                case 0:
                    await link(connection, choose.choice(told), choose.choice(identities), by)
                case 1:
                    await unite(connection, choose.choice(identities), choose.choice(identities), by)
                case 2:
                    await split(connection, choose.sample(told, min(2, len(told))), by)
                case _:
                    await split(connection, [choose.choice(told)], by)


@pytest.mark.parametrize("seed", range(4))
async def test_reach_is_the_walk(connection: Any, seed: int) -> None:
    choose = random.Random(seed)
    for minutes in range(60):
        hospital = choose.choice(HOSPITALS)
        one, other = a_record(choose, hospital), a_record(choose, hospital)
        match choose.randrange(8):
            case 0 | 1 | 2:
                await tell(connection, one, minutes)
            case 3 | 4:
                await combine(connection, one, other, minutes)
            case 5:
                await unmerge(connection, one.patient_id, minutes)
            case _:
                await correct(connection, choose, minutes)
        assert await consistent(connection)
    by_id = await connection.fetch(
        "SELECT patient_key, coalesce(enterprise_id, '') AS id FROM mpi_person UNION ALL "
        "SELECT patient_key, patient_id FROM mpi_record"
    )
    expected = await walked(connection)
    for row in by_id:
        assert await keys_of(connection, row["id"]) == expected[row["patient_key"]]


async def consistent(connection: Any) -> bool:
    """What must hold after every step, whatever was told."""
    misplaced = await connection.fetchval(
        """
        SELECT count(*) FROM mpi_record r
        JOIN mpi_record s ON s.record = r.merged_into
        JOIN mpi_link lr ON lr.record = r.record AND lr.valid_to IS NULL AND lr.recorded_to IS NULL
        JOIN mpi_link ls ON ls.record = s.record AND ls.valid_to IS NULL AND ls.recorded_to IS NULL
        WHERE lr.person <> ls.person
        """
    )
    unlinked = await connection.fetchval(
        "SELECT count(*) FROM mpi_record r WHERE NOT EXISTS (SELECT FROM mpi_link l "
        "WHERE l.record = r.record AND l.valid_to IS NULL AND l.recorded_to IS NULL)"
    )
    given_up = await connection.fetchval(
        "SELECT count(*) FROM mpi_person p WHERE (p.replaced_by IS NULL) <> EXISTS (SELECT FROM mpi_link l "
        "WHERE l.person = p.person AND l.valid_to IS NULL AND l.recorded_to IS NULL)"
    )
    return (misplaced, unlinked, given_up) == (0, 0, 0)
