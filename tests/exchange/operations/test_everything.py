"""$everything: what every hospital has sent about a resident, once each, in pages that join."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from mpi.store import Record, enterprise_patients, resolve
from terminology.naming import identify

Resource = dict[str, Any]
CITIZEN = {"system": "urn:oid:2.16.156.10011.1.3", "value": "11010519491231002X"}


def put(resource: Resource) -> Resource:
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": url}}


def patient(id_: str, **more: Any) -> Resource:
    return {"resourceType": "Patient", "id": id_, **more}


def record_of(id_: str, patient_: str, observations: int) -> list[Resource]:
    """A patient's record: encounter, observations, a prescription of a stored medicine, a device used."""
    subject = {"reference": f"Patient/{patient_}"}
    return [
        patient(patient_, identifier=[CITIZEN], name=[{"text": "林妙玉"}], gender="female"),
        {
            "resourceType": "Encounter",
            "id": f"e-{id_}",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": subject,
            "serviceProvider": {"reference": "Organization/h1"},
        },
        *(
            {
                "resourceType": "Observation",
                "id": f"o-{id_}-{n}",
                "status": "final",
                "code": {"text": "x"},
                "subject": subject,
                "performer": [{"reference": "Practitioner/d1"}],
                "device": {"reference": "Device/v1"},
            }
            for n in range(observations)
        ),
        *(
            {
                "resourceType": "MedicationRequest",
                "id": f"r-{id_}-{n}",
                "status": "active",
                "intent": "order",
                "medicationReference": {"reference": f"Medication/m-{id_}"},
                "subject": subject,
            }
            for n in range(2)
        ),
        {"resourceType": "Medication", "id": f"m-{id_}"},
    ]


DIRECTORY = [
    {"resourceType": "Organization", "id": "h1"},
    {"resourceType": "Practitioner", "id": "d1"},
    {"resourceType": "Device", "id": "v1"},
    {"resourceType": "Device", "id": "v2"},
    {"resourceType": "Medication", "id": "unused"},
]


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    """Two hospitals know the resident a and b; c is somebody else; g names both a and c."""
    group = {
        "resourceType": "Appointment",
        "id": "g",
        "status": "booked",
        "participant": [
            {"actor": {"reference": f"Patient/{name}"}, "status": "accepted"} for name in ("c", "a")
        ],
    }
    resources = [
        *DIRECTORY,
        *record_of("1", "a", 5),
        *record_of("2", "b", 3),
        *record_of("3", "c", 2),
        group,
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [put(each) for each in resources]}
    answer = await client.post("", json=bundle)
    assert answer.status_code == 200, answer.text


@pytest.fixture
async def resident(hub: Hub) -> str:
    """The enterprise id of a and b."""
    async with hub.pool.acquire() as connection, connection.transaction():
        for name in ("a", "b"):
            body = await hub.reader.read("Patient", name)
            assert body is not None
            assert body.body is not None
            record = Record(
                f"hospital-{name}",
                "7",
                name,
                patient(name, identifier=[CITIZEN], name=[{"text": "林妙玉"}], gender="female"),
            )
            resolution = await resolve(connection, record, hub.clock(), identify)
        (made,) = await enterprise_patients(
            connection, [resolution.enterprise_id], hub.settings.base, identify
        )
    await hub.committer.commit(hub.write("update", made), hub.clock())
    return resolution.enterprise_id


async def pages(client: httpx.AsyncClient, url: str) -> list[Resource]:
    found = [(await client.get(url)).json()]
    while next_ := {link["relation"]: link["url"] for link in found[-1]["link"]}.get("next"):
        found.append((await client.get(next_)).json())
    return found


def names(bundles: list[Resource]) -> list[str]:
    return [
        entry["fullUrl"].partition("/fhir/")[2] for bundle in bundles for entry in bundle.get("entry", ())
    ]


OF_A = [
    "Patient/a",
    "Encounter/e-1",
    *(f"Observation/o-1-{n}" for n in range(5)),
    "MedicationRequest/r-1-0",
    "MedicationRequest/r-1-1",
    "Appointment/g",
    "Device/v1",
    "Medication/m-1",
]
OF_B = [
    "Patient/b",
    "Encounter/e-2",
    *(f"Observation/o-2-{n}" for n in range(3)),
    "MedicationRequest/r-2-0",
    "MedicationRequest/r-2-1",
    "Device/v1",
    "Medication/m-2",
]


async def test_the_compartment_and_what_it_needs(client: httpx.AsyncClient) -> None:
    (bundle,) = await pages(client, "Patient/c/$everything")
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
    modes = {entry["fullUrl"].partition("/fhir/")[2]: entry["search"]["mode"] for entry in bundle["entry"]}
    assert set(modes) == {
        "Patient/c",
        "Encounter/e-3",
        "Observation/o-3-0",
        "Observation/o-3-1",
        "MedicationRequest/r-3-0",
        "MedicationRequest/r-3-1",
        "Appointment/g",
        "Device/v1",
        "Medication/m-3",
    }
    assert {name for name, mode in modes.items() if mode == "include"} == {"Device/v1", "Medication/m-3"}
    for entry in bundle["entry"]:
        assert (await client.get(entry["fullUrl"])).json() == entry["resource"]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 11, 12, 13, 1000])
async def test_pages_join(client: httpx.AsyncClient, count: int) -> None:
    found = await pages(client, f"Patient/a/$everything?_count={count}")
    assert sorted(names(found)) == sorted(OF_A)
    assert all(len(bundle["entry"]) == count for bundle in found[:-1])


async def test_pages_join_though_others_write(client: httpx.AsyncClient) -> None:
    first = (await client.get("Patient/a/$everything?_count=4")).json()
    await client.put("Observation/o-1-0", json={**record_of("1", "a", 1)[2], "status": "amended"})
    await client.delete("Observation/o-1-4")
    await client.put("Observation/late", json={**record_of("1", "a", 1)[2], "id": "late"})
    rest = await pages(client, first["link"][1]["url"])
    seen = names([first, *rest])
    assert len(seen) == len(set(seen))
    assert set(seen) == {*OF_A, "Observation/late"} - {"Observation/o-1-4"}


async def test_the_resident_is_the_sum_of_the_hospitals_patients(
    client: httpx.AsyncClient, resident: str
) -> None:
    found = names(await pages(client, f"Patient/{resident}/$everything?_count=6"))
    assert sorted(found) == sorted({*OF_A, *OF_B, f"Patient/{resident}"})


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("Patient", ["Patient/a"]),
        ("Medication", ["Medication/m-1"]),
        ("Device,Encounter", ["Device/v1", "Encounter/e-1"]),
        ("Practitioner", []),
    ],
)
async def test_only_some_types(client: httpx.AsyncClient, types: str, expected: list[str]) -> None:
    assert sorted(names(await pages(client, f"Patient/a/$everything?_type={types}"))) == expected
    spread = "&".join(f"_type={each}" for each in types.split(","))
    assert sorted(names(await pages(client, f"Patient/a/$everything?{spread}"))) == expected


async def test_only_what_was_written_since(client: httpx.AsyncClient) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert names(await pages(client, f"Patient/a/$everything?_since={soon}")) == []
    ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert len(names(await pages(client, f"Patient/a/$everything?_since={ago}"))) == len(OF_A)


async def test_only_what_the_caller_may_see(caller: Any) -> None:
    narrow = await caller(
        "system/Patient.r system/Observation.rs system/Encounter.r system/Medication.rs system/Device.s"
    )
    assert sorted(names(await pages(narrow, "Patient/a/$everything?_count=3"))) == sorted(
        ["Medication/m-1", *(f"Observation/o-1-{n}" for n in range(5))]
    )
    asked = names(await pages(narrow, "Patient/a/$everything?_type=Encounter,Observation"))
    assert asked == [f"Observation/o-1-{n}" for n in range(5)]
    stranger = await caller("system/Observation.rs")
    assert (await stranger.get("Patient/a/$everything")).status_code == 403


async def test_nobody_by_that_name(client: httpx.AsyncClient) -> None:
    assert (await client.get("Patient/absent/$everything")).status_code == 404
    await client.delete("Patient/a")
    assert (await client.get("Patient/a/$everything")).status_code == 410
    assert (await client.get("Practitioner/d1/$everything")).status_code == 404


async def test_posted(client: httpx.AsyncClient) -> None:
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "_type", "valueCode": "Encounter"}, {"name": "_count", "valueInteger": 1}],
    }
    answer = await client.post("Patient/a/$everything", json=parameters)
    assert names([answer.json()]) == ["Encounter/e-1"]
    assert len(names([(await client.post("Patient/a/$everything")).json()])) == len(OF_A)
    for bad in (
        {"parameter": {}},
        {"parameter": [1]},
        {"parameter": [{"name": "_count"}]},
        {"parameter": [{"name": "_count", "valueBoolean": True}]},
    ):
        refused = await client.post("Patient/a/$everything", json={"resourceType": "Parameters", **bad})
        assert refused.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "_count=0",
        "_count=x",
        "_count=-1",
        "_type=Nonsense",
        "_since=2020",
        "_cursor=x",
        "_cursor=2-1",
        "start=yesterday",
        "x=1",
        "_count=1&_count=2",
    ],
)
async def test_parameters_it_cannot_take(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"Patient/a/$everything?{query}")
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == [query.partition("=")[0]]


async def test_what_happened_in_a_time_and_what_has_no_date(client: httpx.AsyncClient) -> None:
    subject = {"reference": "Patient/timed"}
    await client.put("Patient/timed", json=patient("timed"))
    for day in ("2026-01-09", "2026-01-10", "2026-01-20", "2026-01-21", None):
        observation = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "x"},
            "subject": subject,
        }
        dated = observation if day is None else observation | {"effectiveDateTime": day}
        assert (await client.post("Observation", json=dated)).status_code == 201
    stay = {"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"}, "subject": subject}
    period = {"start": "2025-12-30", "end": "2026-01-11"}
    assert (await client.post("Encounter", json=stay | {"period": period})).status_code == 201
    answer = await client.get("Patient/timed/$everything?start=2026-01-10&end=2026-01-20")
    found = [entry["resource"] for entry in answer.json()["entry"]]
    days = [each.get("effectiveDateTime") for each in found if each["resourceType"] == "Observation"]
    assert sorted(days, key=str) == ["2026-01-10", "2026-01-20", None]
    assert {each["resourceType"] for each in found} == {"Patient", "Observation", "Encounter"}
