"""patch: what changes, what is refused, and that no writer's change is lost."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from tests.exchange.conftest import Caller

JSON_PATCH = {"Content-Type": "application/json-patch+json"}
XML_PATCH = {"Content-Type": "application/xml-patch+xml"}
FHIR_JSON = {"Content-Type": "application/fhir+json"}

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "preliminary",
    "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
    "identifier": [{"system": "http://lab.example/ids", "value": "7"}],
}
BODY = b'{"valueQuantity":{"value":1.10,"unit":"g"},' + json.dumps(OBSERVATION).encode()[1:]


@pytest.fixture
async def stored(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A hub with one Observation."""
    answer = await client.put("Observation/o1", content=BODY, headers=FHIR_JSON)
    assert answer.status_code == 201
    return client


async def patch(
    client: httpx.AsyncClient, *operations: Any, url: str = "Observation/o1", **headers: str
) -> Any:
    content = json.dumps(operations)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.patch(url, content=content, headers=JSON_PATCH | named)


def replaced(value: str = "final", path: str = "/status") -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def parameters(**parts: Any) -> dict[str, Any]:
    listed = [
        {"name": name.partition("_")[0], name.partition("_")[2]: value} for name, value in parts.items()
    ]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": listed}]}


async def test_a_json_patch_makes_a_new_version(stored: httpx.AsyncClient) -> None:
    answer = await patch(stored, {"op": "test", "path": "/status", "value": "preliminary"}, replaced())
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    assert answer.json()["status"] == "final"
    assert b'"value":1.10' in (await stored.get("Observation/o1")).content
    found = await stored.get("Observation", params={"status": "final"})
    assert found.json()["total"] == 1


async def test_nothing_changed_is_no_version(stored: httpx.AsyncClient) -> None:
    answer = await patch(stored, replaced("preliminary"))
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"1"')


async def test_a_fhirpath_patch(stored: httpx.AsyncClient) -> None:
    body = parameters(type_valueCode="replace", path_valueString="Observation.value", value_valueString="few")
    answer = await stored.patch("Observation/o1", json=body, headers=FHIR_JSON)
    assert answer.status_code == 200
    assert answer.json()["valueString"] == "few"
    assert "valueQuantity" not in answer.json()


async def test_a_fhirpath_patch_in_xml(stored: httpx.AsyncClient) -> None:
    body = """<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>
      <part><name value="type"/><valueCode value="delete"/></part>
      <part><name value="path"/><valueString value="Observation.value"/></part></parameter></Parameters>"""
    answer = await stored.patch(
        "Observation/o1", content=body, headers={"Content-Type": "application/fhir+xml"}
    )
    assert answer.status_code == 200
    assert "valueQuantity" not in answer.json()


async def test_an_xml_patch(stored: httpx.AsyncClient) -> None:
    operation = '<replace sel="f:Observation/f:status/@value">final</replace>'
    body = f'<diff xmlns="http://hl7.org/fhir">{operation}</diff>'
    answer = await stored.patch("Observation/o1", content=body, headers=XML_PATCH)
    assert answer.status_code == 200
    assert answer.json()["status"] == "final"
    assert b'"value":1.10' in answer.content


@pytest.mark.parametrize(
    ("operations", "status", "expression"),
    [
        ([{"op": "test", "path": "/status", "value": "final"}], 422, "Observation.status"),
        ([replaced(path="/code/coding/3/code")], 422, "Observation.code.coding[3]"),
        ([{"op": "remove", "path": "/subject"}], 422, "Observation.subject"),
        ([{"op": "remove", "path": "/status"}], 422, "Observation.status"),
        ([{"op": "add", "path": "/wrong", "value": 1}], 422, "Observation"),
        ([replaced("o2", "/id")], 422, "Observation.id"),
        ([replaced("Patient", "/resourceType")], 422, "resourceType"),
        ([{"op": "frobnicate", "path": "/status"}], 400, "[0].op"),
        ([{"op": "remove", "path": "status"}], 400, "[0].path"),
        ([{"op": "add", "path": "/note"}], 400, "[0].value"),
        (["x"], 400, "[0]"),
    ],
)
async def test_what_cannot_be_applied(
    stored: httpx.AsyncClient, operations: list[Any], status: int, expression: str
) -> None:
    answer = await patch(stored, *operations)
    assert answer.status_code == status, answer.text
    assert answer.json()["issue"][0]["expression"] == [expression]
    assert (await stored.get("Observation/o1")).headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize(
    "body", [b"", b"[", b"{}", b'[],"a":1', b'[{"op":"remove","op":"test","path":"/a"}]']
)
async def test_what_is_no_patch(stored: httpx.AsyncClient, body: bytes) -> None:
    answer = await stored.patch("Observation/o1", content=body, headers=JSON_PATCH)
    assert answer.status_code == 400


async def test_another_format(stored: httpx.AsyncClient) -> None:
    answer = await stored.patch(
        "Observation/o1", content=b"{}", headers={"Content-Type": "application/merge-patch+json"}
    )
    assert answer.status_code == 415
    assert "application/json-patch+json" in answer.headers["Accept-Patch"]


async def test_if_match(stored: httpx.AsyncClient) -> None:
    assert (await patch(stored, replaced(), If_Match='W/"9"')).status_code == 412
    assert (await patch(stored, replaced(), If_Match='W/"1"')).status_code == 200
    assert (await patch(stored, replaced("amended"), If_Match='W/"1"')).status_code == 412


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("minimal", None), ("OperationOutcome", "OperationOutcome"), ("representation", "Observation")],
)
async def test_prefer(stored: httpx.AsyncClient, wanted: str, said: str | None) -> None:
    answer = await patch(stored, replaced(), Prefer=f"return={wanted}")
    assert answer.status_code == 200
    assert (answer.json()["resourceType"] if answer.content else None) == said


async def test_what_is_not_there(client: httpx.AsyncClient) -> None:
    assert (await patch(client, replaced())).status_code == 404
    await client.put("Observation/o1", json=OBSERVATION)
    await client.delete("Observation/o1")
    assert (await patch(client, replaced())).status_code == 410


async def test_who_may(stored: httpx.AsyncClient, caller: Caller) -> None:
    assert (await patch(await caller("system/Observation.r"), replaced())).status_code == 403
    answer = await patch(await caller("system/Observation.u"), replaced())
    assert (answer.status_code, answer.content) == (200, b"")


async def test_no_change_is_lost(client: httpx.AsyncClient) -> None:
    await client.put("Basic/b", json={"resourceType": "Basic", "id": "b", "code": {"text": "x"}})
    await patch(client, {"op": "add", "path": "/identifier", "value": [{"value": "0"}]}, url="Basic/b")

    async def add(n: int) -> int:
        value = {"value": str(n)}
        while True:
            answer = await patch(
                client, {"op": "add", "path": "/identifier/-", "value": value}, url="Basic/b"
            )
            if answer.status_code != 409:
                return int(answer.status_code)

    assert set(await asyncio.gather(*map(add, range(1, 13)))) == {200}
    stored = (await client.get("Basic/b")).json()
    assert sorted(int(one["value"]) for one in stored["identifier"]) == list(range(13))
    assert stored["meta"]["versionId"] == "14"


async def test_a_patient_too(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p", json={"resourceType": "Patient", "id": "p", "name": [{"family": "王"}]})
    answers = await asyncio.gather(
        *(
            patch(client, {"op": "add", "path": "/name/0/given", "value": [str(n)]}, url="Patient/p")
            for n in range(4)
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    versions = int((await client.get("Patient/p")).json()["meta"]["versionId"])
    assert versions == 1 + sum(answer.status_code == 200 for answer in answers)


async def test_the_condition_must_find_one(stored: httpx.AsyncClient) -> None:
    url = "Observation?identifier=http://lab.example/ids|7"
    assert (await patch(stored, replaced(), url=url)).json()["status"] == "final"
    assert (await patch(stored, replaced(), url="Observation?identifier=none")).status_code == 404
    await stored.put("Observation/o2", json=OBSERVATION | {"id": "o2"})
    assert (await patch(stored, replaced(), url=url)).status_code == 412
    assert (await patch(stored, replaced(), url="Observation")).status_code == 412
    assert (await patch(stored, replaced(), url="Observation?wrong=1")).status_code == 400


async def test_in_a_batch(stored: httpx.AsyncClient) -> None:
    data = base64.b64encode(json.dumps([replaced()]).encode()).decode()
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}
    path = parameters(type_valueCode="delete", path_valueString="Observation.value")
    entries = [
        {"resource": body, "request": {"method": "PATCH", "url": "Observation/o1"}} for body in (binary, path)
    ]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answers = (await stored.post("", json=bundle)).json()["entry"]
    assert [answer["response"]["status"] for answer in answers] == ["200 OK", "200 OK"]
    now = (await stored.get("Observation/o1")).json()
    assert now["status"] == "final"
    assert "valueQuantity" not in now


async def test_metadata_tells_of_it(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()
    codes = [one["code"] for one in statement["rest"][0]["resource"][0]["interaction"]]
    assert "patch" in codes
    assert "conditional-patch" not in codes
    assert "application/json-patch+json" in statement["patchFormat"]
