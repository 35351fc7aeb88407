"""To walk a btree gives the same pages as to gather all that match and sort them."""

import random
from typing import Any

import asyncpg
import pytest

from exchange.search.statement import access, shape, walked
from tests.exchange.search.searched import all_pages, ask, ids, store

CHANCE = random.Random(7)
UCUM = "http://unitsofmeasure.org"
OF_ONE = {"subject": {"reference": "Patient/p1"}}
SORTS = {
    "Patient": ("family", "name", "death-date"),
    "Observation": ("value-quantity",),
    "Condition": ("onset-date", "onset-age"),
    "RiskAssessment": ("probability",),
}


def patient(n: int) -> dict[str, Any]:
    names = [
        {"family": CHANCE.choice(("Abt", "Zola", "陈", "Li", "Lin"))} for _ in range(CHANCE.randrange(3))
    ]
    died = CHANCE.choice((None, None, "2020", "2020-05", "2020-05-03", "2020-05-03T10:00:00Z", "2021-01-01"))
    found: dict[str, Any] = {"resourceType": "Patient", "id": f"p{n}"}
    return found | ({"name": names} if names else {}) | ({"deceasedDateTime": died} if died else {})


def observation(n: int) -> dict[str, Any]:
    quantities = (None, ("mg", 5), ("mg", 4.9), ("g", 0.005), ("g", 1), ("", 7), ("mmol/L", -3))
    chosen = CHANCE.choice(quantities)
    found: dict[str, Any] = {"resourceType": "Observation", "id": f"o{n}", "code": {"text": "x"}}
    found["status"] = "final" if n % 9 else "amended"
    if chosen is None:
        return found
    unit = {"system": UCUM, "code": chosen[0]} if chosen[0] else {}
    return found | {"valueQuantity": {"value": chosen[1], **unit}}


def condition(n: int) -> dict[str, Any]:
    onset = CHANCE.choice(
        (
            {},
            {"onsetDateTime": "2020-01-02"},
            {"onsetDateTime": f"2020-01-0{CHANCE.randrange(1, 9)}T10:00:00Z"},
            {"onsetPeriod": {"start": "2019"}},
            {"onsetPeriod": {"start": "2020-01-01", "end": "2020-01-05"}},
            {"onsetAge": {"value": CHANCE.randrange(5), "system": UCUM, "code": "a"}},
            {"onsetRange": {"low": {"value": 1}, "high": {"value": 4}}},
        )
    )
    return {"resourceType": "Condition", "id": f"c{n}", **OF_ONE, **onset}


def assessment(n: int) -> dict[str, Any]:
    made = {
        "resourceType": "RiskAssessment",
        "id": f"r{n}",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
    }
    if n % 3:
        return made | {"prediction": [{"probabilityDecimal": CHANCE.randrange(4) / 10} for _ in range(2)]}
    return made


MAKE = {
    "Patient": patient,
    "Observation": observation,
    "Condition": condition,
    "RiskAssessment": assessment,
}


@pytest.mark.parametrize("resource_type", SORTS)
async def test_both_ways_are_one(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, resource_type: str
) -> None:
    make = {"Patient": patient, "Observation": observation, "Condition": condition}.get(
        resource_type, assessment
    )
    await store(connection, [make(n) for n in range(90)])
    for sort in SORTS[resource_type]:
        for asked in ([("_sort", sort)], [("_sort", f"-{sort}")]):
            found = []
            for way in (walked.is_walked, lambda plan: False):
                monkeypatch.setattr(access, "is_walked", way)
                shape.forget()
                whole = ids(await ask(connection, resource_type, *asked, ("_count", "100")))
                found.append(whole)
                for count in (4, 17):
                    assert await all_pages(connection, resource_type, asked, count) == whole
            assert found[0] == found[1]


async def test_a_page_that_others_share_is_walked(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else is asked for leaves out some of the rows, or nearly all."""
    await store(connection, [observation(n) for n in range(120)])
    for status in ("final", "amended"):
        asked = [("status", status), ("_sort", "-value-quantity")]
        found = []
        for way in (walked.is_walked, lambda plan: False):
            monkeypatch.setattr(access, "is_walked", way)
            shape.forget()
            found.append(await all_pages(connection, "Observation", asked, 5))
        assert found[0] == found[1]
        assert len(found[0]) == (106 if status == "final" else 14)
