"""First visits together: as one after the other, in three statements."""

import asyncio
import random
from collections import Counter
from typing import Any

import asyncpg

from mpi.models import activate, keep
from mpi.online_model import OnlineModel
from mpi.store import Record, resolve_all
from terminology.naming import identify
from tests.mpi.people import at, links, questions, record, tell, valid_id

PHONE = [{"system": "phone", "value": "13912345678"}]
HOME = [{"text": "上海市黄浦区南京东路1号"}]


def people(seed: int, size: int) -> list[Record]:
    choose = random.Random(seed)
    return [
        record(
            str(number),
            hospital=f"h{choose.randrange(4)}",
            name=choose.choice(("王伟", "王维", "李娜")),
            citizen=choose.choice((None, valid_id(order=101), valid_id(order=303))),
            card=choose.choice((None, None, "E1000001", "E1000002")),
            telecom=choose.choice(([], PHONE)),
            address=choose.choice(([], HOME)),
        )
        for number in range(size)
    ]


async def told(connection: Any, records: list[Record], together: int) -> None:
    for start in range(0, len(records), together):
        async with connection.transaction():
            await resolve_all(connection, records[start : start + together], at(start), identify)


async def shape(connection: Any) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for patient, person in (await links(connection)).items():
        groups.setdefault(person, set()).add(patient)
    return {frozenset(group) for group in groups.values()}


async def test_together_is_as_one_after_the_other(connection: Any, database_url: str) -> None:
    for seed in range(4):
        records = people(seed, 12)
        shapes, asked = [], []
        for together in (1, 5, 12):
            await connection.execute("TRUNCATE mpi_person, mpi_record, mpi_link, mpi_key CASCADE")
            await told(connection, records, together)
            shapes.append(await shape(connection))
            asked.append(Counter((kind, patient) for kind, patient, _ in await questions(connection)))
        assert shapes[0] == shapes[1] == shapes[2]
        assert asked[0] == asked[1] == asked[2]


async def test_a_round_takes_three_statements(connection: Any) -> None:
    records = [record(str(number), citizen=valid_id(order=101 + 2 * number)) for number in range(20)]
    seen: list[str] = []
    connection.add_query_logger(lambda logged: seen.append(logged.query))
    async with connection.transaction():
        await resolve_all(connection, records[:19], at(0), identify)
    assert sum("mpi_" in query for query in seen) <= 4
    seen.clear()
    await tell(connection, records[19])
    assert sum("mpi_" in query for query in seen) <= 3


async def test_known_new_and_changed_together(connection: Any) -> None:
    first = await tell(connection, record("1", citizen=valid_id()))
    await tell(connection, record("2"))
    async with connection.transaction():
        known, changed, new = await resolve_all(
            connection,
            [
                record("1", citizen=valid_id()),
                record("2", citizen=valid_id()),
                record("3", citizen=valid_id()),
            ],
            at(5),
            identify,
        )
    assert {known.enterprise_id, changed.enterprise_id, new.enterprise_id} == {first.enterprise_id}
    assert known.affected == ()


async def test_sixteen_at_once_make_one_person_time_and_again(database_url: str) -> None:
    connections = [await asyncpg.connect(database_url) for _ in range(16)]

    async def visit(number: int, turn: int) -> str:
        told_ = record(str(turn), hospital=f"h{number}", citizen=valid_id(order=101 + 2 * turn))
        return (await tell(connections[number], told_)).enterprise_id

    try:
        for turn in range(5):
            found = await asyncio.gather(*(visit(number, turn) for number in range(16)))
            assert len(set(found)) == 1
        assert await connections[0].fetchval("SELECT count(*) FROM mpi_person") == 5
    finally:
        await asyncio.gather(*(opened.close() for opened in connections))


async def test_the_active_model_decides_and_is_named(connection: Any) -> None:
    async with connection.transaction():
        digest = await keep(connection, OnlineModel(link_at=10.0), "somebody", at(0))
        await activate(connection, digest, "somebody", "trained", at(0))
    await tell(connection, record("1", telecom=PHONE, address=HOME))
    second = await tell(connection, record("2", telecom=PHONE, address=HOME))
    assert second.decision.rule == "demographics"
    row = await connection.fetchrow("SELECT model, match_weight FROM mpi_link WHERE model IS NOT NULL")
    assert row["model"] == digest
    assert row["match_weight"] == second.decision.weight
