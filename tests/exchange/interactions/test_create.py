"""create: a new resource under an id of ours, once."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from exchange.hub import Hub

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}], **more}


async def count(client: httpx.AsyncClient, kind: str = "Patient") -> int:
    total: int = (await client.get(kind, params={"_summary": "count"})).json()["total"]
    return total


async def test_created(client: httpx.AsyncClient) -> None:
    made = await client.post("Patient", json=patient(id="mine", gender="male"))
    assert made.status_code == 201
    id_ = made.json()["id"]
    assert UUID7.fullmatch(id_)
    assert made.headers["location"] == f"http://127.0.0.1:8080/fhir/Patient/{id_}/_history/1"
    assert made.headers["etag"] == 'W/"1"'
    assert "last-modified" in made.headers
    read = await client.get(f"Patient/{id_}")
    assert read.content == made.content
    assert read.json()["gender"] == "male"


async def test_numbers_keep_their_text(client: httpx.AsyncClient) -> None:
    body = (
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},'
        b'"valueQuantity":{"value":1.10,"unit":"mmol/L"},"extension":[{"url":"http://x.org/e","valueDecimal":1E+2}]}'
    )
    made = await client.post("Observation", content=body, headers={"Content-Type": "application/fhir+json"})
    assert made.status_code == 201
    read = await client.get(f"Observation/{made.json()['id']}")
    assert b'"value":1.10,' in read.content
    assert b'"valueDecimal":1E+2' in read.content


@pytest.mark.parametrize(
    ("prefer", "kind"),
    [
        ("return=minimal", None),
        ("return=representation", "Patient"),
        ("return=OperationOutcome", "OperationOutcome"),
        ("handling=strict; return=minimal", None),
        ("respond-async", "Patient"),
    ],
)
async def test_the_answer_is_as_preferred(client: httpx.AsyncClient, prefer: str, kind: str | None) -> None:
    made = await client.post("Patient", json=patient(), headers={"Prefer": prefer})
    assert made.status_code == 201
    assert made.headers["location"]
    assert (made.json()["resourceType"] if made.content else None) == kind


async def test_many_at_once(client: httpx.AsyncClient) -> None:
    made = await asyncio.gather(*(client.post("Patient", json=patient()) for _ in range(40)))
    assert {each.status_code for each in made} == {201}
    assert len({each.json()["id"] for each in made}) == 40
    assert await count(client) == 40


async def test_create_unless_it_exists(client: httpx.AsyncClient) -> None:
    condition = {"If-None-Exist": "identifier=urn:x|1"}
    first = await client.post("Patient", json=patient(), headers=condition)
    again = await client.post("Patient", json=patient(gender="male"), headers=condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["location"] == first.headers["location"]
    assert again.content == first.content
    await client.post("Patient", json=patient())
    several = await client.post("Patient", json=patient(), headers=condition)
    assert (several.status_code, several.json()["issue"][0]["code"]) == (412, "multiple-matches")
    assert await count(client) == 2


async def test_concurrent_conditional_creations_create_one(client: httpx.AsyncClient, hub: Hub) -> None:
    spelled = ["identifier=urn:x|1", "identifier=urn%3Ax%7C1", "?identifier=urn:x|1"]
    made = await asyncio.gather(
        *(
            client.post("Patient", json=patient(), headers={"If-None-Exist": spelled[n % 3]})
            for n in range(24)
        )
    )
    assert sorted(each.status_code for each in made) == [200] * 23 + [201]
    assert len({each.json()["id"] for each in made}) == 1
    assert await count(client) == 1


@pytest.mark.parametrize(
    "condition", ["", "?", "_count=1", "nonsense=1", "identifier=", "identifier", "_sort=_id", "%ff=%ff"]
)
async def test_a_condition_must_select(client: httpx.AsyncClient, condition: str) -> None:
    made = await client.post("Patient", json=patient(), headers={"If-None-Exist": condition})
    assert made.status_code in (400, 412)
    assert made.json()["resourceType"] == "OperationOutcome"
    assert await count(client) == 0


async def test_a_condition_may_be_any_search(client: httpx.AsyncClient) -> None:
    await client.post("Patient", json=patient(name=[{"family": "王"}], birthDate="1990-03-07"))
    condition = {"If-None-Exist": "family=王&birthdate=1990-03-07".encode().decode("latin-1")}
    condition = {"If-None-Exist": "family=%E7%8E%8B&birthdate=1990-03-07"}
    assert (await client.post("Patient", json=patient(), headers=condition)).status_code == 200


async def test_the_body_is_of_the_type_in_the_url(client: httpx.AsyncClient) -> None:
    made = await client.post("Observation", json=patient())
    assert made.status_code == 400
    assert made.json()["issue"][0]["expression"] == ["resourceType"]


@pytest.mark.parametrize(
    ("more", "status", "expression"),
    [
        ({"nonsense": 1}, 400, "Patient"),
        ({"birthDate": "1990-13-01"}, 400, "Patient.birthDate"),
        ({"gender": ["male"]}, 400, "Patient.gender"),
        ({"gender": "männlich"}, 422, "Patient.gender"),
        ({"link": [{"type": "seealso"}]}, 422, "Patient.link[0]"),
    ],
)
async def test_what_is_not_fhir_is_not_stored(
    client: httpx.AsyncClient, more: dict[str, Any], status: int, expression: str
) -> None:
    made = await client.post("Patient", json=patient(**more))
    assert made.status_code == status, made.text
    assert made.json()["issue"][0]["expression"][0].startswith(expression)
    assert await count(client) == 0


async def test_conditional_references_are_for_transactions(client: httpx.AsyncClient) -> None:
    reference = {"reference": "Practitioner?identifier=urn:x|1"}
    made = await client.post("Patient", json=patient(generalPractitioner=[reference]))
    assert (made.status_code, made.json()["issue"][0]["code"]) == (422, "business-rule")
    assert made.json()["issue"][0]["expression"] == ["Patient.generalPractitioner[0].reference"]
    made = await client.post("Patient", json=patient(name=[{"text": "who?"}]))
    assert made.status_code == 201
