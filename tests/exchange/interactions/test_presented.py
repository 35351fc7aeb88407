"""XML and JSON over HTTP, both ways: requests, answers, errors."""

import json
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from exchange import fhirjson, xml
from exchange.hub import definitions

SPACE = "{http://hl7.org/fhir}"
XML = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"}
OBSERVATION: dict[str, Any] = fhirjson.loads(
    b"""{"resourceType":"Observation","id":"o1","extension":[{"url":"http://example.org/e","valueString":"x"}],
    "status":"final","_status":{"id":"s"},"code":{"text":"\\u94be <&\\" \\n"},
    "effectiveDateTime":"2024-05-01","valueQuantity":{"value":1.10,"unit":"mmol/L"},
    "text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><b>1.10</b>&#160;</div>"},
    "referenceRange":[{"low":{"value":3.50},"text":"\\u6b63\\u5e38"},{"high":{"value":1E+1}}]}"""
)


def outcome(answer: httpx.Response) -> ElementTree.Element:
    """The OperationOutcome that is one in XML."""
    assert answer.headers["content-type"] == "application/fhir+xml;charset=utf-8"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == SPACE + "OperationOutcome"
    return root


async def test_what_is_sent_in_xml_is_stored_as_json_and_back(client: httpx.AsyncClient) -> None:
    document = xml.dumps(OBSERVATION, definitions())
    made = await client.put("Observation/o1", content=document, headers=XML)
    assert (made.status_code, made.headers["etag"]) == (201, 'W/"1"')
    assert made.headers["content-type"] == "application/fhir+xml;charset=utf-8"
    stored = await client.get("Observation/o1", headers={"Accept": "application/fhir+json"})
    assert stored.headers["content-type"] == "application/fhir+json;charset=utf-8"
    resource = fhirjson.loads(stored.content)
    meta = resource.pop("meta")
    assert resource.keys() == OBSERVATION.keys()
    assert resource == OBSERVATION
    assert b'"value":1.10,' in stored.content
    assert b'"value":1E+1' in stored.content
    read = await client.get("Observation/o1", headers={"Accept": "application/fhir+xml"})
    assert read.content == made.content == xml.dumps({**OBSERVATION, "meta": meta}, definitions())
    again = await client.put("Observation/o1", content=read.content, headers=XML)
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"1"')


@pytest.mark.parametrize(
    "accept", ["application/xml", "text/xml", "application/fhir+json;q=0.5, application/fhir+xml;q=0.6"]
)
async def test_other_ways_to_ask_for_xml(client: httpx.AsyncClient, accept: str) -> None:
    await client.put(
        "Observation/o1", content=fhirjson.dumps(OBSERVATION), headers={"Content-Type": "text/json"}
    )
    wanted = (await client.get("Observation/o1?_format=xml")).content
    assert wanted.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?><Observation xmlns="http://hl7.org/fhir">'
    )
    assert (await client.get("Observation/o1", headers={"Accept": accept})).content == wanted
    for form in ("application/fhir+xml", "application/xml", "text/xml"):
        answer = await client.get("Observation/o1", params={"_format": form})
        assert answer.content == wanted
        assert answer.headers["vary"] == "Accept, Accept-Encoding"


async def test_bundles(client: httpx.AsyncClient) -> None:
    entry = {"resource": OBSERVATION, "request": {"method": "PUT", "url": "Observation/o1"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    answer = await client.post("", content=xml.dumps(bundle, definitions()), headers=XML)
    assert answer.status_code == 200
    assert xml.loads(answer.content, definitions())["type"] == "transaction-response"
    for url in ("Observation?_id=o1", "Observation/o1/_history"):
        in_xml = await client.get(url, headers={"Accept": "application/fhir+xml"})
        in_json = await client.get(url)
        assert xml.loads(in_xml.content, definitions()) == fhirjson.loads(in_json.content)
    posted = await client.post("Observation/_search", data={"_id": "o1", "_format": "xml"})
    assert posted.headers["content-type"].startswith("application/fhir+xml")
    assert xml.loads(posted.content, definitions())["entry"][0]["resource"]["id"] == "o1"


async def test_metadata(client: httpx.AsyncClient) -> None:
    answer = await client.get("metadata", headers={"Accept": "application/fhir+xml"})
    assert xml.loads(answer.content, definitions()) == (await client.get("metadata")).json()


async def test_pretty(client: httpx.AsyncClient) -> None:
    body = fhirjson.dumps(OBSERVATION)
    await client.put("Observation/o1", content=body, headers={"Content-Type": "application/json"})
    plain = await client.get("Observation/o1?_format=xml")
    pretty = await client.get("Observation/o1?_format=xml&_pretty=true")
    assert pretty.content.count(b"\n") > 20
    assert b'\n  <id value="o1"/>\n' in pretty.content
    assert xml.loads(pretty.content, definitions()) == xml.loads(plain.content, definitions())
    answer = await client.get("Observation/o1?_pretty=true")
    assert b'"value": 1.10,' in answer.content
    assert (await client.get("Observation/o1?_pretty=false")).content.count(b"\n") == 0


@pytest.mark.parametrize(
    ("url", "status", "expression"),
    [
        ("Observation/o1?_pretty=yes", 400, "_pretty"),
        ("Observation/o1?_pretty=true&_pretty=false", 400, "_pretty"),
        ("Observation/o1?_format=json&_format=xml", 400, "_format"),
        ("Observation/o1?_summary=yes", 400, "_summary"),
        ("Observation/o1?_summary=count", 400, "_summary"),
        ("Observation/o1?_summary=true&_summary=text", 400, "_summary"),
        ("Observation/o1?_summary=true&_elements=code", 400, "_elements"),
        ("Observation/o1?_elements=,", 400, "_elements"),
        ("Observation?_format=ttl", 406, "_format"),
        ("metadata?_pretty=1", 400, "_pretty"),
    ],
)
async def test_what_cannot_be_asked(
    client: httpx.AsyncClient, url: str, status: int, expression: str
) -> None:
    await client.put(
        "Observation/o1",
        json={"resourceType": "Observation", "id": "o1", "status": "final", "code": {"text": "x"}},
    )
    answer = await client.get(url)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (status, [expression])


async def test_errors_come_in_the_format_that_is_wanted(client: httpx.AsyncClient) -> None:
    for method, url in (
        ("GET", "Patient/none"),
        ("GET", "Nonsense"),
        ("GET", "Patient?x=1"),
        ("PUT", "metadata"),
    ):
        answer = await client.request(method, url, headers=XML)
        found = outcome(answer).find(f"{SPACE}issue/{SPACE}severity")
        assert found is not None
        assert found.get("value") == "error"
    answer = await client.get("Patient/none?_format=xml", headers={"Accept": "application/fhir+json"})
    assert answer.status_code == 404
    outcome(answer)
    answer = await client.get("Patient/none?_format=xml", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401
    outcome(answer)
    answer = await client.put("Patient/p", content=b"<", headers=XML)
    assert answer.status_code == 400
    assert outcome(answer).find(f"{SPACE}issue/{SPACE}expression") is not None
    in_json = await client.put("Patient/p", content=b"<", headers={"Content-Type": "application/fhir+xml"})
    assert in_json.json()["issue"][0]["expression"] == ["Patient"]


async def test_what_xml_cannot_hold(client: httpx.AsyncClient) -> None:
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": "\uffff"}]}
    headers = {"Content-Type": "application/json", "Accept": "application/fhir+xml"}
    made = await client.put("Patient/p1", content=json.dumps(patient), headers=headers)
    assert made.status_code == 201
    assert made.headers["location"].endswith("Patient/p1/_history/1")
    severity = outcome(made).find(f"{SPACE}issue/{SPACE}severity")
    assert severity is not None
    assert severity.get("value") == "warning"
    read = await client.get("Patient/p1", headers=headers)
    assert read.status_code == 406
    expression = outcome(read).find(f"{SPACE}issue/{SPACE}expression")
    assert expression is not None
    assert expression.get("value") == "Patient.name[0].family"
    assert (await client.get("Patient/p1")).status_code == 200


async def test_a_large_body_is_the_same(client: httpx.AsyncClient) -> None:
    names = [{"family": f"王{n}", "given": ["小明" * 20]} for n in range(5000)]
    patient = {"resourceType": "Patient", "id": "p1", "name": names}
    made = await client.put("Patient/p1", content=xml.dumps(patient, definitions()), headers=XML)
    assert made.status_code == 201
    assert (await client.get("Patient/p1")).json()["name"] == names
    assert (await client.put("Patient/p1", json=patient)).headers["etag"] == 'W/"1"'
    bad = await client.put("Patient/p1", content=made.content[:-1], headers=XML)
    assert bad.status_code == 400


async def test_conditions_and_the_form_of_the_answer(client: httpx.AsyncClient) -> None:
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}]}
    url = "Patient?identifier=urn:x|1&_format=xml&_pretty=true"
    for status in (201, 200):
        made = await client.put(url, json=patient)
        assert (made.status_code, made.headers["content-type"].split(";")[0]) == (
            status,
            "application/fhir+xml",
        )
    assert (await client.delete(url)).status_code in (200, 204)
    assert (await client.delete("Patient?_format=xml")).status_code == 412


async def test_what_an_interaction_does_not_know_is_refused(client: httpx.AsyncClient) -> None:
    patient = {"resourceType": "Patient", "id": "p1"}
    assert (await client.put("Patient/p1", json=patient)).status_code == 201
    lenient = {"Prefer": "handling=lenient"}
    for method, path in (
        ("GET", "Patient/p1"),
        ("PUT", "Patient/p1"),
        ("POST", "Patient"),
        ("DELETE", "Patient/p1"),
    ):
        body = None if method in ("GET", "DELETE") else patient
        answer = await client.request(method, f"{path}?identifier=urn:x|1", json=body)
        assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, ["identifier"])
        answer = await client.request(method, f"{path}?identifier=urn:x|1", json=body, headers=lenient)
        assert answer.status_code < 300
