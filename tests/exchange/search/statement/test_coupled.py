"""A code with a range of values, page by page."""

import asyncpg

from exchange.search.query.parse import parse
from exchange.search.query.query import SortKey
from exchange.search.statement import order
from mpi.keys import patient_key
from tests.exchange.search.searched import all_pages, ask, found, searching, store
from tests.exchange.search.worlds import LOINC

MG = "http://unitsofmeasure.org|mg"
CODE = ("code", f"{LOINC}|1-1")


def observation(n: int, value: float, code: str = "1-1", **unit: str) -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "id": f"o{n:02}",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{'pq'[n % 2]}"},
        "valueQuantity": {
            "value": value,
            **(unit or {"system": MG.split("|")[0], "code": "mg", "unit": "毫克"}),
        },
    }


async def test_pages_by_value(connection: asyncpg.Connection) -> None:
    await store(connection, [observation(n, (n * 7) % 20) for n in range(20)])
    await store(connection, [observation(50, 5, "2-2"), observation(51, 5, unit="g")])
    bounds = [("value-quantity", f"ge5|{MG}"), ("value-quantity", f"lt15|{MG}")]
    expected = [f"o{n:02}" for value in range(5, 15) for n in range(20) if (n * 7) % 20 == value]
    for count in (1, 3, 20):
        assert await all_pages(connection, "Observation", [CODE, *bounds], count) == expected
    for asked in (
        [CODE, ("value-quantity", "5")],
        [CODE, ("value-quantity", "5"), ("status:missing", "true")],
    ):
        assert sorted(await all_pages(connection, "Observation", asked, 1)) == ["o15", "o51"]
    counted = await ask(connection, "Observation", CODE, *bounds, ("_summary", "count"))
    assert counted.total == len(expected)


async def test_others_see_no_more(connection: asyncpg.Connection) -> None:
    await store(connection, [observation(n, 5) for n in range(4)])
    only = (patient_key("q"),)
    assert await found(connection, "Observation", CODE, ("value-quantity", "5"), allowed=only) == [
        "o01",
        "o03",
    ]


def test_only_one_leading_code_is_coupled() -> None:
    value = ("value-quantity", f"gt5|{MG}")
    one = parse(searching(), "Observation", [CODE, value])
    assert order.sort_of(one)[0].source == "pair"
    for codes in ("1-1", f"{LOINC}|1-1,{LOINC}|2-2", f"{LOINC}|"):
        several = parse(searching(), "Observation", [("code", codes), value])
        assert order.sort_of(several) in ((), (SortKey("ts", descending=True),))


async def test_sampled_data_is_not_missed(connection: asyncpg.Connection) -> None:
    sampled = {"origin": {"value": 1}, "period": 1, "dimensions": 1, "data": "1 5 9", "lowerLimit": 1}
    waves = observation(9, 0) | {"valueSampledData": sampled | {"upperLimit": 9}}
    del waves["valueQuantity"]
    await store(connection, [observation(1, 5, unit="g"), waves])
    asked = [CODE, ("value-quantity", "gt2")]
    plain = await found(connection, "Observation", ("value-quantity", "gt2"))
    assert sorted(await all_pages(connection, "Observation", asked, 1)) == plain
