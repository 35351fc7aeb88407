"""A visit told alone ends as it does in a transaction."""

import asyncio
from typing import Any

import asyncpg

from mpi.store import Record, resolve
from mpi.visit import visit
from terminology.naming import identify
from tests.mpi.people import at, record, tell, valid_id
from tests.mpi.test_first_visits import people, shape

COUNTS = """
SELECT (SELECT count(*) FROM mpi_record) AS records, (SELECT count(*) FROM mpi_person) AS persons,
       (SELECT count(*) FROM mpi_link) AS links, (SELECT count(*) FROM mpi_key) AS keys,
       (SELECT count(*) FROM mpi_reach) AS reached
"""


async def told_alone(connection: Any, told: Record) -> str:
    arrival = await visit(connection, told, at(0), identify)
    if arrival is not None:
        return arrival.enterprise_id
    async with connection.transaction():
        return (await resolve(connection, told, at(0), identify)).enterprise_id


async def test_alone_is_as_in_a_transaction(connection: Any) -> None:
    for seed in range(3):
        found = []
        for alone in (False, True):
            await connection.execute("TRUNCATE mpi_person, mpi_record, mpi_link, mpi_key, mpi_reach CASCADE")
            for each in people(seed, 12):
                await (told_alone(connection, each) if alone else tell(connection, each))
            found.append((await shape(connection), tuple(await connection.fetchrow(COUNTS))))
        assert found[0] == found[1]


async def test_two_round_trips(connection: Any) -> None:
    seen: list[str] = []
    await visit(connection, record("1"), at(0), identify)  # the driver asks for types once
    connection.add_query_logger(lambda logged: seen.append(logged.query))
    assert await visit(connection, record("2", citizen=valid_id(), name="李娜"), at(0), identify) is not None
    await asyncio.sleep(0)  # what was asked last is told then
    assert len(seen) == 2


async def test_a_patient_that_is_known_is_not_told_again(connection: Any) -> None:
    await tell(connection, record())
    assert await visit(connection, record(), at(1), identify) is None
    assert await visit(connection, record("2", replaced_by="h1-1"), at(1), identify) is None
    assert await connection.fetchval("SELECT count(*) FROM mpi_record") == 1


async def test_what_changed_between_is_noticed(database_url: str) -> None:
    """Many at once: what was seen is not so any more for all but one."""
    connections = [await asyncpg.connect(database_url) for _ in range(8)]
    try:
        for turn in range(4):
            records = [
                record(str(turn), hospital=f"h{number}", citizen=valid_id(order=101 + 2 * turn))
                for number in range(8)
            ]
            found = await asyncio.gather(*map(told_alone, connections, records))
            assert len(set(found)) == 1
        assert await connections[0].fetchval("SELECT count(*) FROM mpi_person") == 4
    finally:
        await asyncio.gather(*(opened.close() for opened in connections))
