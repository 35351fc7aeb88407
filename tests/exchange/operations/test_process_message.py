"""A feed of patients by message: told, told again, revised, merged, deleted, refused."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from tests.exchange.operations.identities import client_of

EVENT = "urn:ihe:iti:pmir:2019:patient-feed"
Json = dict[str, Any]


@pytest.fixture
async def sender(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(hub, "system/*.cruds", "h1") as client:
        yield client


def patient(number: str, **elements: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": number,
        "active": True,
        "identifier": [{"system": "urn:x:h1", "value": number}],
        "name": [{"text": "王大明"}],
        "gender": "male",
        "birthDate": "1949-12-31",
    } | elements


def change(method: str, resource: Json, url: str = "") -> Json:
    name = f"{resource['resourceType']}/{resource['id']}"
    entry = {"fullUrl": f"https://h1.example/fhir/{name}", "request": {"method": method, "url": url or name}}
    return entry if method == "DELETE" else entry | {"resource": resource}


def message(*changes: Json, **header: Any) -> Json:
    told = {
        "resourceType": "MessageHeader",
        "id": "m1",
        "eventUri": EVENT,
        "source": {"endpoint": "https://h1.example/feed"},
        "focus": [{"reference": "urn:uuid:6f0f4f5c-6d5e-4b6c-8a51-0f6f2c4c9d11"}],
    } | header
    history: Json = {"resourceType": "Bundle", "type": "history"}
    if changes:
        history["entry"] = list(changes)
    entries = [
        {"fullUrl": "urn:uuid:1b1b5f2c-0d5e-4b6c-8a51-0f6f2c4c9d10", "resource": told},
        {"fullUrl": "urn:uuid:6f0f4f5c-6d5e-4b6c-8a51-0f6f2c4c9d11", "resource": history},
    ]
    return {"resourceType": "Bundle", "type": "message", "entry": entries}


async def send(client: httpx.AsyncClient, *changes: Json, **header: Any) -> httpx.Response:
    return await client.post("$process-message", json=message(*changes, **header))


async def found(client: httpx.AsyncClient, number: str) -> list[Json]:
    answer = await client.get("Patient", params={"identifier": f"urn:x:h1|{number}"})
    entries = [each["resource"] for each in answer.json().get("entry", [])]
    return [each for each in entries if each["identifier"][0].get("system") == "urn:x:h1"]


async def test_the_answer_says_which_message_was_processed(sender: httpx.AsyncClient) -> None:
    answer = await send(sender, change("POST", patient("7"), "Patient"))
    assert answer.status_code == 200, answer.text
    (entry,) = answer.json()["entry"]
    header = entry["resource"]
    assert header["response"] == {"identifier": "m1", "code": "ok"}
    assert header["eventUri"] == f"{EVENT}-response"
    assert "destination" not in header
    assert [each["birthDate"] for each in await found(sender, "7")] == ["1949-12-31"]


async def test_told_again_is_one_version_and_revised_is_another(sender: httpx.AsyncClient) -> None:
    for born in ("1949-12-31", "1949-12-31", "1950-01-02"):
        assert (await send(sender, change("PUT", patient("7", birthDate=born)))).status_code == 200
    (known,) = await found(sender, "7")
    assert (known["birthDate"], known["meta"]["versionId"]) == ("1950-01-02", "2")


async def test_two_hospitals_may_use_the_same_id(hub: Hub, sender: httpx.AsyncClient) -> None:
    await send(sender, change("PUT", patient("1")))
    theirs = patient("1", identifier=[{"system": "urn:x:h2", "value": "1"}], gender="female")
    async with client_of(hub, "system/*.cruds", "h2") as other:
        assert (await send(other, change("PUT", theirs))).status_code == 200
    (known,) = await found(sender, "1")
    assert known["gender"] == "male"


async def test_references_between_the_changes_are_kept(sender: httpx.AsyncClient) -> None:
    mother = {
        "resourceType": "RelatedPerson",
        "id": "m",
        "patient": {"reference": "Patient/child"},
        "name": [{"text": "李红"}],
    }
    answer = await send(sender, change("POST", mother), change("POST", patient("child")))
    assert answer.status_code == 200, answer.text
    (known,) = await found(sender, "child")
    related = (await sender.get("RelatedPerson", params={"patient": f"Patient/{known['id']}"})).json()
    assert [each["resource"]["name"] for each in related["entry"]] == [[{"text": "李红"}]]


async def test_a_merge_by_reference_and_one_by_identifier(hub: Hub, sender: httpx.AsyncClient) -> None:
    for number, name in zip("abc", ("王一", "张二", "李三"), strict=True):
        await send(sender, change("PUT", patient(number, name=[{"text": name}])))
    assert await persons(hub) == 3
    others = {"reference": "Patient/a"}, {"identifier": {"system": "urn:x:h1", "value": "a"}}
    for number, name, other in zip("bc", ("张二", "李三"), others, strict=True):
        merged = patient(number, active=False, link=[{"other": other, "type": "replaced-by"}])
        survivor = change("PUT", patient("a", name=[{"text": "王一"}]))
        answer = await send(sender, change("PUT", merged | {"name": [{"text": name}]}), survivor)
        assert answer.status_code == 200, answer.text
    assert await persons(hub) == 1


async def persons(hub: Hub) -> int:
    """How many stand for the records that were told of."""
    query = "SELECT count(DISTINCT person) FROM mpi_link WHERE valid_to IS NULL AND recorded_to IS NULL"
    async with hub.pool.acquire() as connection:
        return int(await connection.fetchval(query))


async def test_what_was_told_can_be_deleted(sender: httpx.AsyncClient) -> None:
    told = {"resourceType": "Organization", "id": "o", "name": "院"}
    assert (await send(sender, change("PUT", told))).status_code == 200
    assert (await sender.get("Organization?name=院")).json()["entry"]
    assert (await send(sender, change("DELETE", told))).status_code == 200
    assert "entry" not in (await sender.get("Organization?name=院")).json()


async def test_a_patient_can_be_deleted_and_told_of_again(hub: Hub, sender: httpx.AsyncClient) -> None:
    told = patient("7")
    for method in ("PUT", "DELETE", "DELETE"):
        assert (await send(sender, change(method, told))).status_code == 200
        assert len(await found(sender, "7")) == (method == "PUT")
    assert (await send(sender, change("PUT", told))).status_code == 200
    assert await persons(hub) == 1


async def test_a_refused_message_is_answered_by_its_faults(sender: httpx.AsyncClient) -> None:
    answer = await send(sender, change("PUT", patient("1", birthDate="1949-13-31")))
    told = answer.json()
    assert (answer.status_code, told["resourceType"]) == (400, "OperationOutcome")
    assert told["issue"][0]["expression"] == ["Bundle.entry[1].resource.entry[0].resource.birthDate"]


@pytest.mark.parametrize(
    ("body", "status", "expression"),
    [
        ({"resourceType": "Bundle", "type": "batch"}, 400, "Bundle.type"),
        ({"resourceType": "Bundle", "type": "message"}, 400, "Bundle.entry[0].resource"),
        (message(eventUri="urn:other"), 422, "Bundle.entry[0].resource.event"),
        (message(focus=[{"reference": "urn:uuid:1"}]), 400, "Bundle.entry[0].resource.focus"),
        (
            message({"fullUrl": "urn:uuid:2", "request": {"method": "GET", "url": "Patient/1"}}),
            400,
            "Bundle.entry[1].resource.entry[0].request.method",
        ),
        (
            message({"fullUrl": "urn:uuid:2", "request": {"method": "PUT", "url": "Patient/1"}}),
            400,
            "Bundle.entry[1].resource.entry[0].resource",
        ),
        (message(change("PUT", patient("1", gender="?"))), 422, ""),
    ],
)
async def test_what_is_no_feed_is_refused(
    sender: httpx.AsyncClient, body: Json, status: int, expression: str
) -> None:
    answer = await sender.post("$process-message", json=body)
    (issue, *_) = answer.json()["issue"]
    assert answer.status_code == status, answer.text
    assert not expression or issue["expression"] == [expression]
    assert not await found(sender, "1")


async def test_only_a_hospital_tells_and_only_with_the_right_to_write(hub: Hub) -> None:
    for scopes, hospital in (("system/*.cruds", None), ("system/*.rs", "h1")):
        async with client_of(hub, scopes, hospital) as client:
            assert (await send(client, change("PUT", patient("1")))).status_code == 403


async def test_answers_go_to_the_sender_at_once(sender: httpx.AsyncClient) -> None:
    answer = await sender.post("$process-message?async=true", json=message(change("PUT", patient("1"))))
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["async"]
