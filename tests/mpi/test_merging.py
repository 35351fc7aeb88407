"""A40 in every order it comes in, and what a merged record resolves to."""

from typing import Any

import pytest

from tests.mpi.people import combine, keys, keys_of, links, questions, record, shown, tell, unmerge, valid_id


async def state(connection: Any) -> tuple[Any, ...]:
    """All that says who is who: links, merges and replacements, without the times."""
    merged = await connection.fetch(
        "SELECT l.patient_id, s.patient_id AS survivor FROM mpi_record l "
        "JOIN mpi_record s ON s.record = l.merged_into ORDER BY 1"
    )
    replaced = await connection.fetch(
        "SELECT p.enterprise_id, s.enterprise_id AS survivor FROM mpi_person p "
        "JOIN mpi_person s ON s.person = p.replaced_by ORDER BY 1"
    )
    linked = await connection.fetch(
        "SELECT record, person, rule, model, match_weight, valid_from FROM mpi_link "
        "WHERE valid_to IS NULL AND recorded_to IS NULL ORDER BY record"
    )
    return [tuple(row) for row in linked], [tuple(row) for row in merged], [tuple(row) for row in replaced]


async def test_merge_moves_the_loser_and_replaces_its_person(connection: Any) -> None:
    kept = await tell(connection, record("1"))
    lost = await tell(connection, record("2"))
    merged = await combine(connection, record("1"), record("2", active=False), minutes=1)
    assert merged.enterprise_id == kept.enterprise_id
    assert set(merged.affected) == {kept.enterprise_id, lost.enterprise_id}
    assert await links(connection) == {"h1-1": kept.enterprise_id, "h1-2": kept.enterprise_id}
    everything = keys(kept.enterprise_id, lost.enterprise_id, "h1-1", "h1-2")
    assert await keys_of(connection, kept.enterprise_id) == everything
    assert await keys_of(connection, lost.enterprise_id) == everything
    assert await keys_of(connection, "h1-1") == keys("h1-1", "h1-2")
    assert await keys_of(connection, "h1-2") == keys("h1-2")


async def test_merging_twice_is_merging_once(connection: Any) -> None:
    await tell(connection, record("1"))
    await tell(connection, record("2"))
    await combine(connection, record("1"), record("2"), minutes=1)
    before = await state(connection)
    again = await combine(connection, record("1"), record("2"), minutes=2)
    assert again.affected == ()
    assert await state(connection) == before
    assert await connection.fetchval("SELECT count(*) FROM mpi_merge") == 1


async def test_unknown_numbers_are_made_known_by_their_merge(connection: Any) -> None:
    merged = await combine(connection, record("1", citizen=valid_id()), record("2", name=None))
    assert set((await links(connection)).values()) == {merged.enterprise_id}
    assert await connection.fetchval("SELECT count(*) FROM mpi_person") == 1
    assert await keys_of(connection, "h1-1") == keys("h1-1", "h1-2")


async def test_a_survivor_of_which_nobody_told_is_filled_in_later(connection: Any) -> None:
    lost = await tell(connection, record("2", replaced_by="h1-1"))
    (patient,) = await shown(connection, lost.enterprise_id)
    assert "link" not in patient
    told = await tell(connection, record("1", citizen=valid_id()), minutes=1)
    assert told.enterprise_id == lost.enterprise_id
    (patient,) = await shown(connection, lost.enterprise_id)
    assert patient["link"] == [{"other": {"reference": "Patient/h1-1"}, "type": "seealso"}]


async def test_chain_and_cycle(connection: Any) -> None:
    first = await tell(connection, record("1"))
    await tell(connection, record("2"))
    await tell(connection, record("3"))
    await combine(connection, record("2"), record("3"), minutes=1)
    await combine(connection, record("1"), record("2"), minutes=2)
    assert await keys_of(connection, "h1-1") == keys("h1-1", "h1-2", "h1-3")
    assert set((await links(connection)).values()) == {first.enterprise_id}
    turned = await combine(connection, record("3"), record("1"), minutes=3)
    assert await keys_of(connection, "h1-3") == keys("h1-1", "h1-2", "h1-3")
    assert await keys_of(connection, "h1-2") == keys("h1-2")
    assert set((await links(connection)).values()) == {turned.enterprise_id}
    assert await keys_of(connection, first.enterprise_id) == await keys_of(connection, turned.enterprise_id)


async def test_a_second_survivor_takes_over_from_the_first(connection: Any) -> None:
    first = await tell(connection, record("1"))
    second = await tell(connection, record("2"))
    await tell(connection, record("3"))
    await combine(connection, record("1"), record("3"), minutes=1)
    await combine(connection, record("2"), record("3"), minutes=2)
    assert (await links(connection))["h1-3"] == second.enterprise_id
    assert await keys_of(connection, "h1-1") == keys("h1-1")
    assert await keys_of(connection, "h1-2") == keys("h1-2", "h1-3")
    assert (await links(connection))["h1-1"] == first.enterprise_id


async def test_only_the_record_moves_if_its_person_has_others(connection: Any) -> None:
    kept = await tell(connection, record("1", name="李娜", gender="female", birth_date="1990-01-02"))
    shared = await tell(connection, record("2", citizen=valid_id()))
    await tell(connection, record("9", hospital="h2", citizen=valid_id()))
    await combine(
        connection,
        record("1", name="李娜", gender="female", birth_date="1990-01-02"),
        record("2", citizen=valid_id()),
        minutes=1,
    )
    linked = await links(connection)
    assert linked["h1-2"] == kept.enterprise_id
    assert linked["h2-9"] == shared.enterprise_id
    both = {kept.enterprise_id, shared.enterprise_id}
    assert await questions(connection) == [
        ("merge-conflict", "h1-2", both),
        ("merge-left-records", "h1-2", both),
    ]


async def test_a_record_merged_into_itself_is_not_merged(connection: Any) -> None:
    await combine(connection, record("1"), record("1"))
    assert await keys_of(connection, "h1-1") == keys("h1-1")


@pytest.mark.parametrize("order", [("h1-2", "h1-3"), ("h1-3", "h1-2")])
async def test_unmerging_restores_the_state_before(connection: Any, order: tuple[str, str]) -> None:
    await tell(connection, record("1", citizen=valid_id()))
    await tell(connection, record("2", card="E31000012345"))
    await tell(connection, record("3", card="E31000012345"))
    before = await state(connection)
    await combine(connection, record("1", citizen=valid_id()), record("2", card="E31000012345"), minutes=1)
    await combine(connection, record("1", citizen=valid_id()), record("3", card="E31000012345"), minutes=2)
    assert await state(connection) != before
    for minutes, patient_id in enumerate(order, start=3):
        await unmerge(connection, patient_id, minutes)
    assert await state(connection) == before


async def test_unmerging_a_chain_takes_along_what_was_merged_into_it(connection: Any) -> None:
    await tell(connection, record("1"))
    await tell(connection, record("2"))
    await tell(connection, record("3"))
    await combine(connection, record("2"), record("3"), minutes=1)
    before = await state(connection)
    await combine(connection, record("1"), record("2"), minutes=2)
    await unmerge(connection, "h1-2", 3)
    assert await state(connection) == before
    assert await unmerge(connection, "h1-2", 4) == set()
