"""Transactions that tests send."""

import re
from typing import Any

import httpx

Resource = dict[str, Any]
URN = "urn:uuid:00000000-0000-4000-8000-00000000000"


def patient(value: str = "1", **more: Any) -> Resource:
    return {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": value}], **more}


def observation(subject: str, **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": subject},
        **more,
    }


def post(resource: Resource, full_url: str | None = None, **request: str) -> Resource:
    return entry(resource, full_url, "POST", resource["resourceType"], request)


def put(resource: Resource, url: str | None = None, full_url: str | None = None, **request: str) -> Resource:
    return entry(resource, full_url, "PUT", url or f"{resource['resourceType']}/{resource['id']}", request)


def delete(url: str, **request: str) -> Resource:
    return {"request": {"method": "DELETE", "url": url, **request}}


def get(url: str, **request: str) -> Resource:
    return {"request": {"method": "GET", "url": url, **request}}


def entry(
    resource: Resource, full_url: str | None, method: str, url: str, request: dict[str, str]
) -> Resource:
    named = {} if full_url is None else {"fullUrl": full_url}
    return {**named, "resource": resource, "request": {"method": method, "url": url, **request}}


async def send(client: httpx.AsyncClient, *entries: Resource, **headers: str) -> httpx.Response:
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
    return await client.post("", json=bundle, headers=headers)


def located(answer: httpx.Response) -> list[str]:
    """`Type/id` of each entry."""
    assert answer.status_code == 200, answer.text
    return [
        re.sub(r".*/fhir/|/_history/.*", "", entry["response"].get("location", ""))
        for entry in answer.json()["entry"]
    ]


async def count(client: httpx.AsyncClient, kind: str) -> int:
    total: int = (await client.get(kind, params={"_summary": "count"})).json()["total"]
    return total
