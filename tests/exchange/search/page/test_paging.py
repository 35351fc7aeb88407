"""What pages promise while others write: `exchange.search.page.cursor`."""

import asyncio
from typing import Any

import asyncpg
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.exchange.search.searched import ask, delete, ids, store
from tests.exchange.search.worlds import LOINC

Resource = dict[str, Any]

STATES = ("final", "amended")


def observation(
    id_: str, day: int | None, code: str, status: str, patient: str, value: int | None
) -> Resource:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": status,
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        **({} if day is None else {"effectiveDateTime": f"2024-01-{day:02}"}),
        **({} if value is None else {"valueQuantity": {"value": value}}),
    }


contents = st.tuples(
    st.none() | st.integers(1, 4),
    st.sampled_from(["1-1", "2-2"]),
    st.sampled_from(STATES),
    st.sampled_from(["p", "q"]),
    st.none() | st.integers(1, 3),
)
searches = st.sampled_from(
    [
        [],
        [("_sort", "_id")],
        [("_sort", "-_id")],
        [("_sort", "date")],
        [("_sort", "-date")],
        [("_sort", "_lastUpdated")],
        [("_sort", "-_lastUpdated")],
        [("_sort", "status,-_id")],
        [("_sort", "-value-quantity")],
        [("_sort", "code")],
        [("_sort", "-patient,date")],
        [("code", f"{LOINC}|1-1")],
        [("code", f"{LOINC}|1-1"), ("_sort", "date")],
        [("patient", "p")],
        [("patient", "p"), ("code", f"{LOINC}|1-1")],
        [("status", "final")],
        [("status", "final"), ("_sort", "-date")],
        [("value-quantity:missing", "false")],
    ]
)
# What a writer does between two pages: to which of the resources, or to new ones.
writes = st.lists(
    st.tuples(st.sampled_from(["put", "touch", "delete"]), st.integers(0, 14), contents), max_size=4
)


async def scenario(
    url: str,
    given_: list[Any],
    parameters: list[tuple[str, str]],
    count: int,
    rounds: list[list[Any]],
) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DELETE FROM resource")
        for table in ("history", "resource_index", "code_index", "quantity_index", "date_index"):
            await connection.execute(f"DELETE FROM {table}")
        world = {f"o{n}": observation(f"o{n}", *content) for n, content in enumerate(given_)}
        await store(connection, world.values())
        everything = await ask(connection, "Observation", *parameters, ("_count", "1000"))
        there = set(ids(everything))
        shown, written = await pages(connection, world, parameters, count, rounds)
        note(f"{parameters} {shown} {sorted(written)}")
        assert len(shown) == len(set(shown))
        assert there - written <= set(shown)
        assert set(shown) <= there | written
        assert all(id_ in given_ids(given_) for id_ in shown)
    finally:
        await connection.close()


def given_ids(given_: list[Any]) -> set[str]:
    return {f"o{n}" for n in range(len(given_))}


async def pages(
    connection: asyncpg.Connection,
    world: dict[str, Resource],
    parameters: list[tuple[str, str]],
    count: int,
    rounds: list[list[Any]],
) -> tuple[list[str], set[str]]:
    """What is shown page by page, and the ids of what is written from the first page on."""
    shown: list[str] = []
    written: set[str] = set()
    at: list[tuple[str, str]] = []
    for number in range(100):
        page = await ask(connection, "Observation", *parameters, ("_count", str(count)), *at)
        shown += ids(page)
        if page.next is None:
            return shown, written
        at = [("_cursor", page.next)]
        for how, n, content in rounds[number] if number < len(rounds) else ():
            id_ = f"o{n}"
            written.add(id_)
            if how == "delete":
                await delete(connection, "Observation", id_, minutes=number + 1)
                world.pop(id_, None)
            elif how == "put":
                world[id_] = observation(id_, *content)
                await store(connection, [world[id_]], minutes=number + 1)
            elif id_ in world:  # changed, and yet where it was
                world[id_] = world[id_] | {"issued": f"2024-01-01T00:00:{number % 60:02}Z"}
                await store(connection, [world[id_]], minutes=number + 1)
    raise AssertionError("the pages do not end")


@settings(max_examples=40)
@given(st.lists(contents, min_size=3, max_size=9), searches, st.integers(1, 3), st.lists(writes, max_size=5))
def test_nothing_is_shown_twice_and_nothing_untouched_is_missed(
    database_url: str,
    given_: list[Any],
    parameters: list[tuple[str, str]],
    count: int,
    rounds: list[list[Any]],
) -> None:
    asyncio.run(scenario(database_url, given_, parameters, count, rounds))


async def test_what_is_changed_in_place_is_shown(connection: asyncpg.Connection) -> None:
    world = [observation(f"o{n}", n + 1, "1-1", "final", "p", n) for n in range(4)]
    await store(connection, world)
    for sort in ("date", "-date", "_id", "code", "status"):
        first = await ask(connection, "Observation", ("_sort", sort), ("_count", "1"))
        assert first.next is not None
        changed = [each | {"note": [{"text": sort}]} for each in world]
        await store(connection, changed, minutes=1)
        rest = await ask(
            connection, "Observation", ("_sort", sort), ("_count", "10"), ("_cursor", first.next)
        )
        assert sorted(ids(first) + ids(rest)) == ["o0", "o1", "o2", "o3"], sort


async def test_the_total_is_that_of_the_first_page(connection: asyncpg.Connection) -> None:
    await store(connection, [observation(f"o{n}", n + 1, "1-1", "final", "p", n) for n in range(4)])
    asked = [("_total", "accurate"), ("_count", "2")]
    first = await ask(connection, "Observation", *asked)
    await store(connection, [observation("new", 1, "1-1", "final", "p", 1)])
    assert first.next is not None
    second = await ask(connection, "Observation", *asked, ("_cursor", first.next))
    assert (first.total, second.total, len(second.bodies)) == (4, 4, 2)


async def test_writers_still_at_work_when_the_paging_begins(
    connection: asyncpg.Connection, database_url: str
) -> None:
    """What they change later belongs to the time after, however old the time they stamp it with."""
    await store(connection, [observation(f"o{n}", n + 1, "1-1", "final", "p", n) for n in range(4)])
    other = await asyncpg.connect(database_url)
    try:
        transaction = other.transaction()
        await transaction.start()
        await store(other, [observation("o0", 9, "1-1", "final", "p", 0)])
        await store(other, [observation("new", 8, "1-1", "final", "p", 0)])
        first = await ask(connection, "Observation", ("_sort", "date"), ("_count", "2"))
        await transaction.commit()
    finally:
        await other.close()
    assert first.next is not None
    rest = await ask(connection, "Observation", ("_sort", "date"), ("_count", "9"), ("_cursor", first.next))
    shown = ids(first) + ids(rest)
    assert [id_ for id_ in shown if id_ != "new"] == ["o0", "o1", "o2", "o3"]
