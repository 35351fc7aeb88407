"""Patient/$match: R4's and ITI-119's."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from tests.exchange.operations.identities import (
    CITIZEN,
    Hospitals,
    client_of,
    identity_of,
    parameters,
    patient,
)
from tests.mpi.people import valid_id

MATCH = "Patient/$match"
NUMBER = valid_id("1949-12-31")
PHONE = [{"system": "phone", "value": "13912345678"}]


@pytest.fixture
async def reader(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    hospitals = Hospitals(hub)
    await hospitals.put(patient("h1", "1", NUMBER, telecom=PHONE))
    await hospitals.put(patient("h2", "7", NUMBER))
    await hospitals.put(patient("h3", "9"))
    async with client_of(hub, "system/Patient.rs") as client:
        yield client


def asked(told: dict[str, Any], **more: Any) -> dict[str, Any]:
    bare = {name: value for name, value in told.items() if name != "id"}
    return parameters(resource=bare, **more)


def graded(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    return [
        (entry["resource"]["id"], entry["search"]["extension"][0]["valueCode"])
        for entry in answer.json().get("entry", [])
    ]


async def test_a_shared_number_is_certain_and_comes_first(reader: httpx.AsyncClient) -> None:
    answer = await reader.post(MATCH, json=asked(patient("h9", "5", NUMBER)))
    found = graded(answer)
    identity = await identity_of(reader, "h1-1")
    assert found[0] == (identity, "certain")
    assert (await identity_of(reader, "h3-9")) in dict(found)
    scores = [entry["search"]["score"] for entry in answer.json()["entry"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    first = answer.json()["entry"][0]
    assert first["fullUrl"].endswith(f"/Patient/{identity}")
    assert first["search"]["mode"] == "match"
    assert answer.json()["total"] == len(found)


async def test_a_number_of_the_hospitals_own_is_certain(reader: httpx.AsyncClient) -> None:
    found = graded(await reader.post(MATCH, json=asked(patient("h3", "9"))))
    assert found[0] == (await identity_of(reader, "h3-9"), "certain")


async def test_name_and_birth_date_alone_are_not(reader: httpx.AsyncClient) -> None:
    stranger = patient("h9", "5")
    found = graded(await reader.post(MATCH, json=asked(stranger)))
    assert found
    assert "certain" not in dict(found).values()
    none = await reader.post(MATCH, json=asked(stranger, onlyCertainMatches=True))
    assert graded(none) == []
    (one,) = graded(await reader.post(MATCH, json=asked(stranger, onlySingleMatch=True)))
    assert one == found[0]
    assert graded(await reader.post(f"{MATCH}?count=1", json=asked(stranger))) == found[:1]


async def test_the_patient_may_be_the_body(reader: httpx.AsyncClient) -> None:
    told = patient("h9", "5", NUMBER)
    direct = await reader.post(f"{MATCH}?onlyCertainMatches=true", json=told)
    assert [grade for _, grade in graded(direct)] == ["certain"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (parameters(count=1), 400),
        (parameters(resource={"resourceType": "Person"}), 400),
        (parameters(resource={"resourceType": "Patient", "gender": "unheard-of"}), 422),
        (parameters(resource={"resourceType": "Patient", "gender": "male"}), 422),
        (asked(patient("h9", "5"), count=0), 400),
        (asked(patient("h9", "5"), onlyCertainMatches="maybe"), 400),
        (asked(patient("h9", "5"), threshold="1"), 400),
    ],
)
async def test_what_cannot_be_matched(reader: httpx.AsyncClient, body: dict[str, Any], status: int) -> None:
    answer = await reader.post(MATCH, json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "changing", [{"implicitRules": "urn:x"}, {"modifierExtension": [{"url": "urn:x", "valueCode": "x"}]}]
)
async def test_what_could_change_the_meaning_is_refused(
    reader: httpx.AsyncClient, changing: dict[str, Any]
) -> None:
    answer = await reader.post(MATCH, json=patient("h9", "5", NUMBER) | changing)
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == [f"Patient.{next(iter(changing))}"]


async def test_the_mother_s_maiden_name_is_told(hub: Hub, reader: httpx.AsyncClient) -> None:
    url = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
    told = [{"url": "urn:x", "valueString": "else"}, {"url": url, "valueString": "李梅"}]
    await Hospitals(hub).put(patient("h2", "7", NUMBER, extension=told))
    found = (await reader.post(MATCH, json=asked(patient("h9", "5", NUMBER)))).json()["entry"][0]["resource"]
    assert found["extension"] == told[1:]
    by_it = await reader.get("Patient", params={"mothersMaidenName": "李", "_tag": "enterprise"})
    assert [each["resource"]["id"] for each in by_it.json()["entry"]] == [found["id"]]


async def test_an_unknown_number_finds_nobody(reader: httpx.AsyncClient) -> None:
    told = {"resourceType": "Patient", "identifier": [{"system": "urn:x:h9", "value": "5"}]}
    assert graded(await reader.post(MATCH, json=parameters(resource=told))) == []
    known = {"resourceType": "Patient", "identifier": [{"system": CITIZEN, "value": NUMBER}]}
    assert len(graded(await reader.post(MATCH, json=parameters(resource=known)))) == 1


async def test_it_takes_the_right_to_read_and_to_search(hub: Hub) -> None:
    async with client_of(hub, "system/Patient.s system/Observation.rs") as client:
        assert (await client.post(MATCH, json=asked(patient("h9", "5")))).status_code == 403
