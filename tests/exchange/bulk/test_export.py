"""$export: every resource once, as it was at the kick-off; resumable; nothing that the caller may not see."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from exchange.bulk import export as work
from exchange.bulk.export import export
from exchange.bulk.plan import Plan, plan_from_json, progress_from_json
from exchange.hub import Hub
from exchange.jobs.runner import working

Caller = Callable[[str], Awaitable[httpx.AsyncClient]]
Resource = dict[str, Any]
ASYNC = {"Prefer": "respond-async"}
SECONDS = 30


@pytest.fixture(autouse=True)
async def at_work(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(work, "PAGE", 3)  # so that there are pages
    monkeypatch.setattr(work, "SEARCH_PAGE", 2)
    async with working(hub, {"export": export}):
        yield


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    for name in ("a", "b"):
        await put(client, {"resourceType": "Patient", "id": name, "active": True})
        for n in range(5):
            await put(client, observation(f"{name}{n}", name, ("final", "amended")[n % 2]))
    await put(client, {"resourceType": "Organization", "id": "h"})
    members = [
        {"entity": {"reference": "Patient/a"}},
        {"entity": {"reference": "Patient/b"}, "inactive": True},
    ]
    group = {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": members}
    await put(client, group)


def observation(id_: str, patient: str, status: str) -> Resource:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": status,
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{patient}"},
    }


async def put(client: httpx.AsyncClient, resource: Resource) -> None:
    answer = await client.put(f"{resource['resourceType']}/{resource['id']}", json=resource)
    assert answer.status_code in (200, 201), answer.text


async def kicked_off(client: httpx.AsyncClient, url: str) -> str:
    answer = await client.get(url, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    return answer.headers["Content-Location"]


async def manifest(client: httpx.AsyncClient, url: str) -> Resource:
    return await completed(client, await kicked_off(client, url))


async def completed(client: httpx.AsyncClient, status: str) -> Resource:
    async with asyncio.timeout(SECONDS):
        while True:
            answer = await client.get(status)
            if answer.status_code != 202:
                break
            assert answer.headers["Retry-After"]
            await asyncio.sleep(0.05)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Expires"]
    told: Resource = answer.json()
    return told


async def exported(client: httpx.AsyncClient, url: str) -> dict[str, list[str]]:
    told = await manifest(client, url)
    found: dict[str, list[str]] = {}
    for file in told["output"]:
        answer = await client.get(file["url"])
        assert answer.headers["Content-Type"] == "application/fhir+ndjson"
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert len(lines) == file["count"]
        assert {line["resourceType"] for line in lines} == {file["type"]}
        found.setdefault(file["type"], []).extend(line["id"] for line in lines)
    return {kind: sorted(ids) for kind, ids in found.items()}


EVERY = sorted(f"{name}{n}" for name in "ab" for n in range(5))


async def test_the_whole_system(client: httpx.AsyncClient) -> None:
    found = await exported(client, "$export")
    assert found == {
        "Patient": ["a", "b"],
        "Observation": EVERY,
        "Organization": ["h"],
        "Group": ["g"],
    }


async def test_what_belongs_to_patients(client: httpx.AsyncClient) -> None:
    found = await exported(client, "Patient/$export")
    assert (found["Patient"], found["Observation"]) == (["a", "b"], EVERY)
    assert "Organization" not in found


async def test_what_belongs_to_the_members_of_a_group(client: httpx.AsyncClient) -> None:
    found = await exported(client, "Group/g/$export?_type=Patient,Observation")
    assert found == {"Patient": ["a"], "Observation": [f"a{n}" for n in range(5)]}


async def test_an_unknown_group(client: httpx.AsyncClient) -> None:
    assert (await client.get("Group/none/$export", headers=ASYNC)).status_code == 404


async def test_types_and_filters(client: httpx.AsyncClient) -> None:
    found = await exported(
        client,
        "$export?_type=Observation,Organization&_typeFilter=Observation%3Fstatus%3Dfinal%26subject%3DPatient/a"
        "&_typeFilter=Observation%3Fsubject%3DPatient/a",
    )
    assert found == {"Observation": [f"a{n}" for n in range(5)], "Organization": ["h"]}


async def test_filters_of_a_group(client: httpx.AsyncClient) -> None:
    url = "Group/g/$export?_type=Observation&_typeFilter=Observation%3Fstatus%3Damended"
    assert await exported(client, url) == {"Observation": ["a1", "a3"]}


async def test_only_what_changed_since_and_what_was_deleted(hub: Hub, client: httpx.AsyncClient) -> None:
    await asyncio.sleep(0.01)
    instant = hub.clock().isoformat().replace("+00:00", "Z")
    await asyncio.sleep(0.01)
    await put(client, observation("a0", "a", "cancelled"))
    await client.delete("Observation/a1")
    told = await manifest(client, f"$export?_since={instant}")
    assert [(file["type"], file["count"]) for file in told["output"]] == [("Observation", 1)]
    [gone] = told["deleted"]
    lines = (await client.get(gone["url"])).text.splitlines()
    assert json.loads(lines[0])["entry"] == [{"request": {"method": "DELETE", "url": "Observation/a1"}}]


async def test_what_changed_meanwhile_is_told_as_it_was(hub: Hub, client: httpx.AsyncClient) -> None:
    plan = Plan("system", "u", hub.clock(), ["Observation"])
    await asyncio.sleep(0.01)
    await put(client, observation("a0", "a", "cancelled"))
    await put(client, observation("new", "a", "final"))
    await client.delete("Observation/b4")
    seen = {}
    for unit in work.units_of(plan):
        place = None
        while True:
            bodies, place = await work._page(hub, plan, unit, place)
            seen |= {line["id"]: line["status"] for line in map(json.loads, bodies)}
            if place is None:
                break
    assert sorted(seen) == EVERY
    assert seen["a0"] == "final"


async def test_it_goes_on_where_it_stood(hub: Hub, client: httpx.AsyncClient) -> None:
    """A hub that dies between two pages leaves half a line behind; the next one writes over it."""
    from exchange.jobs.files import append, folder_of
    from exchange.jobs.job import Job, Kickoff
    from exchange.trust.grant import Grant

    grant = Grant("client-x", None, frozenset((("*", "r"), ("*", "s"))))
    plan = Plan("system", "u", hub.clock(), ["Observation", "Patient"])
    id_ = await hub.jobs.ask(Kickoff("nobody's", grant, plan.as_json()))
    told: list[Resource] = []

    class Died(Exception):
        pass

    async def tell(progress: Resource, text: str) -> None:
        told.append(json.loads(json.dumps(progress)))
        if len(told) == 2:
            raise Died

    job = await hub.jobs.job(id_, "client-x")
    assert isinstance(job, Job)
    with pytest.raises(Died):
        await export(hub, job, tell)
    at = told[-1]["files"][0]
    append(folder_of(hub.settings, id_), "Observation-1.ndjson", [b'{"half'], at["bytes"])
    from dataclasses import replace

    manifest_ = json.loads(await export(hub, replace(job, progress=told[-1]), tell))
    assert [(file["type"], file["count"]) for file in manifest_["output"]] == [
        ("Observation", 10),
        ("Patient", 2),
    ]
    lines = (folder_of(hub.settings, id_) / "Observation-1.ndjson").read_text().splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == EVERY


async def test_a_caller_gets_only_what_it_may_see(caller: Caller) -> None:
    client = await caller("system/Patient.rs system/Group.r")
    assert await exported(client, "$export") == {"Patient": ["a", "b"]}
    answer = await client.get("$export?_type=Observation", headers=ASYNC)
    assert answer.status_code == 403


async def test_nobody_else_gets_the_files(client: httpx.AsyncClient, caller: Caller) -> None:
    told = await manifest(client, "$export?_type=Patient")
    other = await caller("system/*.cruds")
    assert (await other.get(told["output"][0]["url"])).status_code == 404
    anonymous = {"Authorization": ""}
    assert (await client.get(told["output"][0]["url"], headers=anonymous)).status_code == 401
    missing = told["output"][0]["url"].replace("Patient-1", "Patient-2")
    assert (await client.get(missing)).status_code == 404


async def test_files_packed_and_in_parts(client: httpx.AsyncClient) -> None:
    told = await manifest(client, "$export?_type=Patient")
    url = told["output"][0]["url"]
    plain = (await client.get(url, headers={"Accept-Encoding": "identity"})).content
    async with client.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert gzip.decompress(raw) == plain
    part = await client.get(url, headers={"Range": "bytes=2-5", "Accept-Encoding": "identity"})
    assert (part.status_code, part.content) == (206, plain[2:6])


async def test_a_cancelled_export_has_no_files(client: httpx.AsyncClient) -> None:
    status = await kicked_off(client, "$export")
    assert (await client.delete(status)).status_code == 202
    assert (await client.get(status)).status_code == 404
    assert (await client.delete(status)).status_code == 404


@pytest.mark.parametrize(
    ("url", "headers", "status", "expression"),
    [
        ("$export", {}, 400, "Prefer"),
        ("$export?_type=Nothing", ASYNC, 400, "_type"),
        ("$export?_outputFormat=text/csv", ASYNC, 400, "_outputFormat"),
        ("$export?_since=yesterday", ASYNC, 400, "_since"),
        ("$export?_elements=id", ASYNC, 400, "_elements"),
        ("$export?_typeFilter=Observation", ASYNC, 400, "_typeFilter"),
        ("$export?_typeFilter=Observation%3Fnothing%3D1", ASYNC, 400, "nothing"),
        ("$export?_typeFilter=Observation%3F_sort%3Ddate", ASYNC, 400, "_typeFilter"),
        ("$export?patient=Patient/a", ASYNC, 400, "patient"),
        ("Patient/$export?_type=Organization", ASYNC, 400, "_type"),
    ],
)
async def test_what_cannot_be_exported(
    client: httpx.AsyncClient, url: str, headers: dict[str, str], status: int, expression: str
) -> None:
    answer = await client.get(url, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["issue"][0]["expression"] == [expression]


async def test_a_kick_off_by_parameters(client: httpx.AsyncClient) -> None:
    given = [
        {"name": "_type", "valueString": "Observation"},
        {"name": "patient", "valueReference": {"reference": "Patient/b"}},
    ]
    body = {"resourceType": "Parameters", "parameter": given}
    answer = await client.post("Patient/$export", json=body, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    told = await completed(client, answer.headers["Content-Location"])
    assert [(file["type"], file["count"]) for file in told["output"]] == [("Observation", 5)]


def test_plans_and_progress_survive_json() -> None:
    from datetime import UTC, datetime

    plan = Plan(
        "group", "u", datetime(2026, 1, 2, tzinfo=UTC), ["Patient"], None, None, {"Patient": ["x=1"]}, ["a"]
    )
    assert plan_from_json(json.loads(json.dumps(plan.as_json()))) == plan
    assert progress_from_json(None).count == 0
