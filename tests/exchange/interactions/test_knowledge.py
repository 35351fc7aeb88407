"""Conditional references are resolved last, and see what their transaction has written."""

from typing import Any

import httpx
import pytest

Resource = dict[str, Any]


def entry(method: str, url: str, resource: Resource | None = None) -> Resource:
    made: Resource = {"request": {"method": method, "url": url}}
    return made if resource is None else made | {"resource": resource}


def observation(reference: str) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": reference},
    }


def patient(family: str, born: str = "1980-01-01", **more: Any) -> Resource:
    return {"resourceType": "Patient", "name": [{"family": family}], "birthDate": born} | more


async def transact(client: httpx.AsyncClient, *entries: Resource) -> httpx.Response:
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
    return await client.post("", json=bundle, headers={"Prefer": "return=representation"})


def subject(answer: httpx.Response, at: int = -1) -> str:
    assert answer.status_code == 200, answer.text
    reference: str = answer.json()["entry"][at]["resource"]["subject"]["reference"]
    return reference


def name(answer: httpx.Response, at: int) -> str:
    resource = answer.json()["entry"][at]["resource"]
    return f"{resource['resourceType']}/{resource['id']}"


@pytest.mark.parametrize(
    "criteria",
    ["family=Ren", "birthdate=1980-01-01", "family=Ren&birthdate=lt1990", "_id=p1", "name:exact=Ren"],
)
async def test_by_any_parameter(client: httpx.AsyncClient, criteria: str) -> None:
    put = entry("PUT", "Patient/p1", patient("Ren", id="p1"))
    answer = await transact(client, entry("POST", "Observation", observation(f"Patient?{criteria}")), put)
    assert subject(answer, 0) == "Patient/p1"


async def test_by_a_chain_through_what_is_written(client: httpx.AsyncClient) -> None:
    organization = {"resourceType": "Organization", "id": "o1", "name": "Renji"}
    theirs = patient("Ren", id="p1", managingOrganization={"reference": "Organization/o1"})
    answer = await transact(
        client,
        entry("POST", "Observation", observation("Patient?organization.name=Renji")),
        entry("PUT", "Patient/p1", theirs),
        entry("PUT", "Organization/o1", organization),
    )
    assert subject(answer, 0) == "Patient/p1"


async def test_by_a_reference_that_is_conditional_itself(client: httpx.AsyncClient) -> None:
    answer = await transact(
        client,
        entry("POST", "Patient", patient("Ren")),
        entry("POST", "Observation", observation("Patient?family=Ren") | {"status": "amended"}),
        entry(
            "POST",
            "Observation",
            observation("Patient?family=Ren")
            | {"derivedFrom": [{"reference": "Observation?subject:Patient.family=Ren&status=amended"}]},
        ),
    )
    assert subject(answer) == name(answer, 0)
    assert answer.json()["entry"][2]["resource"]["derivedFrom"][0]["reference"] == name(answer, 1)


async def test_what_is_stored_and_what_is_written_are_two(client: httpx.AsyncClient) -> None:
    await client.post("Patient", json=patient("Ren"))
    answer = await transact(
        client,
        entry("POST", "Patient", patient("Ren")),
        entry("POST", "Observation", observation("Patient?family=Ren")),
    )
    assert answer.status_code == 412
    assert answer.json()["issue"][0]["code"] == "multiple-matches"
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1].resource.subject.reference"]
    assert (await client.get("Observation?_summary=count")).json()["total"] == 0


async def test_two_that_are_written_are_two(client: httpx.AsyncClient) -> None:
    answer = await transact(
        client,
        entry("POST", "Patient", patient("Ren")),
        entry("POST", "Patient", patient("Ren")),
        entry("POST", "Observation", observation("Patient?family=Ren")),
    )
    assert answer.status_code == 412
    assert (await client.get("Patient?_summary=count")).json()["total"] == 0


async def test_what_is_changed_is_found_as_it_becomes(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=patient("Ren", id="p1"))
    away = await transact(
        client,
        entry("PUT", "Patient/p1", patient("Wang", id="p1")),
        entry("POST", "Observation", observation("Patient?family=Ren")),
    )
    assert away.status_code == 412
    answer = await transact(
        client,
        entry("PUT", "Patient/p1", patient("Wang", id="p1")),
        entry("POST", "Observation", observation("Patient?family=Wang")),
    )
    assert subject(answer) == "Patient/p1"


async def test_an_identifier_that_is_taken_away_finds_no_more(client: httpx.AsyncClient) -> None:
    identified = patient("Ren", id="p1", identifier=[{"system": "urn:x", "value": "1"}])
    await client.put("Patient/p1", json=identified)
    answer = await transact(
        client,
        entry("PUT", "Patient/p1", patient("Ren", id="p1")),
        entry("POST", "Observation", observation("Patient?identifier=urn:x|1")),
    )
    assert answer.status_code == 412


async def test_what_is_deleted_is_not_found(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=patient("Ren", id="p1"))
    answer = await transact(
        client,
        entry("DELETE", "Patient/p1"),
        entry("POST", "Patient", patient("Ren")),
        entry("POST", "Observation", observation("Patient?family=Ren")),
    )
    assert subject(answer) == name(answer, 1)


async def test_nobody_is_found(client: httpx.AsyncClient) -> None:
    answer = await transact(
        client,
        entry("POST", "Patient", patient("Ren")),
        entry("POST", "Observation", observation("Patient?family=Wang")),
    )
    assert answer.status_code == 412
    assert answer.json()["issue"][0]["code"] == "not-found"
