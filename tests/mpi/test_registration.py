"""First visits, later visits, changed data: who belongs to whom, and what is asked."""

import asyncio
import random
from contextlib import suppress
from typing import Any

import asyncpg

from mpi.correction import Decider, do_not_link
from mpi.history import records_at
from mpi.store import resolve
from terminology.naming import identify
from tests.mpi.people import at, links, questions, record, tell, valid_id
from tests.mpi.test_reach import a_record, consistent

CHILD_BIRTH = "2021-03-04"


async def test_same_citizen_id_in_two_hospitals_is_one_person(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1", citizen=valid_id()))
    second = await tell(connection, record(hospital="h2", citizen=valid_id(), name="王 伟"))
    assert first.decision.kind == "new"
    assert (second.decision.kind, second.decision.rule) == ("link", "citizen-id")
    assert second.enterprise_id == first.enterprise_id
    assert second.affected == (first.enterprise_id,)


async def test_same_card_links_and_no_shared_number_does_not(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1", card="E31000012345"))
    second = await tell(connection, record(hospital="h2", card="e31000012345 "))
    third = await tell(connection, record(hospital="h3"))
    assert (second.enterprise_id, second.decision.rule) == (first.enterprise_id, "card")
    assert third.enterprise_id != first.enterprise_id
    assert await questions(connection) == []


async def test_what_is_known_changes_nothing(connection: Any) -> None:
    first = await tell(connection, record(citizen=valid_id()))
    again = await tell(connection, record(citizen=valid_id()), minutes=5)
    assert again.enterprise_id == first.enterprise_id
    assert again.affected == ()
    assert await connection.fetchval("SELECT count(*) FROM mpi_link") == 1


async def test_a_number_with_a_wrong_check_digit_links_nobody(connection: Any) -> None:
    wrong = valid_id()[:17] + ("1" if valid_id()[17] != "1" else "2")
    first = await tell(connection, record(hospital="h1", citizen=wrong))
    second = await tell(connection, record(hospital="h2", citizen=wrong))
    assert first.enterprise_id != second.enterprise_id


async def test_a_child_under_its_parents_number_is_another_and_nobody_is_asked(connection: Any) -> None:
    parent = await tell(connection, record(citizen=valid_id(), name="王伟"))
    child = await tell(
        connection,
        record(hospital="h2", citizen=valid_id(), name="王小宝", birth_date=CHILD_BIRTH),
    )
    assert child.decision.kind == "new"
    assert child.enterprise_id != parent.enterprise_id
    assert await questions(connection) == []


async def test_a_brother_under_the_others_number_is_asked_about(connection: Any) -> None:
    elder = await tell(connection, record(citizen=valid_id(), name="王伟"))
    younger = await tell(
        connection, record(hospital="h2", citizen=valid_id(), name="王小宝", birth_date="1982-11-23")
    )
    assert younger.decision.kind == "review"
    assert younger.enterprise_id != elder.enterprise_id
    assert await questions(connection) == [
        ("ambiguous", "h2-1", {younger.enterprise_id, elder.enterprise_id})
    ]


async def test_a_number_with_nobodys_name_is_asked_about(connection: Any) -> None:
    mother = await tell(connection, record(gender="female", citizen=valid_id(order=202)))
    facts: dict[str, Any] = {"gender": None, "birth_date": None, "citizen": valid_id(order=202)}
    nameless = await tell(connection, record(hospital="h2", name="无名氏", **facts), 1)
    assert nameless.enterprise_id != mother.enterprise_id
    (asked,) = await connection.fetch("SELECT rule FROM mpi_link WHERE valid_to IS NULL AND rule = 'review'")
    assert asked["rule"] == "review"
    named = await tell(connection, record(hospital="h3", **facts), 2)
    assert named.enterprise_id == mother.enterprise_id


async def test_a_record_that_matches_two_persons_merges_neither(connection: Any) -> None:
    by_id = await tell(connection, record("1", citizen=valid_id()))
    by_card = await tell(connection, record("2", card="E31000012345"))
    both = await tell(connection, record(hospital="h2", citizen=valid_id(), card="E31000012345"))
    assert (both.decision.kind, both.enterprise_id) == ("link", by_id.enterprise_id)
    assert await questions(connection) == [
        ("ambiguous", "h2-1", {by_id.enterprise_id, by_card.enterprise_id})
    ]
    assert len(set((await links(connection)).values())) == 2


async def test_a_lone_record_moves_to_the_person_its_new_number_names(connection: Any) -> None:
    known = await tell(connection, record(hospital="h1", citizen=valid_id()))
    alone = await tell(connection, record(hospital="h2"))
    moved = await tell(connection, record(hospital="h2", citizen=valid_id()), minutes=1)
    assert moved.enterprise_id == known.enterprise_id
    assert set(moved.affected) == {known.enterprise_id, alone.enterprise_id}
    replaced = await connection.fetchrow(
        "SELECT s.enterprise_id FROM mpi_person p JOIN mpi_person s ON s.person = p.replaced_by "
        "WHERE p.enterprise_id = $1",
        alone.enterprise_id,
    )
    assert replaced["enterprise_id"] == known.enterprise_id


async def test_a_linked_record_that_turns_inconsistent_stays_and_is_asked_about(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1", citizen=valid_id()))
    await tell(connection, record(hospital="h2", citizen=valid_id()))
    other = valid_id(order=203)
    changed = await tell(connection, record(hospital="h2", citizen=other), minutes=1)
    assert changed.enterprise_id == first.enterprise_id
    assert await questions(connection) == [("inconsistent", "h2-1", {first.enterprise_id})]
    await tell(connection, record(hospital="h2", citizen=valid_id()), minutes=2)
    assert await questions(connection) == []
    assert len(await questions(connection, "obsolete")) == 1


async def test_history_shows_every_past_state(connection: Any) -> None:
    await tell(connection, record(hospital="h1", citizen=valid_id()))
    await tell(connection, record(hospital="h2"))
    await tell(connection, record(hospital="h2", citizen=valid_id()), minutes=10)
    rows = await connection.fetch(
        """
        SELECT person, valid_from, valid_to, recorded_from, recorded_to
        FROM mpi_link JOIN mpi_record USING (record) WHERE patient_id = 'h2-1'
        ORDER BY recorded_from, valid_from
        """
    )
    old, past, current = rows
    assert (old["valid_to"], old["recorded_to"]) == (None, at(10))
    assert (past["valid_from"], past["valid_to"], past["recorded_to"]) == (at(0), at(10), None)
    assert (current["valid_from"], current["valid_to"], current["recorded_to"]) == (at(10), None, None)
    assert old["person"] == past["person"] != current["person"]


async def test_simultaneous_first_visits_make_one_person(database_url: str) -> None:
    connections = [await asyncpg.connect(database_url) for _ in range(12)]

    async def visit(number: int, opened: Any) -> str:
        told = record(hospital=f"h{number}", citizen=valid_id())
        async with opened.transaction():
            resolution = await resolve(opened, told, at(number), identify)
            await asyncio.sleep(0.005)
            return resolution.enterprise_id

    try:
        for opened in connections:
            await opened.execute("SELECT 1")
        persons = await asyncio.gather(*(visit(*pair) for pair in enumerate(connections)))
        assert len(set(persons)) == 1
        assert await connections[0].fetchval("SELECT count(*) FROM mpi_person") == 1
        assert await connections[0].fetchval("SELECT count(*) FROM mpi_record") == 12
    finally:
        await asyncio.gather(*(opened.close() for opened in connections))


async def test_simultaneous_tellings_of_one_patient_make_one_record(database_url: str) -> None:
    connections = [await asyncpg.connect(database_url) for _ in range(6)]
    try:
        told = record(citizen=valid_id())
        found = await asyncio.gather(*(tell(opened, told) for opened in connections))
        assert len({resolution.enterprise_id for resolution in found}) == 1
        assert sum(bool(resolution.affected) for resolution in found) == 1
    finally:
        await asyncio.gather(*(opened.close() for opened in connections))


async def test_a_storm_of_changes_leaves_everybody_linked_once(database_url: str) -> None:
    connections = [await asyncpg.connect(database_url) for _ in range(8)]

    async def change(seed: int, opened: Any) -> None:
        choose = random.Random(seed)
        for minutes in range(25):
            told = a_record(choose, f"h{choose.randrange(3)}")
            with suppress(asyncpg.DeadlockDetectedError):  # the caller would tell it again
                await tell(opened, told, minutes)

    try:
        await asyncio.gather(*(change(*pair) for pair in enumerate(connections)))
        assert await consistent(connections[0])
        again = [await tell(connections[0], told, 60) for told in map(record, "1234")]
        assert all(resolution.enterprise_id for resolution in again)
    finally:
        await asyncio.gather(*(opened.close() for opened in connections))


PHONE = [{"system": "phone", "value": "13912345678"}]
HOME = [{"text": "上海市黄浦区南京东路1号"}]


async def test_a_bridging_record_takes_a_provisional_identity_along(connection: Any) -> None:
    known = await tell(connection, record(hospital="h1", citizen=valid_id(), telecom=PHONE))
    alone = await tell(connection, record(hospital="h2", address=HOME), minutes=1)
    bridge = await tell(connection, record(hospital="h3", telecom=PHONE, address=HOME), minutes=2)
    assert bridge.enterprise_id == known.enterprise_id
    assert set(bridge.affected) == {known.enterprise_id, alone.enterprise_id}
    assert set((await links(connection)).values()) == {known.enterprise_id}
    moved = await connection.fetchrow(
        "SELECT rule, actor, reason FROM mpi_link JOIN mpi_record USING (record) "
        "WHERE patient_id = 'h2-1' AND valid_to IS NULL AND recorded_to IS NULL"
    )
    assert tuple(moved) == ("bridged", "hub", "Patient/h3-1 matches both")
    assert await records_at(connection, alone.enterprise_id, at(1), at(1)) == ["h2-1"]
    assert await questions(connection) == []


async def test_what_a_human_parted_is_not_taken_along(connection: Any) -> None:
    known = await tell(connection, record(hospital="h1", citizen=valid_id(), telecom=PHONE))
    alone = await tell(connection, record(hospital="h2", address=HOME))
    async with connection.transaction():
        await do_not_link(connection, "h1-1", "h2-1", Decider("somebody", "seen", at(1)))
    await tell(connection, record(hospital="h3", telecom=PHONE, address=HOME), minutes=2)
    assert (await links(connection))["h2-1"] == alone.enterprise_id
    assert await questions(connection) == [("ambiguous", "h3-1", {known.enterprise_id, alone.enterprise_id})]
