"""fhirpy, a Python client, does its work with the hub. https://github.com/beda-software/fhir-py"""

from typing import Any

import pytest
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, OperationOutcome, ResourceNotFound

from tests.clients.conftest import Door


@pytest.fixture
def fhir(door: Door) -> AsyncFHIRClient:
    return AsyncFHIRClient(door.fhir, authorization=f"Bearer {door.token}")


async def test_create_read_update_delete(fhir: AsyncFHIRClient) -> None:
    patient = fhir.resource("Patient", name=[{"text": "王小明"}], active=True)
    await patient.save()
    assert patient["meta"]["versionId"] == "1"
    read = await fhir.reference("Patient", patient.id).to_resource()
    assert read.serialize() == patient.serialize()
    read["birthDate"] = "1990-05-01"
    await read.save()
    assert read["meta"]["versionId"] == "2"
    assert (await fhir.get("Patient", patient.id))["birthDate"] == "1990-05-01"
    await read.delete()
    with pytest.raises(ResourceNotFound):
        await fhir.reference("Patient", patient.id).to_resource()


async def test_search_goes_through_all_pages(fhir: AsyncFHIRClient) -> None:
    for number in range(25):
        observation = fhir.resource("Observation", status="final", code={"text": "x"}, valueInteger=number)
        observation["identifier"] = [{"system": "urn:x", "value": f"n{number:02}"}]
        await observation.save()
    found = fhir.resources("Observation").search(status="final").sort("identifier").limit(10)
    assert len(await found.fetch()) == 10
    assert [each["valueInteger"] for each in await found.fetch_all()] == list(range(25))
    assert [each["valueInteger"] async for each in found] == list(range(25))
    counted = await fhir.execute("Observation", method="get", params={"status": "final", "_summary": "count"})
    assert counted["total"] == 25
    first = await fhir.resources("Observation").search(identifier="urn:x|n03").get()
    assert first["valueInteger"] == 3
    some = await fhir.resources("Observation").elements("valueInteger").limit(5).fetch()
    assert {"valueInteger", "status", "code"} <= set(some[0])
    assert "identifier" not in some[0]


async def test_conditional_update(fhir: AsyncFHIRClient) -> None:
    criteria = fhir.resources("Organization").search(identifier="urn:x|h1")
    identifier = [{"system": "urn:x", "value": "h1"}]
    made, is_new = await criteria.update(fhir.resource("Organization", identifier=identifier, name="一"))
    assert is_new
    again, is_new = await criteria.update(fhir.resource("Organization", identifier=identifier, name="二"))
    assert not is_new
    assert (again.id, again["name"], again["meta"]["versionId"]) == (made.id, "二", "2")
    # As one server's own language has it, which would create a second one here: it must not go unnoticed.
    with pytest.raises(OperationOutcome) as refused:
        await criteria.get_or_create(fhir.resource("Organization", identifier=identifier))
    assert refused.value.resource["issue"][0]["expression"] == ["identifier"]


async def test_transaction(fhir: AsyncFHIRClient) -> None:
    mother = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
    entries: list[dict[str, Any]] = [
        {
            "fullUrl": mother,
            "resource": {"resourceType": "Patient", "name": [{"text": "李四"}]},
            "request": {"method": "POST", "url": "Patient"},
        },
        {
            "resource": {
                "resourceType": "Observation",
                "status": "final",
                "code": {"text": "x"},
                "subject": {"reference": mother},
            },
            "request": {"method": "POST", "url": "Observation"},
        },
    ]
    answer = await fhir.execute("", data={"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["201", "201"]
    location = answer["entry"][0]["response"]["location"].split("/_history")[0]
    id_ = location.rpartition("/")[2]
    found = await fhir.resources("Observation").search(subject=f"Patient/{id_}").fetch_all()
    assert [each["subject"]["reference"] for each in found] == [f"Patient/{id_}"]


async def test_patch(fhir: AsyncFHIRClient) -> None:
    patient = fhir.resource("Patient", name=[{"text": "王小明"}], active=True)
    await patient.save()
    replace = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Patient.active"},
        {"name": "value", "valueBoolean": False},
    ]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": replace}]}
    patched = await fhir.execute(f"Patient/{patient.id}", method="patch", data=parameters)
    assert patched["active"] is False
    assert patched["meta"]["versionId"] == "2"


async def test_everything(fhir: AsyncFHIRClient) -> None:
    patient = fhir.resource("Patient", active=True)
    await patient.save()
    bundle = await patient.execute("$everything", method="get")
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == [patient.id]


async def test_refusals_are_understood(fhir: AsyncFHIRClient, door: Door) -> None:
    with pytest.raises(OperationOutcome) as refused:
        await fhir.resource("Patient", gender="no such").save()
    assert refused.value.resource["issue"][0]["expression"] == ["Patient.gender"]
    with pytest.raises(AuthorizationError):
        await AsyncFHIRClient(door.fhir, authorization="Bearer x").resources("Patient").fetch()
