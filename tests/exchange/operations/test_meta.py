"""$meta, $meta-add, $meta-delete."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.operations.meta import added, removed

Caller = Callable[[str], Awaitable[httpx.AsyncClient]]
TAG = {"system": "urn:t", "code": "a"}
OTHER = {"system": "urn:t", "code": "b", "display": "B"}
PROFILE = "http://example.org/StructureDefinition/p"


def asked(**meta: Any) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": meta}]}


def told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    (parameter,) = answer.json()["parameter"]
    value: dict[str, Any] = parameter["valueMeta"]
    return value


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a", "meta": {"tag": [TAG]}})


async def test_of_the_current_version_and_of_another(client: httpx.AsyncClient) -> None:
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a", "active": True})
    assert "tag" not in told(await client.get("Patient/a/$meta"))
    assert told(await client.get("Patient/a/_history/1/$meta"))["tag"] == [TAG]
    assert (await client.get("Patient/a/_history/7/$meta")).status_code == 404
    assert (await client.get("Patient/none/$meta")).status_code == 404


async def test_what_is_added_is_there_and_found(client: httpx.AsyncClient) -> None:
    value = told(await client.post("Patient/a/$meta-add", json=asked(tag=[TAG, OTHER], profile=[PROFILE])))
    assert (value["tag"], value["profile"], value["versionId"]) == ([TAG, OTHER], [PROFILE], "2")
    found = (await client.get("Patient?_tag=urn:t|b")).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == ["a"]


async def test_what_is_there_makes_no_version(client: httpx.AsyncClient) -> None:
    assert told(await client.post("Patient/a/$meta-add", json=asked(tag=[TAG])))["versionId"] == "1"


async def test_what_is_deleted_is_gone(client: httpx.AsyncClient) -> None:
    value = told(await client.post("Patient/a/$meta-delete", json=asked(tag=[{**TAG, "display": "any"}])))
    assert "tag" not in value
    assert "entry" not in (await client.get("Patient?_tag=urn:t|a")).json()


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Parameters", "parameter": []},
        {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueString": "x"}]},
        {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": "x"}}]},
        {"resourceType": "Parameters", "parameter": "x"},
    ],
)
async def test_what_is_no_meta(client: httpx.AsyncClient, body: Any) -> None:
    answer = await client.post("Patient/a/$meta-add", json=body)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"]


async def test_who_may_only_read_cannot_add(caller: Caller) -> None:
    reader = await caller("system/Patient.rs")
    assert (await reader.get("Patient/a/$meta")).status_code == 200
    assert (await reader.post("Patient/a/$meta-add", json=asked(tag=[OTHER]))).status_code == 403


codings = st.lists(
    st.fixed_dictionaries({"system": st.sampled_from("xy"), "code": st.sampled_from("abc")}), max_size=4
)
metas = st.fixed_dictionaries(
    {},
    optional={"tag": codings, "security": codings, "profile": st.lists(st.sampled_from("pqr"), max_size=3)},
)


@given(metas, metas)
def test_adding_adds_and_deleting_deletes(there: dict[str, Any], other: dict[str, Any]) -> None:
    both = added(there, other)
    for name, values in other.items():
        assert all(value in both[name] for value in values)
    assert added(both, other) == both
    less = removed(both, other)
    for name, values in other.items():
        assert all(value not in less.get(name, ()) for value in values)
