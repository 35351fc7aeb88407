"""Observation/$lastn."""

from collections import defaultdict
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.operations.lastn import Match, latest

LOINC = "http://loinc.org"
LOCAL = "urn:local"


def observation(id_: str, day: int, *codes: tuple[str, str], text: str = "") -> dict[str, Any]:
    code: dict[str, Any] = {"coding": [{"system": system, "code": code} for system, code in codes]}
    if not codes:
        code = {"text": text}
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": code,
        "subject": {"reference": "Patient/a"},
        "effectiveDateTime": f"2026-01-{day:02}",
    }


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    listed = [
        observation("w1", 1, (LOINC, "w")),
        observation("w2", 2, (LOINC, "w"), (LOCAL, "W")),
        observation("w3", 3, (LOCAL, "W")),
        observation("p1", 1, (LOINC, "p"), (LOCAL, "P")),
        observation("p2", 2, (LOINC, "p")),
        observation("p3", 3, (LOCAL, "P")),
        observation("h1", 1, (LOINC, "h")),
        observation("h9", 9, (LOINC, "h")),
        observation("t1", 1, text="mood"),
        observation("t2", 2, text="mood"),
        observation("t3", 3, text="sleep"),
        {**observation("x", 9, (LOINC, "w")), "subject": {"reference": "Patient/b"}},
    ]
    for each in listed:
        assert (await client.put(f"Observation/{each['id']}", json=each)).status_code == 201


async def found(client: httpx.AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"Observation/$lastn?{query}")
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["id"] for entry in answer.json().get("entry", [])]


async def test_the_latest_of_each_kind(client: httpx.AsyncClient) -> None:
    assert await found(client, "patient=Patient/a") == ["h9", "t3", "p3", "w3", "t2"]


async def test_more_of_each(client: httpx.AsyncClient) -> None:
    ids = await found(client, "patient=a&max=2")
    assert sorted(ids) == ["h1", "h9", "p2", "p3", "t1", "t2", "t3", "w2", "w3"]


async def test_after_search_parameters(client: httpx.AsyncClient) -> None:
    assert await found(client, f"subject=Patient/a&code={LOINC}|w,{LOINC}|h&date=lt2026-01-05") == [
        "w2",
        "h1",
    ]
    assert await found(client, "patient=c") == []


async def test_by_parameters_and_by_a_form(client: httpx.AsyncClient) -> None:
    parameters = [{"name": "patient", "valueString": "a"}, {"name": "max", "valuePositiveInt": 1}]
    body = {"resourceType": "Parameters", "parameter": parameters}
    posted = await client.post("Observation/$lastn", json=body)
    assert len(posted.json()["entry"]) == 5
    form = await client.post("Observation/$lastn", data={"patient": "a"})
    assert len(form.json()["entry"]) == 5


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        ("code=x", "patient"),
        ("patient=a&max=0", "max"),
        ("patient=a&max=x", "max"),
        ("patient=a&_sort=date", "_sort"),
        ("patient=a&nothing=1", "nothing"),
    ],
)
async def test_what_cannot_be_asked(client: httpx.AsyncClient, query: str, expression: str) -> None:
    answer = await client.get(f"Observation/$lastn?{query}")
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == [expression]


kinds = st.lists(st.sampled_from("abcde"), min_size=1, max_size=3, unique=True).map(tuple)


@given(st.lists(kinds, max_size=12), st.integers(1, 3))
def test_no_kind_has_more_and_none_is_missing(listed: list[tuple[str, ...]], most: int) -> None:
    matches = [Match(n, b"", codes) for n, codes in enumerate(listed)]
    groups: list[set[str]] = []
    for codes in listed:
        touching = [group for group in groups if group & set(codes)]
        groups = [group for group in groups if group not in touching] + [set(codes).union(*touching)]
    expected: dict[int, list[int]] = defaultdict(list)
    for match in matches:
        (group,) = [n for n, group in enumerate(groups) if match.kinds[0] in group]
        if len(expected[group]) < most:
            expected[group].append(match.rid)
    assert [match.rid for match in latest(matches, most)] == sorted(
        rid for rids in expected.values() for rid in rids
    )
