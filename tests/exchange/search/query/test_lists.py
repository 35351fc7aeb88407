"""`_list`, and totals."""

from typing import Any

import asyncpg
import pytest

from mpi.keys import patient_key
from tests.exchange.search.searched import ask, found, store
from tests.exchange.search.worlds import BASE


def listing(id_: str, *items: str | dict[str, Any], patient: str = "p") -> dict[str, Any]:
    entries = [{"item": {"reference": each}} if isinstance(each, str) else each for each in items]
    return {
        "resourceType": "List",
        "id": id_,
        "subject": {"reference": f"Patient/{patient}"},
        "entry": entries,
    }


def observation(id_: str, patient: str = "p") -> dict[str, Any]:
    return {"resourceType": "Observation", "id": id_, "subject": {"reference": f"Patient/{patient}"}}


WORLD = [
    *(observation(id_) for id_ in "abcd"),
    observation("x", "q"),
    listing("one", "Observation/a", f"{BASE}/Observation/b", "Patient/p", "Observation/absent"),
    listing("two", "Observation/c/_history/1", {"item": {"reference": "Observation/d"}, "deleted": True}),
    listing("other", "Observation/a", "Observation/x", patient="q"),
    {"resourceType": "Patient", "id": "p"},
]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("one", "ab"),
        ("two", "c"),
        ("List/two", "c"),
        (f"{BASE}/List/two", "c"),
        ("one,two", "abc"),
        ("none", ""),
    ],
)
async def test_the_current_items(connection: asyncpg.Connection, value: str, expected: str) -> None:
    await store(connection, WORLD)
    assert await found(connection, "Observation", ("_list", value)) == list(expected)
    assert await found(connection, "Observation", ("_list", value), ("_id", "a,c")) == [
        each for each in expected if each in "ac"
    ]
    page = await ask(connection, "Observation", ("_list", value), ("_summary", "count"))
    assert page.total == len(expected)


async def test_the_items_of_a_type(connection: asyncpg.Connection) -> None:
    await store(connection, WORLD)
    assert await found(connection, "Patient", ("_list", "one")) == ["p"]


async def test_a_list_that_may_not_be_seen_is_empty(connection: asyncpg.Connection) -> None:
    await store(connection, WORLD)
    for who, expected in (("p", []), ("q", ["x"])):
        allowed = (patient_key(who),)
        assert await found(connection, "Observation", ("_list", "other"), allowed=allowed) == expected


async def test_estimates(connection: asyncpg.Connection) -> None:
    await store(connection, [observation(f"o{n:03}") for n in range(300)])
    await connection.execute("ANALYZE")
    few = await ask(connection, "Observation", ("_id", "o001"), ("_total", "estimate"))
    assert few.total == 1
    for parameters in ([], [("patient", "p")], [("subject", "Patient/p"), ("_sort", "-date")]):
        page = await ask(connection, "Observation", *parameters, ("_total", "estimate"))
        assert page.total is not None
        assert 100 <= page.total <= 1000
        count = await ask(
            connection, "Observation", *parameters, ("_total", "estimate"), ("_summary", "count")
        )
        assert count.total is not None
    exact = await ask(connection, "Observation", ("_total", "estimate"), allowed=(patient_key("p"),))
    assert exact.total == 300
