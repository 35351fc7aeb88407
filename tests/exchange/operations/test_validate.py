"""$validate, of what is sent and of what is stored."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Caller = Callable[[str], Awaitable[httpx.AsyncClient]]
BASE = "https://yilian.example/fhir"
NAMED = f"{BASE}/StructureDefinition/named"
BAD = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "x"},
    "valueQuantity": {"code": "g"},
}
PROFILE = {
    "resourceType": "StructureDefinition",
    "id": "named",
    "url": NAMED,
    "name": "Named",
    "status": "active",
    "kind": "resource",
    "abstract": False,
    "type": "Patient",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "derivation": "constraint",
    "differential": {"element": [{"id": "Patient.name", "path": "Patient.name", "min": 1}]},
}


def errors(answer: httpx.Response) -> list[tuple[str, str]]:
    """(code, expression)"""
    assert answer.status_code == 200, answer.text
    issues = answer.json()["issue"]
    wrong = [issue for issue in issues if issue["severity"] in ("error", "fatal")]
    return [(issue["code"], issue.get("expression", [""])[0]) for issue in wrong]


def parameters(resource: Any = None, **more: str) -> dict[str, Any]:
    given: list[dict[str, Any]] = [{"name": name, "valueString": value} for name, value in more.items()]
    if resource is not None:
        given.append({"name": "resource", "resource": resource})
    return {"resourceType": "Parameters", "parameter": given}


async def test_a_bare_resource(client: httpx.AsyncClient) -> None:
    assert errors(await client.post("Patient/$validate", json={"resourceType": "Patient"})) == []
    assert errors(await client.post("Observation/$validate", json=BAD)) == [
        ("invariant", "Observation.value.ofType(Quantity)")
    ]


async def test_line_and_column_of_the_text_that_came(client: httpx.AsyncClient) -> None:
    for body in (BAD, parameters(BAD)):
        text = json.dumps(body, indent=1)
        answer = await client.post(
            "Observation/$validate", content=text, headers={"Content-Type": "application/json"}
        )
        (issue,) = [one for one in answer.json()["issue"] if one["severity"] == "error"]
        line = issue["extension"][0]["valueInteger"]
        assert "valueQuantity" in text.splitlines()[line - 1]


async def test_xml(client: httpx.AsyncClient) -> None:
    body = '<Patient xmlns="http://hl7.org/fhir">\n<active value="maybe"/></Patient>'
    answer = await client.post(
        "Patient/$validate", content=body, headers={"Content-Type": "application/fhir+xml"}
    )
    assert errors(answer) == [("value", "Patient.active")]
    assert answer.json()["issue"][0]["extension"][0]["valueInteger"] == 2


async def test_text_that_is_no_resource(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "Patient/$validate", content=b'{"resourceType": ', headers={"Content-Type": "application/json"}
    )
    assert [code for code, _ in errors(answer)] == ["structure"]
    assert errors(await client.post("Patient/$validate", json=BAD))[0] == ("invalid", "")


async def test_profiles_that_were_sent_before(client: httpx.AsyncClient) -> None:
    unknown = await client.post(f"Patient/$validate?profile={NAMED}", json={"resourceType": "Patient"})
    assert len(errors(unknown)) == 1
    assert (await client.put("StructureDefinition/named", json=PROFILE)).status_code == 201
    body = parameters({"resourceType": "Patient"}, profile=NAMED)
    assert errors(await client.post("Patient/$validate", json=body)) == [("structure", "Patient")]
    named = parameters({"resourceType": "Patient", "name": [{"text": "x"}]}, profile=NAMED)
    assert errors(await client.post("Patient/$validate", json=named)) == []
    await client.delete("StructureDefinition/named")
    assert len(errors(await client.post("Patient/$validate", json=named))) == 1


async def test_what_is_stored(client: httpx.AsyncClient) -> None:
    await client.put("Observation/o", json={**BAD, "id": "o"})
    assert errors(await client.get("Observation/o/$validate")) == [
        ("invariant", "Observation.value.ofType(Quantity)")
    ]
    assert (await client.get("Observation/none/$validate")).status_code == 404


async def test_modes(client: httpx.AsyncClient) -> None:
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a"})
    assert errors(await client.get("Patient/a/$validate?mode=delete")) == []
    assert errors(await client.get("Patient/b/$validate?mode=delete")) == [("not-found", "")]
    other = parameters({"resourceType": "Patient", "id": "b"}, mode="update")
    assert errors(await client.post("Patient/a/$validate", json=other)) == [("invalid", "Patient.id")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Patient/$validate?mode=guess", {"resourceType": "Patient"}),
        ("Patient/$validate", {"resourceType": "Parameters", "parameter": [7]}),
        ("Patient/$validate?mode=delete", {"resourceType": "Patient"}),
    ],
)
async def test_what_cannot_be_asked(client: httpx.AsyncClient, path: str, body: Any) -> None:
    assert (await client.post(path, json=body)).status_code == 400


async def test_who_may_not_read_may_not_ask(caller: Caller) -> None:
    stranger = await caller("system/Observation.r")
    assert (await stranger.post("Patient/$validate", json={"resourceType": "Patient"})).status_code == 403


async def test_it_is_stated(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()
    (patient,) = [one for one in statement["rest"][0]["resource"] if one["type"] == "Patient"]
    definition = "http://hl7.org/fhir/OperationDefinition/Resource-validate"
    assert {"name": "validate", "definition": definition} in patient["operation"]


async def test_must_support_elements_that_are_not_there(client: httpx.AsyncClient) -> None:
    elements = [
        {"id": f"Patient.{name}", "path": f"Patient.{name}", "mustSupport": True}
        for name in ("name", "photo")
    ]
    profile = {**PROFILE, "differential": {"element": elements}}
    await client.put("StructureDefinition/named", json=profile)
    patient = {"resourceType": "Patient", "name": [{"family": "x"}]}
    asked = parameters(patient, profile=NAMED, mustSupport="true")
    answer = await client.post("Patient/$validate", json=asked)
    told = [one["diagnostics"] for one in answer.json()["issue"] if "must-support" in one["diagnostics"]]
    assert told == [f"Patient.photo is must-support in {NAMED}, and is not there"]
    plain = await client.post(f"Patient/$validate?profile={NAMED}", json=patient)
    assert "must-support" not in plain.text
