"""One resident's record as any platform would fetch it: by citizen id, then `$everything`.

https://hl7.org/fhir/R4/operation-patient-everything.html
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from exchange.fhirjson import loads
from terminology.naming import CITIZEN_ID

Resource = dict[str, Any]

ENTERPRISE = "enterprise"
PAGE = 200


class NotAnswered(Exception):
    """The hub did not answer as FHIR asks."""


@dataclass(frozen=True, slots=True)
class Record:
    """The enterprise Patient, all that is known of the resident, and hospitals' names by Patient id."""

    patient: Resource
    resources: Sequence[Resource]
    hospitals: Mapping[str, str]

    @property
    def hospital_patients(self) -> list[Resource]:
        """What each hospital says of the resident itself."""
        return [one for one in self.resources if one["resourceType"] == "Patient" and not is_enterprise(one)]


async def fetch_record(http: httpx.AsyncClient, citizen_id: str) -> Record | None:
    """`http` has the FHIR base as its base URL and sends the token. None if nobody has this number."""
    found = [one async for one in _all(http, "Patient", {"identifier": f"{CITIZEN_ID}|{citizen_id}"})]
    patient = next((one for one in found if is_enterprise(one)), None)
    if patient is None:
        return None
    everything = [
        one async for one in _all(http, f"Patient/{patient['id']}/$everything", {"_count": str(PAGE)})
    ]
    return Record(patient, everything, await _hospital_names(http, everything))


def is_enterprise(patient: Resource) -> bool:
    """Is it the hub's own view of a person, not a hospital's?"""
    return any(tag.get("code") == ENTERPRISE for tag in patient.get("meta", {}).get("tag", ()))


async def _hospital_names(http: httpx.AsyncClient, resources: Sequence[Resource]) -> dict[str, str]:
    managing = {
        one["id"]: one["managingOrganization"]["reference"]
        for one in resources
        if one["resourceType"] == "Patient" and "reference" in one.get("managingOrganization", {})
    }
    ids = sorted({reference.removeprefix("Organization/") for reference in managing.values()})
    names: dict[str, str] = {}
    if ids:
        async for one in _all(http, "Organization", {"_id": ",".join(ids)}):
            names[f"Organization/{one['id']}"] = str(one.get("name", one["id"]))
    return {patient: names.get(reference, reference) for patient, reference in managing.items()}


async def _all(http: httpx.AsyncClient, path: str, parameters: Mapping[str, str]) -> AsyncIterator[Resource]:
    """The resources of every page."""
    answer = await http.get(path, params=parameters)
    while True:
        if answer.status_code != 200:
            raise NotAnswered(f"GET {path} was answered with {answer.status_code}")
        page = loads(answer.content)
        for entry in page.get("entry", ()):
            yield entry["resource"]
        following = next((link["url"] for link in page.get("link", ()) if link["relation"] == "next"), None)
        if following is None:
            return
        answer = await http.get(following)
