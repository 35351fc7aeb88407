"""transaction: what cannot be done, and how it is told."""

from typing import Any

import httpx
import pytest

from tests.exchange.interactions.transactions import (
    URN,
    Resource,
    count,
    delete,
    entry,
    get,
    located,
    observation,
    patient,
    post,
    put,
    send,
)


@pytest.mark.parametrize(
    "entries",
    [
        (put(patient(id="p1")), put(patient(id="p1"))),
        (put(patient(id="p1")), delete("Patient/p1")),
        (delete("Patient/p1"), delete("Patient/p1")),
        (delete("Patient/p1"), delete("Patient?identifier=urn:x|1")),
        (put(patient(id="p1")), put(patient(), "Patient?identifier=urn:x|1")),
        (put(patient("5"), "Patient?identifier=urn:x|5"), put(patient("5"), "Patient?identifier=urn:x|5")),
        (post(patient(), URN + "1"), post(patient(), URN + "1")),
    ],
)
async def test_nothing_is_changed_twice(client: httpx.AsyncClient, entries: tuple[Resource, ...]) -> None:
    await client.put("Patient/p1", json=patient(id="p1"))
    answer = await send(client, *entries)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"][0].startswith("Bundle.entry[1]")
    assert (await client.get("Patient/p1")).headers["etag"] == 'W/"1"'


@pytest.mark.parametrize(
    ("entry", "status", "expression"),
    [
        ({}, 400, "Bundle.entry[0]"),
        ({"resource": patient()}, 400, "Bundle.entry[0]"),
        ({"request": {"method": "POST", "url": "Patient"}}, 400, "Bundle.entry[0]"),
        ({"request": {"method": "GET"}}, 422, "Bundle.entry[0].request.url"),
        ({"request": {"method": "BREW", "url": "Patient"}}, 422, "Bundle.entry[0].request.method"),
        ({"request": {"method": "GET", "url": "Patient", "urgent": True}}, 400, "Bundle.entry[0].request"),
        (post({"resourceType": "Nonsense"}), 404, "Bundle.entry[0].request"),
        (entry(patient(), None, "POST", "Observation", {}), 400, "Bundle.entry[0].resource"),
        (entry(patient(id="p2"), None, "PUT", "Patient/p1", {}), 400, "Bundle.entry[0].resource.id"),
        (entry(patient(), None, "PUT", "Patient/p1", {}), 400, "Bundle.entry[0].resource.id"),
        (put(patient(id="a_b")), 400, "Bundle.entry[0].request"),
        (put(patient(id="p1"), ifMatch="x"), 400, "Bundle.entry[0].request"),
        (entry(patient(), None, "PUT", "Patient", {}), 400, "Bundle.entry[0].request"),
        (entry(patient(), None, "POST", "Patient/p1", {}), 400, "Bundle.entry[0].request"),
        (entry(patient(), None, "PATCH", "Patient/p1", {}), 404, "Bundle.entry[0].request"),
        ({"request": {"method": "PATCH", "url": "Patient/p1"}}, 400, "Bundle.entry[0]"),
        (delete("Patient"), 400, "Bundle.entry[0].request"),
        (delete("Patient?nonsense=1"), 400, "Bundle.entry[0].request"),
        (get("Nonsense/1"), 404, "Bundle.entry[0].request"),
        (get("metadata/x/y/z/a"), 404, "Bundle.entry[0].request"),
        (get("Patient?nonsense=1"), 400, "Bundle.entry[0].request"),
        (get("Patient/p1/$everything"), 404, "Bundle.entry[0].request"),
        (get("Patient/$export"), 400, "Bundle.entry[0].request"),
        (post(patient(), ifNoneExist="nonsense=1"), 400, "Bundle.entry[0].request"),
        (post({**patient(), "name": "x"}), 400, "Bundle.entry[0].resource.name"),
        ({"resource": "x", "request": {"method": "POST", "url": "Patient"}}, 400, "Bundle.entry[0].resource"),
        (
            {"resource": [patient()], "request": {"method": "POST", "url": "Patient"}},
            400,
            "Bundle.entry[0].resource",
        ),
        ("x", 400, "Bundle.entry[0]"),
        ([], 400, "Bundle.entry[0]"),
        (None, 400, "Bundle.entry[0]"),
    ],
)
async def test_entries_that_cannot_be_done(
    client: httpx.AsyncClient, entry: Any, status: int, expression: str
) -> None:
    answer = await send(client, entry, post(patient()))
    assert answer.status_code == status, answer.text
    assert answer.json()["issue"][0]["expression"] == [expression]
    assert await count(client, "Patient") == 0


async def test_every_entry_must_be_permitted(caller: Any) -> None:
    hospital = await caller("system/Patient.cu system/Observation.cruds")
    for each in (
        post({"resourceType": "Practitioner"}),
        delete("Patient/p1"),
        get("Patient/p1"),
        get("Patient?identifier=urn:x|1"),
        post(patient(), ifNoneExist="identifier=urn:x|1"),
        post(observation("Patient?identifier=urn:x|1")),
        put(patient(), "Patient?identifier=urn:x|1"),
    ):
        refused = await send(hospital, post(observation("Patient/p1")), each)
        assert refused.status_code == 403, each
    assert await count(hospital, "Observation") == 0
    assert (await send(hospital, post(patient(), URN + "1"), post(observation(URN + "1")))).status_code == 200


async def test_an_empty_transaction(client: httpx.AsyncClient) -> None:
    answer = await client.post("", json={"resourceType": "Bundle", "type": "transaction"})
    assert answer.json() == {"resourceType": "Bundle", "type": "transaction-response"}


@pytest.mark.parametrize(
    ("bundle", "status"),
    [
        ({"resourceType": "Bundle", "type": "collection"}, 400),
        ({"resourceType": "Bundle"}, 400),
        ({"resourceType": "Patient"}, 400),
        ({"resourceType": "Bundle", "type": "transaction", "entry": {}}, 400),
        ({"resourceType": "Bundle", "type": "transaction", "entry": "x"}, 400),
        ({"resourceType": "Bundle", "type": ["transaction"]}, 400),
        ({"resourceType": "Bundle", "type": "transaction", "nonsense": 1}, 400),
    ],
)
async def test_what_the_base_does_not_take(client: httpx.AsyncClient, bundle: Resource, status: int) -> None:
    answer = await client.post("", json=bundle)
    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_a_bundle_in_a_bundle_keeps_its_own_names(client: httpx.AsyncClient) -> None:
    inner = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": URN + "1", "resource": observation(URN + "2")}],
    }
    answer = await send(client, post(inner), post(patient(), URN + "2"))
    stored = (await client.get(located(answer)[0])).json()
    assert stored["entry"] == inner["entry"]
