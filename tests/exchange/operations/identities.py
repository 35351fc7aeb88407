"""Hospitals and their Patients, for the tests of operations on identities."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from exchange.app import build_app
from exchange.hub import Hub
from tests.exchange.conftest import FHIR, token

CITIZEN = "urn:oid:2.16.156.10011.1.3"

Answer = dict[str, Any]


def patient(hospital: str, number: str, citizen: str = "", **elements: Any) -> Answer:
    identifiers = [{"system": f"urn:x:{hospital}", "value": number}]
    if citizen:
        identifiers.append({"system": CITIZEN, "value": citizen})
    return {
        "resourceType": "Patient",
        "id": f"{hospital}-{number}",
        "identifier": identifiers,
        "name": [{"text": "王大明", "family": "王", "given": ["大明"]}],
        "gender": "male",
        "birthDate": "1949-12-31",
    } | elements


@asynccontextmanager
async def client_of(hub: Hub, scopes: str, hospital: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its own, of a hospital or of none."""
    transport = httpx.ASGITransport(build_app(hub), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {await token(hub, scopes, hospital)}"}
    async with httpx.AsyncClient(transport=transport, base_url=FHIR + "/", headers=headers) as made:
        yield made


class Hospitals:
    """Writes Patients as their hospitals, whatever those are called."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def put(self, told: Answer) -> Answer:
        hospital = str(told["id"]).partition("-")[0]
        async with client_of(self.hub, "system/*.cruds", hospital) as client:
            answer = await client.put(f"Patient/{told['id']}", json=told)
        assert answer.status_code in (200, 201), answer.text
        stored: Answer = answer.json()
        return stored


def parameters(**given: Any) -> Answer:
    """A Parameters resource: texts, truths, numbers; what is a dict with a resourceType is a resource."""
    made = []
    for name, values in given.items():
        for value in values if isinstance(values, list) else [values]:
            made.append({"name": name.replace("_", "-"), **_value(value)})
    return {"resourceType": "Parameters", "parameter": made}


def _value(value: Any) -> Answer:
    match value:
        case {"resourceType": _}:
            return {"resource": value}
        case {"reference": _}:
            return {"valueReference": value}
        case dict():
            return {"valueIdentifier": value}
        case bool():
            return {"valueBoolean": value}
        case int():
            return {"valueInteger": value}
    return {"valueString": value}


def reference(id_: str) -> Answer:
    return {"reference": f"Patient/{id_}"}


def listed(answer: httpx.Response, name: str) -> list[Any]:
    """The values of the parameters of this name; of one with parts, the parts by name."""
    found = []
    for each in answer.json().get("parameter", []):
        if each["name"] == name:
            found.append(_read(each))
    return found


def _read(told: Answer) -> Any:
    if "part" in told:
        parts: dict[str, list[Any]] = {}
        for each in told["part"]:
            parts.setdefault(each["name"], []).append(_read(each))
        return parts
    value = next(value for name, value in told.items() if name != "name")
    return (
        value["reference"].removeprefix("Patient/")
        if isinstance(value, dict) and "reference" in value
        else value
    )


async def identity_of(client: httpx.AsyncClient, id_: str) -> str:
    """The enterprise id of a hospital's Patient."""
    found = await client.get("Patient", params={"link": f"Patient/{id_}"})
    (entry,) = [
        each["resource"] for each in found.json().get("entry", []) if each["resource"].get("active", True)
    ]
    id_found: str = entry["id"]
    return id_found
