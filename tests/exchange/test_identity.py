"""Patients written through REST are linked as those in messages are, and the index's own are protected."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from exchange.app import build_app
from exchange.hub import Hub
from tests.exchange.conftest import FHIR, token
from tests.mpi.people import valid_id

CITIZEN = "urn:oid:2.16.156.10011.1.3"


def patient(number: str, citizen_id: str = "") -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [
            {"system": "urn:x:mrn", "value": number},
            {"system": CITIZEN, "value": citizen_id or valid_id("1949-12-31")},
        ],
        "name": [{"text": "王大明", "family": "王", "given": ["大明"]}],
        "gender": "male",
        "birthDate": "1949-12-31",
    }


@pytest.fixture
async def hospitals(hub: Hub) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Two hospitals that speak FHIR themselves."""
    transport = httpx.ASGITransport(build_app(hub), raise_app_exceptions=False)
    headers = [
        {"Authorization": f"Bearer {await token(hub, 'system/*.cruds', name)}"} for name in ("h01", "h02")
    ]
    async with (
        httpx.AsyncClient(transport=transport, base_url=FHIR + "/", headers=headers[0]) as one,
        httpx.AsyncClient(transport=transport, base_url=FHIR + "/", headers=headers[1]) as two,
    ):
        yield one, two


async def persons(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """The active enterprise Patients."""
    found = await client.get("Patient", params={"identifier": f"{CITIZEN}|{valid_id('1949-12-31')}"})
    resources = [entry["resource"] for entry in found.json().get("entry", [])]
    return [each for each in resources if "tag" in each["meta"] and each["active"]]


async def test_two_hospitals_write_one_person(hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient]) -> None:
    one, two = hospitals
    first = (await one.post("Patient", json=patient("1"))).json()
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": patient("2"), "request": {"method": "POST", "url": "Patient"}}],
    }
    answer = (await two.post("", json=bundle)).json()
    second = answer["entry"][0]["response"]["location"].split("Patient/")[1].split("/")[0]
    (person,) = await persons(one)
    linked = {link["other"]["reference"] for link in person["link"]}
    assert linked == {f"Patient/{first['id']}", f"Patient/{second}"}
    everything = (await one.get(f"Patient/{person['id']}/$everything")).json()
    assert {entry["resource"]["id"] for entry in everything["entry"]} == {person["id"], first["id"], second}


async def test_patients_written_at_once_have_each_an_outcome_of_its_own(
    hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    one, two = hospitals
    theirs = (await two.post("Patient", json=patient("0"))).json()
    name = f"Patient/{theirs['id']}"
    told = [
        one.put(f"Patient/a{n}", json=patient(f"a{n}", valid_id("1949-12-31", 301 + 2 * n)) | {"id": f"a{n}"})
        for n in range(5)
    ]
    answers = await asyncio.gather(
        *told,
        one.put(name, json=theirs),
        one.put("Patient/late", json=patient("9") | {"id": "late"}, headers={"If-Match": 'W/"3"'}),
        two.put(name, json=theirs | {"address": [{"city": "上海市"}]}),
        one.put("Patient/same", json=patient("8") | {"id": "same"}),
    )
    assert [each.status_code for each in answers] == [201] * 5 + [403, 412, 200, 201]
    (person,) = await persons(one)
    assert {link["other"]["reference"] for link in person["link"]} == {name, "Patient/same"}


async def test_an_update_by_anybody_is_told_to_the_index(
    hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient], client: httpx.AsyncClient
) -> None:
    first = (await hospitals[0].post("Patient", json=patient("1"))).json()
    moved = patient("1") | {"id": first["id"], "address": [{"city": "上海市"}]}
    assert (await client.put(f"Patient/{first['id']}", json=moved)).status_code == 200
    (person,) = await persons(client)
    assert person["address"] == [{"city": "上海市"}]


async def test_a_client_of_no_hospital_makes_no_person(client: httpx.AsyncClient) -> None:
    assert (await client.post("Patient", json=patient("1"))).status_code == 201
    assert await persons(client) == []


async def test_the_index_keeps_its_own(
    hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient], client: httpx.AsyncClient
) -> None:
    one, two = hospitals
    first = (await one.post("Patient", json=patient("1"))).json()
    (person,) = await persons(one)
    name = f"Patient/{person['id']}"
    delete = {"request": {"method": "DELETE", "url": name}}
    answers = [
        await one.put(name, json=person),
        await one.delete(name),
        await client.delete(f"Patient/{first['id']}"),
        await one.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [delete]}),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert answer.json()["resourceType"] == "OperationOutcome"
    assert (await two.delete(f"Patient/{first['id']}")).status_code == 403
    assert await persons(one) == [person]


async def test_a_hospital_merges_its_own_patients_only(
    hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    one, two = hospitals
    mine = (await one.post("Patient", json=patient("1"))).json()
    theirs = (await two.post("Patient", json=patient("2"))).json()
    (person,) = await persons(one)
    for other in (theirs["id"], person["id"], mine["id"]):
        link = [{"other": {"reference": f"Patient/{other}"}, "type": "replaced-by"}]
        answer = await one.put(f"Patient/{mine['id']}", json=mine | {"active": False, "link": link})
        assert answer.status_code == 422, answer.text
        assert answer.json()["issue"][0]["expression"] == ["Patient.link[0].other"]


async def test_a_hospital_tells_by_a_number_that_the_patient_has(
    hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    one, _ = hospitals
    by = {"identifier": "urn:x:mrn|1"}
    for told in (patient("2"), {"resourceType": "Patient"}):
        answer = await one.put("Patient", params=by, json=told)
        assert answer.status_code == 422
        assert answer.json()["issue"][0]["expression"] == ["Patient.identifier"]
    for criteria in ("|1", "1", "urn:x:mrn|1,urn:x:mrn|2", "urn:x:mrn|"):
        answer = await one.put("Patient", params={"identifier": criteria}, json=patient("1"))
        assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (422, ["identifier"])
    named = await one.put("Patient", params=by | {"name": "x"}, json=patient("1"))
    assert (named.status_code, named.json()["issue"][0]["expression"]) == (422, ["name"])
    assert [(await one.put("Patient", params=by, json=patient("1"))).status_code for _ in "12"] == [201, 200]


async def test_a_hospital_removes_its_patient_and_tells_of_it_again(
    hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    one, two = hospitals
    mine = (await one.post("Patient", json=patient("1"))).json()
    theirs = (
        await two.post("Patient", json=patient("2") | {"identifier": patient("2")["identifier"][1:]})
    ).json()
    (before,) = await persons(one)
    number = "Patient?identifier=urn:x:mrn%7C1"
    refused = await two.delete(number)
    assert refused.status_code == 403, refused.text
    removed = await one.delete(number)
    assert removed.status_code == 204, removed.text
    assert (await one.get(f"Patient/{mine['id']}")).status_code == 410
    (after,) = await persons(one)
    assert after["id"] == before["id"]
    assert [link["other"]["reference"] for link in after["link"]] == [f"Patient/{theirs['id']}"]
    assert all(each["system"] != "urn:x:mrn" for each in after["identifier"])
    asked = await one.get("Patient/$ihe-pix", params={"sourceIdentifier": "urn:x:mrn|1"})
    assert asked.status_code == 404, asked.text
    assert (await one.delete(number)).status_code == 204
    again = await one.put(f"Patient/{mine['id']}", json=mine)
    assert again.status_code == 201, again.text
    (restored,) = await persons(one)
    assert restored["id"] == before["id"]
    assert [link for link in restored["link"] if link["type"] != "replaces"] == before["link"]


@pytest.mark.parametrize("way", ["by number", "by id", "in a transaction"])
async def test_however_a_patient_is_removed_its_link_ends(
    hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient], way: str
) -> None:
    one, two = hospitals
    mine = (await one.post("Patient", json=patient("1"))).json()
    await two.post("Patient", json=patient("2") | {"identifier": patient("2")["identifier"][1:]})
    subject = {"reference": f"Patient/{mine['id']}"}
    told = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": subject}
    assert (await one.post("Observation", json=told)).status_code == 201
    (person,) = await persons(one)
    url = "Patient?identifier=urn:x:mrn%7C1" if way == "by number" else f"Patient/{mine['id']}"
    if way == "in a transaction":
        entry = {"request": {"method": "DELETE", "url": url}}
        body = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        assert (await one.post("", json=body)).status_code == 200
    else:
        assert (await one.delete(url)).status_code == 204
    reached = (await one.get(f"Patient/{person['id']}/$everything")).json()["entry"]
    assert {each["resource"]["resourceType"] for each in reached} == {"Patient"}
    assert mine["id"] not in {each["resource"]["id"] for each in reached}


async def test_what_its_hospital_merged_is_not_unmerged_in_passing(
    hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    one, _ = hospitals
    kept = (await one.post("Patient", json=patient("1"))).json()
    lost = (await one.post("Patient", json=patient("2"))).json()
    link = [{"other": {"reference": f"Patient/{kept['id']}"}, "type": "replaced-by"}]
    merged = lost | {"active": False, "link": link}
    assert (await one.put(f"Patient/{lost['id']}", json=merged)).status_code == 200
    back = await one.put(f"Patient/{lost['id']}", json=lost)
    assert (back.status_code, back.json()["issue"][0]["expression"]) == (405, ["Patient.link"])
    nobody = merged | {"link": [{"other": {"display": "somebody"}, "type": "replaced-by"}]}
    assert (await one.put(f"Patient/{lost['id']}", json=nobody)).status_code == 422


async def test_a_transaction_tells_of_a_patient_by_a_number_that_it_has(
    hospitals: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    one, _ = hospitals

    async def told(number: str) -> httpx.Response:
        request = {"method": "PUT", "url": f"Patient?identifier=urn:x:mrn|{number}"}
        entry = {"resource": patient("1"), "request": request}
        return await one.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [entry]})

    refused = await told("2")
    assert refused.status_code == 422, refused.text
    assert await persons(one) == []
    assert (await told("1")).status_code == 200
    assert len(await persons(one)) == 1
