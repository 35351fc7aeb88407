"""Visits in flight are decided together and end as if told one after another."""

import asyncio
from typing import Any

import pytest

from exchange.database import create_pool
from exchange.visits import GROUP, Visits
from mpi.store import Record
from terminology.naming import identify
from tests.mpi.people import at, questions, record, tell, valid_id
from tests.mpi.test_first_visits import people, shape


@pytest.fixture
async def visits(database_url: str) -> Any:
    pool = await create_pool(database_url, 2)
    yield Visits(pool, lambda: at(0), identify)
    await pool.close()


async def test_in_flight_is_as_one_after_the_other(visits: Visits, connection: Any) -> None:
    for seed in range(3):
        records = people(seed, 12)
        found = []
        for together in (False, True):
            await connection.execute("TRUNCATE mpi_person, mpi_record, mpi_link, mpi_key, mpi_reach CASCADE")
            if together:
                await asyncio.gather(*map(visits.tell, records))
            else:
                for each in records:
                    await tell(connection, each)
            asked = sorted((kind, patient) for kind, patient, _ in await questions(connection))
            found.append((await shape(connection), asked))
        assert found[0] == found[1]


async def test_known_new_and_merged_together(visits: Visits, connection: Any) -> None:
    first = await tell(connection, record("1", citizen=valid_id()))
    told: list[Record] = [
        record("1", citizen=valid_id(), name="王维"),
        record("2", hospital="h2", citizen=valid_id()),
        record("3", replaced_by="h1-1"),
    ]
    changed, new, merged = await asyncio.gather(*map(visits.tell, told))
    assert {changed.enterprise_id, new.enterprise_id, merged.enterprise_id} == {first.enterprise_id}
    assert changed.affected == (first.enterprise_id,)


async def test_the_same_person_by_many_at_once_is_one(visits: Visits, connection: Any) -> None:
    records = [
        record(str(number), hospital=f"h{number % 7}", citizen=valid_id()) for number in range(3 * GROUP)
    ]
    found = await asyncio.gather(*map(visits.tell, records))
    assert len({each.enterprise_id for each in found}) == 1
    assert await connection.fetchval("SELECT count(*) FROM mpi_person") == 1
    assert await connection.fetchval("SELECT count(*) FROM mpi_record") == len(records)
