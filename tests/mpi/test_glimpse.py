"""What one scan of the keys shows is what looking for each of them shows."""

from collections.abc import Sequence
from typing import Any

import pytest

from mpi import glimpse
from mpi.changes import Content
from mpi.enterprise import shown_from_patient
from mpi.first_visits import settle
from mpi.glimpse import meet
from mpi.meeting import Meeting, glimpsed
from mpi.store import Record, content_of
from terminology.naming import identify
from tests.mpi.people import at, record, tell, valid_id
from tests.mpi.test_first_visits import people


def _contents(records: Sequence[Record]) -> list[Content]:
    return [content_of(each, shown_from_patient(each.patient), identify) for each in records]


def _seen(meeting: Meeting) -> tuple[object, ...]:
    """Without numbers, of which each meeting has its own."""
    known = meeting.seen
    persons = [person if person in known else None for person in meeting.persons]
    told = [(each.kind, each.rule, each.person in known, each.weight) for each in meeting.decisions]
    names = {person: meeting.names[person] for person in known}
    return meeting.contents, persons, told, names, meeting.replacing, meeting.witness, meeting.model


async def _both(connection: Any, records: Sequence[Record]) -> tuple[Meeting, Meeting]:
    contents = _contents(records)
    new_id = map("e{}".format, range(1000)).__next__
    return await meet(connection, contents, new_id), await glimpsed(connection, contents, new_id)


@pytest.mark.parametrize("together", [1, 4])
async def test_both_show_the_same(connection: Any, together: int) -> None:
    for seed in range(3):
        told = people(seed, 20)
        for start in range(0, len(told), together):
            coming = told[start : start + together]
            quick, slow = await _both(connection, coming)
            assert _seen(quick) == _seen(slow)
            for each in coming:
                await tell(connection, each)
        await connection.execute("TRUNCATE mpi_person, mpi_record, mpi_link, mpi_key, mpi_reach CASCADE")


async def test_a_key_of_too_many_leads_nowhere(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        await tell(connection, record(str(number), hospital=f"h{number}", citizen=valid_id()))
    newcomer = [record("9", hospital="h9", citizen=valid_id())]
    quick, slow = await _both(connection, newcomer)
    assert quick.snapshot is not None
    assert _seen(quick) == _seen(slow)
    monkeypatch.setattr(glimpse, "OVERSIZED", 3)
    quick, slow = await _both(connection, newcomer)
    assert quick.snapshot is None
    assert _seen(quick) == _seen(slow)


async def test_what_was_told_meanwhile_is_not_told_twice(connection: Any) -> None:
    newcomer = record("9", hospital="h9", citizen=valid_id())
    meeting, _ = await _both(connection, [newcomer])
    await tell(connection, newcomer)
    assert await settle(connection, meeting, at(1)) is None


async def test_nobody_who_committed_is_overlooked(connection: Any) -> None:
    """Snapshots are equal only if nobody wrote anything between."""
    newcomer = record("9", hospital="h9", citizen=valid_id())
    meeting, _ = await _both(connection, [newcomer])
    now = await connection.fetchval("SELECT pg_current_snapshot()::text")
    await tell(connection, record("1", citizen=valid_id()))
    assert await connection.fetchval("SELECT pg_current_snapshot()::text") != now
    assert await settle(connection, meeting, at(1)) is None
