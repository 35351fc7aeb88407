"""`_sort` by every type of parameter, in both directions, what lacks a value last, page by page."""

from typing import Any

import asyncpg
import pytest

from exchange.search.page import arranged
from exchange.search.query.query import SearchError
from tests.exchange.search.searched import all_pages, ask, ids, store
from tests.exchange.search.worlds import LOINC


def patient(id_: str, **content: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, **content}


PATIENTS = [
    patient("a", gender="male", active=True, birthDate="1990", name=[{"family": "Zola"}, {"family": "Abt"}]),
    patient("b", gender="female", active=False, managingOrganization={"reference": "Organization/2"}),
    patient(
        "c", birthDate="1980-05", name=[{"family": "müller"}], identifier=[{"value": "9"}, {"value": "1"}]
    ),
    patient("d", gender="unknown", managingOrganization={"reference": "Organization/1"}, birthDate="1990"),
    patient("e", name=[{"family": "Mueller"}], identifier=[{"value": "5"}]),
]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("family", "aec" + "bd"),
        ("-family", "ace" + "bd"),
        ("gender", "bad" + "ce"),
        ("-gender", "dab" + "ce"),
        ("active", "ba" + "cde"),
        ("birthdate,-_id", "cda" + "eb"),
        ("-birthdate,_id", "adc" + "be"),
        ("organization", "db" + "ace"),
        ("-organization,-_id", "bd" + "eca"),
        ("identifier", "ce" + "abd"),
        ("-identifier", "ce" + "abd"),
        ("_id", "abcde"),
        ("-_id", "edcba"),
        ("organization,gender,_id", "db" + "a" + "ce"),
    ],
)
async def test_the_order(connection: asyncpg.Connection, sort: str, expected: str) -> None:
    await store(connection, PATIENTS)
    whole = ids(await ask(connection, "Patient", ("_sort", sort)))
    keyed = [key for key in sort.split(",") if key.endswith("_id")]
    valued = (
        len(expected) if keyed else len(expected) - sum(each not in with_values(sort) for each in "abcde")
    )
    assert "".join(whole)[:valued] == expected[:valued]
    assert sorted(whole[valued:]) == sorted(expected[valued:])
    for count in (1, 2, 3):
        assert await all_pages(connection, "Patient", [("_sort", sort)], count) == whole


def with_values(sort: str) -> str:
    """Those that have a value for the first key."""
    return {
        "family": "aec",
        "gender": "abd",
        "active": "ab",
        "birthdate": "acd",
        "organization": "bd",
        "identifier": "ce",
    }.get(sort.split(",")[0].removeprefix("-"), "abcde")


async def test_codes_numbers_quantities_uris_and_times(connection: asyncpg.Connection) -> None:
    def observation(id_: str, code: str, value: float, day: int) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": id_,
            "meta": {"profile": [f"http://example.org/{9 - day}"]},
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "valueQuantity": {"value": value},
            "effectiveDateTime": f"2024-01-0{day}",
        }

    await store(connection, [observation("a", "3-3", 2, 1), observation("b", "1-1", 10, 3)])
    await store(connection, [observation("c", "2-2", 1.5, 2)], minutes=1)
    for sort, expected in [
        ("code", "bca"),
        ("-code", "acb"),
        ("value-quantity", "cab"),
        ("-value-quantity", "bac"),
        ("date", "acb"),
        ("-date", "bca"),
        ("_profile", "bca"),
        ("-_lastUpdated,code", "cba"),
        ("code-value-quantity", None),
        ("near", None),
        ("_text", None),
        ("_score", None),
    ]:
        if expected is None:
            with pytest.raises(SearchError) as caught:
                await ask(connection, "Observation", ("_sort", sort))
            assert (caught.value.issue.code, caught.value.issue.expression) == ("not-supported", "_sort")
            page = await ask(connection, "Observation", ("_sort", sort), handling="lenient")
            assert len(page.bodies) == 3
            continue
        assert "".join(ids(await ask(connection, "Observation", ("_sort", sort)))) == expected, sort


async def test_too_many_to_sort_by_what_they_say(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(connection, PATIENTS)
    monkeypatch.setattr(arranged, "MAX_ARRANGED", 4)
    with pytest.raises(SearchError) as caught:
        await ask(connection, "Patient", ("_sort", "organization"))
    assert caught.value.issue.code == "too-costly"
    page = await ask(connection, "Patient", ("_sort", "organization"), ("gender:missing", "false"))
    assert ids(page)[:2] == ["d", "b"]


async def test_what_is_sorted_here_includes_and_counts_too(connection: asyncpg.Connection) -> None:
    await store(connection, [*PATIENTS, {"resourceType": "Organization", "id": "1"}])
    asked = [("_sort", "organization"), ("_count", "1"), ("_include", "Patient:organization")]
    page = await ask(connection, "Patient", *asked, ("_total", "accurate"))
    assert (ids(page), len(page.included), page.total) == (["d"], 1, 5)
    page = await ask(connection, "Patient", *asked, ("_cursor", page.next or ""), ("_total", "accurate"))
    assert (ids(page), page.included, page.total) == (["b"], [], 5)
    assert (await ask(connection, "Patient", ("_sort", "organization"), ("_summary", "count"))).total == 5
