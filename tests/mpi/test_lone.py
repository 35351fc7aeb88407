"""Corrections told together end as they do one by one."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mpi.enterprise import shown_from_patient
from mpi.revision import revise
from mpi.rows import lock_keys
from mpi.store import Record, content_of, resolve_all
from terminology.naming import identify
from tests.mpi.people import at, questions, record, tell, valid_id

STATE = (
    """SELECT r.patient_id, r.source, r.local_id, r.demographics::text, r.shown, r.active, r.normalisation,
              r.updated, p.enterprise_id, l.rule,
              ARRAY(SELECT (k.key, k.rule)::text FROM mpi_key k WHERE k.record = r.record ORDER BY 1) AS keys
       FROM mpi_record r JOIN mpi_link l USING (record) JOIN mpi_person p USING (person)
       WHERE l.valid_to IS NULL AND l.recorded_to IS NULL ORDER BY 1""",
    """SELECT q.kind, r.patient_id, q.state, q.decided, q.decided_by, q.reasons::text,
              ARRAY(SELECT enterprise_id FROM mpi_person WHERE person = ANY(q.persons) ORDER BY 1) AS persons
       FROM mpi_review q JOIN mpi_record r USING (record) ORDER BY r.patient_id, q.review""",
)


def people(chance: random.Random, edition: int) -> list[Record]:
    """Few facts, so that some records share some and others none."""
    return [
        record(
            str(number),
            hospital=f"h{number % 3}",
            name=chance.choice(("王伟", "李娜", f"张{chr(0x4E00 + 40 * number)}")),
            birth_date=f"19{60 + number}-05-06" if chance.random() < 0.7 else "1980-05-06",
            citizen=valid_id(order=100 + number) if chance.random() < 0.5 else None,
            telecom=[{"system": "phone", "value": f"1380000{chance.randint(1000, 1000 + 9**edition)}"}],
            address=[{"text": f"建国路{chance.randint(1, 90)}号"}],
            active=chance.random() < 0.9,
        )
        for number in range(1, 10)
    ]


async def state(connection: Any) -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await connection.fetch(each)] for each in STATE]


def accompanied(chance: random.Random, edition: int) -> list[Record]:
    """The same people in several hospitals, of whom a few say now and then that they are somebody else."""
    return [
        record(
            str(number),
            hospital=f"h{hospital}",
            name=f"张{chr(0x4E00 + 40 * number)}",
            birth_date=f"19{60 + number}-05-06",
            citizen=valid_id(order=100 + (number if chance.random() < 0.95 else 1)),
            address=[{"text": f"建国路{edition}{chance.randint(1, 40)}号"}],
        )
        for number in range(1, 8)
        for hospital in range(1 + number % 3)
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tellings", [people, accompanied])
async def test_corrections_told_together_end_as_they_do_one_by_one(
    connection: Any, tellings: Callable[[random.Random, int], list[Record]], seed: int
) -> None:
    chance = random.Random(seed)
    for each in tellings(chance, 4):
        await tell(connection, each)
    told = chance.sample(found := tellings(chance, 2), len(found) // 2 + 3)
    transaction = connection.transaction()
    await transaction.start()
    resolutions = await resolve_all(connection, told, at(5), identify)
    together = await state(connection)
    await transaction.rollback()
    changed = {each.patient_id for each, found in zip(told, resolutions, strict=True) if found.affected}
    async with connection.transaction():
        for each in told:
            if each.patient_id in changed:
                content = content_of(each, shown_from_patient(each.patient), identify)
                await lock_keys(connection, [each.patient_id], content.keys)
                await revise(connection, content, at(5))
    assert len(changed) > 5
    assert together == await state(connection)


async def test_corrections_of_people_known_to_several_hospitals_are_written_together(connection: Any) -> None:
    for each in accompanied(random.Random(1), 4):
        await tell(connection, each)
    told = [
        replace(each, patient=dict(each.patient) | {"address": [{"text": f"解放路{number}号"}]})
        for number, each in enumerate(accompanied(random.Random(1), 4))
        if each.source == "h0"
    ]
    asked: list[str] = []
    async with connection.transaction():
        with connection.query_logger(lambda record: asked.append(record.query)):
            resolutions = await resolve_all(connection, told, at(5), identify)
    assert all(resolution.affected for resolution in resolutions)
    # What asyncpg asks about types, once a connection, is not ours.
    assert len([query for query in asked if "mpi_" in query]) < len(told)


async def test_what_a_human_was_asked_of_an_earlier_content_is_asked_no_longer(connection: Any) -> None:
    await tell(connection, record(citizen=valid_id(), name="王伟"))
    await tell(
        connection, record("2", hospital="h2", citizen=valid_id(), name="王小宝", birth_date="1985-01-02")
    )
    assert [kind for kind, *_ in await questions(connection)] == ["ambiguous"]
    apart = record("2", hospital="h2", name="张丽", gender="female", birth_date="1971-02-03")
    await tell(connection, apart, minutes=9)
    rows = await connection.fetch("SELECT state, decided, decided_by FROM mpi_review")
    assert {tuple(row) for row in rows} == {("obsolete", at(9), "hub")}
