"""A first load gives what telling the index of one patient after another gives."""

import random
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mpi.first_load import keys
from mpi.first_load.outcome import decide_part
from mpi.first_load.parts import parts, staged_keys
from mpi.first_load.placing import InUse, place
from mpi.first_load.staging import POSTPONE, Piece, later, left, stage
from mpi.models import active_scale
from mpi.store import Record, resolve_all
from terminology.naming import identify
from tests.mpi.people import at, links, record, tell, valid_id

PHONES = [[], [{"system": "phone", "value": "13912345678"}], [{"system": "phone", "value": "13912345679"}]]
HOMES = [[], [{"text": "上海市黄浦区南京东路1号"}]]

KEYS = "SELECT patient_id, key, rule FROM mpi_key JOIN mpi_record USING (record)"
# Open questions with the persons that stand for those asked about.
ASKED = """
SELECT r.patient_id, ARRAY(
    WITH RECURSIVE chain AS (
        SELECT enterprise_id, person, replaced_by FROM mpi_person WHERE person = ANY(q.persons)
        UNION
        SELECT p.enterprise_id, p.person, p.replaced_by
        FROM chain c JOIN mpi_person p ON p.person = c.replaced_by
    ) SELECT enterprise_id FROM chain WHERE replaced_by IS NULL) AS persons
FROM mpi_review q JOIN mpi_record r USING (record) WHERE q.state = 'open'
"""
REACH = "SELECT patient_key, ARRAY(SELECT unnest(members) ORDER BY 1) AS members FROM mpi_reach"


def people(seed: int, size: int) -> list[Record]:
    choose = random.Random(seed)
    return [
        record(
            str(number),
            hospital=f"h{choose.randrange(4)}",
            name=choose.choice(("王伟", "王维", "李娜", "王\\伟")),
            birth_date=choose.choice(("1980-05-06", "1981-02-03")),
            citizen=choose.choice((None, None, valid_id(order=101), valid_id(order=303))),
            card=choose.choice((None, None, "E1000001", "E1000002")),
            telecom=choose.choice(PHONES),
            address=choose.choice(HOMES),
        )
        for number in range(size)
    ]


async def loaded(connection: Any, records: list[Record], size: int = 7) -> None:
    async with connection.transaction():
        await stage(connection, Piece(b"a", 0, 0), list(enumerate(records, 5)), identify)
        await connection.execute(POSTPONE, False)
    with tempfile.TemporaryDirectory() as folder:
        keyed = await staged_keys(connection, Path(folder))
    digest, by = await active_scale(connection)
    async with connection.transaction():
        for part in parts(keyed, size):
            await decide_part(connection, part, by)
    await keys.begin(connection)
    async with connection.transaction():
        _ = [step async for step in place(connection, digest, at(0), 64, partial(keys.fill, connection))]


async def state(connection: Any) -> dict[str, Any]:
    """Who is with whom by which rule, what is asked, and what leads there."""
    groups: dict[str, set[str]] = {}
    for patient, person in (await links(connection)).items():
        groups.setdefault(person, set()).add(patient)
    named = {person: frozenset(group) for person, group in groups.items()}
    rows = await connection.fetch(
        "SELECT patient_id, rule, match_weight FROM mpi_link JOIN mpi_record USING (record)"
        " WHERE valid_to IS NULL AND recorded_to IS NULL"
    )
    return {
        "groups": set(named.values()),
        "rules": {tuple(row) for row in rows},
        "keys": {tuple(row) for row in await connection.fetch(KEYS)},
        "asked": {
            (row["patient_id"], persons)
            for row in await connection.fetch(ASKED)
            if len(persons := frozenset(named[person] for person in row["persons"])) > 1
        },
    }


@pytest.mark.parametrize("seed", range(6))
async def test_as_one_after_another(connection: Any, seed: int) -> None:
    records = people(seed, 14)
    for number, each in enumerate(records):
        await tell(connection, each, number)
    one_by_one = await state(connection)
    await connection.execute("TRUNCATE mpi_person, mpi_record, mpi_key, mpi_reach CASCADE")
    await loaded(connection, records)
    assert await state(connection) == one_by_one


async def test_what_is_told_later_meets_what_was_loaded(connection: Any) -> None:
    await loaded(connection, [record("1", citizen=valid_id()), record("2", name="李娜")])
    first = await tell(connection, record("3", citizen=valid_id()))
    found = await links(connection)
    assert found["h1-3"] == found["h1-1"] == first.enterprise_id != found["h1-2"]
    assert await connection.fetchval("SELECT count(*) FROM mpi_staged") == 0
    reach = {row["patient_key"]: row["members"] for row in await connection.fetch(REACH)}
    assert sorted(map(len, reach.values())) == [1, 2]


async def test_merged_and_repeated_patients_are_left_for_later(connection: Any) -> None:
    records = [
        record("1"),
        record("2", replaced_by="h1-1"),
        record("1", name="李娜"),
        record("3", active=False),
    ]
    await loaded(connection, records)
    assert set(await links(connection)) == {"h1-1", "h1-3"}
    numbers = await left(connection)
    assert numbers == [6, 7]
    told = await later(connection, numbers)
    assert [(each.patient_id, each.replaced_by) for each in told] == [("h1-2", "h1-1"), ("h1-1", None)]
    async with connection.transaction():
        await resolve_all(connection, told, at(3), identify)
    assert len(set((await links(connection)).values())) == 2


async def test_an_index_in_use_is_not_loaded(connection: Any) -> None:
    await tell(connection, record("1"))
    with pytest.raises(InUse):
        await loaded(connection, [record("2")])
    await keys.forget(connection)
    assert await connection.fetchval("SELECT to_regclass('mpi_staged_key')") is None


async def test_all_indexes_and_constraints_are_there_again(connection: Any) -> None:
    async def shape() -> tuple[Any, ...]:
        return (
            await connection.fetch("SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'mpi_%' ORDER BY 1"),
            await connection.fetch(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid::regclass::text LIKE 'mpi_%' ORDER BY 1, 2"
            ),
        )

    before = await shape()
    await keys.begin(connection)  # a load that was killed leaves them
    await loaded(connection, [record("1")])
    assert await shape() == before
