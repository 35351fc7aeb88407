"""`_filter` finds what the same is found by as parameters."""

import asyncpg
import pytest

from exchange.search.query.query import SearchError
from mpi.keys import patient_key
from tests.exchange.search.searched import found, store
from tests.exchange.search.worlds import LOINC

PATIENTS = [
    {
        "resourceType": "Patient",
        "id": "peter",
        "name": [{"family": "Chalmers", "given": ["Peter", "James"]}],
        "birthDate": "1974-12-25",
        "gender": "male",
        "active": True,
    },
    {
        "resourceType": "Patient",
        "id": "petra",
        "name": [{"family": "Notsowell", "given": ["Petra"]}],
        "birthDate": "2015-01-01",
        "gender": "female",
    },
    {"resourceType": "Patient", "id": "wang", "name": [{"text": "王小明, 先生"}]},
]
OBSERVATIONS = [
    {
        "resourceType": "Observation",
        "id": "low",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "1-1"}]},
        "subject": {"reference": "Patient/peter"},
        "effectivePeriod": {"start": "2024-01-01", "end": "2024-01-31"},
        "valueQuantity": {"value": 5, "system": "http://unitsofmeasure.org", "code": "mg"},
    },
    {
        "resourceType": "Observation",
        "id": "high",
        "status": "amended",
        "code": {"coding": [{"system": LOINC, "code": "2-2"}]},
        "subject": {"reference": "Patient/petra"},
        "effectiveDateTime": "2024-02-10",
        "valueQuantity": {"value": 50, "system": "http://unitsofmeasure.org", "code": "mg"},
        "component": [
            {"code": {"coding": [{"code": "sys"}]}, "valueQuantity": {"value": 140}},
            {"code": {"coding": [{"code": "dia"}]}, "valueQuantity": {"value": 80}},
        ],
    },
    {"resourceType": "Observation", "id": "bare", "status": "final", "code": {"text": "x"}},
]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Patient", 'name co "pet"', ["peter", "petra"]),
        ("Patient", 'given eq "peter" and birthdate ge 1970-10-10', ["peter"]),
        ("Patient", "given eq pet", []),
        ("Patient", "given ne PETER", ["petra"]),
        ("Patient", "given sw pet", ["peter", "petra"]),
        ("Patient", "family ew well", ["petra"]),
        ("Patient", 'name co "小明, 先"', ["wang"]),
        ("Patient", "birthdate lt 2000 or name co 王", ["peter", "wang"]),
        ("Patient", "birthdate ne 1974-12-25", ["petra"]),
        ("Patient", "birthdate po 1974", ["peter"]),
        ("Patient", "gender pr false", ["wang"]),
        ("Patient", "gender pr true and not (gender eq male)", ["petra"]),
        ("Patient", "gender ne male", ["petra"]),
        ("Patient", "not (given eq peter or given eq petra)", ["wang"]),
        ("Patient", "active eq true", ["peter"]),
        ("Patient", "_id eq peter", ["peter"]),
        ("Patient", "_id ne peter", ["petra", "wang"]),
        ("Patient", "_lastUpdated gt 2000-01-01", ["peter", "petra", "wang"]),
        ("Observation", f"code eq {LOINC}|1-1", ["low"]),
        ("Observation", 'subject.name co "pet"', ["high", "low"]),
        ("Observation", "subject.name co pet and subject.gender eq female", ["high"]),
        ("Observation", "subject[gender eq female].name co pet", ["high"]),
        ("Observation", "subject[gender eq female and birthdate lt 2000].name co pet", []),
        ("Observation", "subject re Patient/peter", ["low"]),
        ("Observation", "patient eq petra", ["high"]),
        ("Observation", "patient pr false", ["bare"]),
        ("Observation", "value-quantity gt 10||mg", ["high"]),
        ("Observation", "value-quantity le 10", ["low"]),
        ("Observation", "date po 2024-01-15", ["low"]),
        ("Observation", "date eq 2024-01", ["low"]),
        ("Observation", "date sa 2024-01", ["high"]),
        ("Observation", "date pr false", ["bare"]),
        (
            "Observation",
            "component-code-value-quantity[component-code eq sys].component-value-quantity gt 100",
            ["high"],
        ),
        (
            "Observation",
            "component-code-value-quantity[component-code eq dia].component-value-quantity gt 100",
            [],
        ),
        ("Observation", "(status eq final or status eq amended) and not (date pr false)", ["high", "low"]),
    ],
)
async def test_what_is_found(
    connection: asyncpg.Connection, name: str, text: str, expected: list[str]
) -> None:
    await store(connection, [*PATIENTS, *OBSERVATIONS])
    assert await found(connection, name, ("_filter", text)) == expected
    others = sorted({"Patient": ["peter", "petra", "wang"], "Observation": ["bare", "high", "low"]}[name])
    turned = await found(connection, name, ("_filter", f"not ({text})"))
    assert turned == [each for each in others if each not in expected]


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("nmae eq x", "not-supported", 1),
        ("gender eq male and birthdate eq yesterday", "invalid", 20),
        ("gender co male", "not-supported", 1),
        ("gender pr maybe", "invalid", 1),
        ("gender.name eq x", "not-supported", 1),
        ("organization.nmae eq x", "not-supported", 1),
        ("organization[nmae eq 1].name eq x", "not-supported", 1),
        ("name gt x", "not-supported", 1),
        ("_list eq 1", "not-supported", 1),
        ("link." * 12 + "gender eq male", "too-costly", 56),
    ],
)
async def test_errors_tell_the_place(connection: asyncpg.Connection, text: str, code: str, at: int) -> None:
    with pytest.raises(SearchError) as caught:
        await found(connection, "Patient", ("_filter", text))
    issue = caught.value.issue
    assert (issue.code, issue.expression) == (code, "_filter")
    assert issue.diagnostics.startswith("_filter, character ")


async def test_a_filter_shows_no_more_than_may_be_seen(connection: asyncpg.Connection) -> None:
    await store(connection, [*PATIENTS, *OBSERVATIONS])
    peter = (patient_key("peter"),)
    for text in ("status pr true", "not (status eq x)", "subject.name co pet or status eq final"):
        assert await found(connection, "Observation", ("_filter", text), allowed=peter) == ["low"]
