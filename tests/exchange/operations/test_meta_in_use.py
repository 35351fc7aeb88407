"""$meta of a type and of the system: what is in use, and nothing that no longer is."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.exchange.operations.test_meta import OTHER, PROFILE, TAG, told

Caller = Callable[[str], Awaitable[httpx.AsyncClient]]
LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
BARE = {"code": "bare"}


async def put(client: httpx.AsyncClient, name: str, **meta: Any) -> None:
    type_, _, id_ = name.partition("/")
    more = {"Patient": {}, "Basic": {"code": {"text": "x"}}}[type_]
    answer = await client.put(name, json={"resourceType": type_, "id": id_, "meta": meta, **more})
    assert answer.status_code in (200, 201), answer.text


async def test_the_union_of_what_is_in_use(client: httpx.AsyncClient) -> None:
    assert told(await client.get("$meta")) == {}
    await put(client, "Patient/a", tag=[TAG], profile=[PROFILE])
    await put(client, "Patient/b", tag=[TAG, OTHER], security=[LABEL])
    await put(client, "Basic/c", tag=[BARE], profile=[f"{PROFILE}|1.0"])
    of_patients = told(await client.get("Patient/$meta"))
    assert of_patients == {"profile": [PROFILE], "security": [LABEL], "tag": [TAG, OTHER]}
    assert told(await client.get("Basic/$meta")) == {"profile": [f"{PROFILE}|1.0"], "tag": [BARE]}
    whole = told(await client.post("$meta"))
    assert whole["profile"] == [PROFILE, f"{PROFILE}|1.0"]
    assert len(whole["tag"]) == 3
    assert told(await client.get("Observation/$meta")) == {}


async def test_what_is_no_longer_there(client: httpx.AsyncClient) -> None:
    await put(client, "Patient/a", tag=[TAG, OTHER], security=[LABEL])
    await put(client, "Patient/a", tag=[TAG])
    assert told(await client.get("Patient/$meta")) == {"tag": [TAG]}
    await client.delete("Patient/a")
    assert told(await client.get("Patient/$meta")) == {}


async def test_what_only_old_resources_have(client: httpx.AsyncClient) -> None:
    await put(client, "Basic/old", tag=[TAG], profile=[PROFILE])
    entries = [
        {
            "resource": {
                "resourceType": "Basic",
                "code": {"text": str(n)},
                "meta": {"profile": [f"{PROFILE}|2"]},
            },
            "request": {"method": "POST", "url": "Basic"},
        }
        for n in range(120)
    ]
    await client.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert told(await client.get("Basic/$meta")) == {"profile": [PROFILE, f"{PROFILE}|2"], "tag": [TAG]}


async def test_only_what_may_be_read(client: httpx.AsyncClient, caller: Caller) -> None:
    await put(client, "Patient/a", tag=[TAG])
    await put(client, "Basic/c", tag=[OTHER])
    some = await caller("system/Basic.rs")
    assert told(await some.get("$meta")) == {"tag": [OTHER]}
    assert (await some.get("Patient/$meta")).status_code == 403
    assert (await (await caller("system/Patient.c")).get("$meta")).status_code == 403
