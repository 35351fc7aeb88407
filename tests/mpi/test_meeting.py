"""What is decided without a lock is written only while the index is as it was seen."""

from typing import Any

import pytest

from mpi.first_visits import settle
from mpi.store import Record
from mpi.visit import met
from terminology.naming import identify
from tests.mpi.people import at, record, tell, valid_id

NEWCOMER = record("9", hospital="h9", citizen=valid_id())

CLOSE = """
    UPDATE mpi_link SET recorded_to = recorded_from
    WHERE record = (SELECT record FROM mpi_record WHERE patient_id = 'h1-1');
    INSERT INTO mpi_link (record, person, rule, actor, reason, valid_from, recorded_from)
    SELECT record, {person}, 'manual', 'somebody', '', created, created
    FROM mpi_record WHERE patient_id = 'h1-1'
"""
CHANGES = {
    "a record is told again": """
        UPDATE mpi_record SET updated = updated + interval '1 s' WHERE patient_id = 'h1-1'""",
    "its hospital merges it": """
        UPDATE mpi_record SET merged_into = (SELECT record FROM mpi_record WHERE patient_id = 'h1-3')
        WHERE patient_id = 'h1-1'""",
    "a human gives it to somebody else": CLOSE.format(person="(SELECT max(person) FROM mpi_person)"),
    "a human puts it where it is": CLOSE.format(person="(SELECT min(person) FROM mpi_person)"),
    "a key leads to it no more": "DELETE FROM mpi_key WHERE rule = 1",
}


async def _settled(connection: Any, between: str | Record) -> bool:
    await tell(connection, record("1", citizen=valid_id()))
    await tell(connection, record("3", name="李娜", citizen=valid_id(order=303)))
    meeting = await met(connection, [NEWCOMER], identify)
    if isinstance(between, Record):
        await tell(connection, between)
    else:
        await connection.execute(between)
    return await settle(connection, meeting, at(1)) is not None


@pytest.mark.parametrize("change", CHANGES)
async def test_what_changed_is_noticed(connection: Any, change: str) -> None:
    assert not await _settled(connection, CHANGES[change])
    assert await connection.fetchval("SELECT count(*) FROM mpi_record WHERE patient_id = 'h9-9'") == 0


async def test_one_more_record_of_the_person_is_noticed(connection: Any) -> None:
    assert not await _settled(connection, record("2", hospital="h2", citizen=valid_id()))


async def test_a_stranger_makes_no_difference(connection: Any) -> None:
    assert await _settled(connection, record("2", name="赵敏", citizen=valid_id(order=505)))
    assert await connection.fetchval("SELECT count(DISTINCT person) FROM mpi_link") == 3


async def test_who_is_known_is_left_out(connection: Any) -> None:
    await tell(connection, record("1", citizen=valid_id()))
    told = [record("1", citizen=valid_id()), NEWCOMER, record("2", replaced_by="h1-1")]
    meeting = await met(connection, told, identify)
    assert [content.patient_id for content in meeting.contents] == ["h9-9"]
