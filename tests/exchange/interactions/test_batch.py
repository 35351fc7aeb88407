"""batch: each entry for itself."""

from typing import Any

import httpx

PATIENT: dict[str, Any] = {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}]}


def entry(method: str, url: str, resource: dict[str, Any] | None = None, **request: str) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    return made if resource is None else {"resource": resource, **made}


async def send(client: httpx.AsyncClient, *entries: Any) -> list[dict[str, Any]]:
    answer = await client.post("", json={"resourceType": "Bundle", "type": "batch", "entry": list(entries)})
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "batch-response")
    found: list[dict[str, Any]] = bundle["entry"]
    return found


async def test_failures_stay_where_they_are(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json={**PATIENT, "id": "p1"})
    answers = await send(
        client,
        entry("POST", "Patient", PATIENT),
        entry("POST", "Patient", {**PATIENT, "nonsense": 1}),
        entry("GET", "Patient/p1"),
        entry("GET", "Patient/absent"),
        entry("GET", "Patient?identifier=urn:x|1&_summary=count"),
        entry("PUT", "Patient/p1", {**PATIENT, "id": "p1"}, ifMatch='W/"7"'),
        entry("DELETE", "Patient/p9"),
        entry("PATCH", "Patient/p1"),
        entry("GET", "Nonsense/1"),
        entry("GET", "metadata"),
    )
    statuses = [answer["response"]["status"][:3] for answer in answers]
    assert statuses == ["201", "400", "200", "404", "200", "412", "204", "400", "404", "200"]
    assert answers[0]["response"]["location"].startswith("http://127.0.0.1:8080/fhir/Patient/")
    assert answers[1]["response"]["outcome"]["issue"][0]["expression"] == ["Patient"]
    assert answers[2]["resource"]["id"] == "p1"
    assert answers[4]["resource"]["type"] == "searchset"
    assert answers[9]["resource"]["resourceType"] == "CapabilityStatement"


async def test_many_entries_keep_their_order(client: httpx.AsyncClient) -> None:
    puts = [entry("PUT", f"Patient/p{n}", {**PATIENT, "id": f"p{n}"}) for n in range(100)]
    answers = await send(client, *puts)
    locations = [answer["response"]["location"] for answer in answers]
    assert locations == [f"http://127.0.0.1:8080/fhir/Patient/p{n}/_history/1" for n in range(100)]


async def test_conditional_creation(client: httpx.AsyncClient) -> None:
    once = entry("POST", "Patient", PATIENT, ifNoneExist="identifier=urn:x|1")
    answers = await send(client, once, once, once)
    assert sorted(answer["response"]["status"] for answer in answers) == ["200 OK", "200 OK", "201 Created"]


async def test_each_entry_must_be_permitted(caller: Any) -> None:
    reader = await caller("system/Patient.rs")
    answers = await send(reader, entry("POST", "Patient", PATIENT), entry("GET", "Patient?_id=p1"))
    assert [answer["response"]["status"][:3] for answer in answers] == ["403", "200"]
    assert answers[0]["response"]["outcome"]["issue"][0]["code"] == "forbidden"


async def test_a_bundle_that_is_none(client: httpx.AsyncClient) -> None:
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET", "url": 1}}]}
    answer = await client.post("", json=bundle)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[0].request.url"]


async def test_no_batch_in_a_batch(client: httpx.AsyncClient) -> None:
    inner = {"resourceType": "Bundle", "type": "batch", "entry": []}
    answer = await client.post(
        "",
        json={"resourceType": "Bundle", "type": "batch", "entry": [entry("POST", "/", inner)]},
    )
    assert answer.status_code in (200, 400)
    assert "500" not in answer.text
