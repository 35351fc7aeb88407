"""ITI-83: what is known of an identifier, and every error rule of the profile."""

from collections.abc import AsyncIterator

import httpx
import pytest

from exchange.hub import Hub
from tests.exchange.operations.identities import (
    CITIZEN,
    Hospitals,
    client_of,
    identity_of,
    listed,
    parameters,
    patient,
)
from tests.mpi.people import valid_id

PIX = "Patient/$ihe-pix"
NUMBER = valid_id("1949-12-31")


@pytest.fixture
async def reader(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    hospitals = Hospitals(hub)
    await hospitals.put(patient("h1", "1", NUMBER))
    await hospitals.put(patient("h2", "7", NUMBER))
    await hospitals.put(patient("h3", "9", gender="female", birthDate="2001-01-01"))
    async with client_of(hub, "system/Patient.rs") as client:
        yield client


async def test_the_others_are_told_with_the_identity(reader: httpx.AsyncClient) -> None:
    answer = await reader.get(PIX, params={"sourceIdentifier": "urn:x:h1|1"})
    assert answer.status_code == 200
    told = {(each["system"], each["value"]) for each in listed(answer, "targetIdentifier")}
    identity = await identity_of(reader, "h1-1")
    assert {("urn:x:h2", "7"), (CITIZEN, NUMBER)} <= told
    assert ("urn:x:h1", "1") not in told
    assert listed(answer, "targetId") == [identity, "h1-1", "h2-7"]


async def test_only_the_domains_that_are_asked_for(reader: httpx.AsyncClient) -> None:
    asked = {"sourceIdentifier": "urn:x:h1|1", "targetSystem": "urn:x:h2"}
    answer = await reader.get(PIX, params=asked)
    assert [each["value"] for each in listed(answer, "targetIdentifier")] == ["7"]
    assert listed(answer, "targetId")[1:] == ["h2-7"]
    posted = await reader.post(
        PIX, json=parameters(sourceIdentifier={"system": "urn:x:h1", "value": "1"}, targetSystem="urn:x:h2")
    )
    assert posted.json() == answer.json()
    none = await reader.get(PIX, params=asked | {"targetSystem": "urn:x:h3"})
    assert none.status_code == 200
    assert none.json() == {"resourceType": "Parameters"}


async def test_the_number_asked_by_is_never_an_answer(reader: httpx.AsyncClient) -> None:
    asked = {"sourceIdentifier": "urn:x:h1|1", "targetSystem": "urn:x:h1"}
    assert listed(await reader.get(PIX, params=asked), "targetIdentifier") == []
    both = await reader.get(PIX, params={**asked, "targetSystem": ["urn:x:h1", "urn:x:h2"]})
    assert [each["value"] for each in listed(both, "targetIdentifier")] == ["7"]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"sourceIdentifier": "urn:x:h1|404"}, 404, "not-found"),
        ({"sourceIdentifier": "urn:x:nowhere|1"}, 400, "code-invalid"),
        ({"sourceIdentifier": "urn:x:h1|1", "targetSystem": "urn:x:nowhere"}, 403, "code-invalid"),
        ({"sourceIdentifier": "1"}, 400, "invalid"),
        ({"sourceIdentifier": "|1"}, 400, "invalid"),
        ({}, 400, "invalid"),
        ({"sourceIdentifier": "urn:x:h1|1", "other": "1"}, 400, "invalid"),
    ],
)
async def test_errors_are_the_profiles(
    reader: httpx.AsyncClient, asked: dict[str, str], status: int, code: str
) -> None:
    answer = await reader.get(PIX, params=asked)
    assert answer.status_code == status
    assert answer.json()["issue"][0]["code"] == code


async def test_what_a_hospital_merged_away_answers_no_more(hub: Hub, reader: httpx.AsyncClient) -> None:
    link = [{"other": {"reference": "Patient/h1-1"}, "type": "replaced-by"}]
    await Hospitals(hub).put(patient("h1", "2", active=False, link=link))
    answer = await reader.get(PIX, params={"sourceIdentifier": "urn:x:h1|2"})
    assert answer.status_code == 404
    found = await reader.get(PIX, params={"sourceIdentifier": "urn:x:h2|7"})
    assert "h1-2" not in listed(found, "targetId")
    assert ("urn:x:h1", "2") not in {(e["system"], e["value"]) for e in listed(found, "targetIdentifier")}


async def test_it_takes_the_right_to_read_and_to_search(hub: Hub) -> None:
    async with client_of(hub, "system/Patient.r") as client:
        answer = await client.get(PIX, params={"sourceIdentifier": "urn:x:h1|1"})
        assert answer.status_code == 403


async def test_a_patient_is_named_by_its_id_here_too(hub: Hub, reader: httpx.AsyncClient) -> None:
    identity = await identity_of(reader, "h1-1")
    for id_ in ("h1-1", identity):
        answer = await reader.get(PIX, params={"sourceIdentifier": f"{hub.base}|Patient/{id_}"})
        assert listed(answer, "targetId") == [each for each in (identity, "h1-1", "h2-7") if each != id_]
    only = {"sourceIdentifier": "urn:x:h1|1", "targetSystem": hub.base}
    told = (await reader.get(PIX, params=only)).json()["parameter"]
    assert told[0] == {"name": "targetId", "valueReference": {"reference": f"Patient/{identity}"}}
    assert {each["name"] for each in told} == {"targetId"}
    nobody = await reader.get(PIX, params={"sourceIdentifier": f"{hub.base}|Patient/nobody"})
    assert (nobody.status_code, nobody.json()["issue"][0]["code"]) == (404, "not-found")
