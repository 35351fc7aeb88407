"""Meetings of codes add up to the same whatever they are put together by, in memory and in the database."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce

import asyncpg
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.database import SESSION
from exchange.local_codes import store
from exchange.local_codes.sighting import Companion, Key, Sighting, counted, together
from exchange.local_codes.systems import Systems

SYSTEMS = Systems("https://base.example")
START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 4).map(lambda minutes: START + timedelta(minutes=minutes))
KEYS = st.builds(
    Key, st.sampled_from([f"{SYSTEMS.prefix}h1/a", f"{SYSTEMS.prefix}h2/b"]), st.sampled_from("xyz")
)
COMPANIONS = st.sampled_from([Companion(), Companion("urn:s", "1", "one"), Companion("urn:s", "2")])
SIGHTINGS = st.builds(
    lambda key, at, display, place, example, beside, alone: Sighting(
        key, at, at, display, (place,), example, beside, 1, alone
    ),
    KEYS,
    MOMENTS,
    st.sampled_from(["", "甲", "乙"]),
    st.sampled_from(["Observation.code", "Patient.gender"]),
    st.sampled_from(["Observation/1", "Observation/2"]),
    COMPANIONS,
    st.integers(0, 1),
)


@given(st.lists(SIGHTINGS, max_size=12), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(sightings: list[Sighting], chance: object) -> None:
    shuffled = list(sightings)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert counted(sightings) == counted(shuffled)


@given(SIGHTINGS, SIGHTINGS, SIGHTINGS)
def test_it_does_not_matter_which_are_put_together_first(a: Sighting, b: Sighting, c: Sighting) -> None:
    assert together(together(a, b), c) == together(a, together(b, c))


@settings(max_examples=10)
@given(st.lists(st.lists(SIGHTINGS, max_size=6), min_size=1, max_size=5))
def test_the_database_adds_up_the_same(lasting_database: str, parts: list[list[Sighting]]) -> None:
    asyncio.run(added_up(lasting_database, parts))


async def added_up(database: str, parts: Sequence[Sequence[Sighting]]) -> None:
    connection = await asyncpg.connect(database, server_settings=SESSION)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("DELETE FROM local_code")
        for part in parts:
            await store.add(connection, SYSTEMS, counted(part).values(), START)
        expected = counted(each for part in parts for each in part)
        found = await store.these(connection, list(expected))
    finally:
        await transaction.rollback()
        await connection.close()
    assert found.keys() == expected.keys()
    for key, each in found.items():
        told, wanted = each.sighting, expected[key]
        assert (told.seen, told.alone) == (wanted.seen, wanted.alone)
        assert (told.first, told.last, told.places) == (wanted.first, wanted.last, wanted.places)
        assert bool(told.companion.code) == bool(wanted.companion.code)


async def test_those_who_add_at_once_do_not_wait_for_each_other_for_ever(pool: asyncpg.Pool) -> None:
    codes = [Key(f"{SYSTEMS.prefix}h1/a", str(n)) for n in range(60)]
    sightings = [Sighting(key, START, START) for key in codes]

    async def adds(order: list[Sighting]) -> None:
        for _ in range(10):
            async with pool.acquire() as connection, connection.transaction():
                await store.add(connection, SYSTEMS, order, START)

    await asyncio.gather(adds(sightings), adds(sightings[::-1]), adds(sightings[::2] + sightings[1::2]))
    async with pool.acquire() as connection:
        found = await store.these(connection, codes)
    assert {each.sighting.seen for each in found.values()} == {30}
    assert reduce(together, sightings[:1]) == sightings[0]
