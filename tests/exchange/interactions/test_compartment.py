"""Compartments, and searches of several types."""

from itertools import chain
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from tests.exchange.conftest import Caller, token

COUNT = 7


def observation(n: int, patient: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{n}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7" if n % 2 else "777-3"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"2024-01-{n + 1:02}",
        **more,
    }


RESOURCES: list[dict[str, Any]] = [
    {"resourceType": "Patient", "id": "p1", "generalPractitioner": [{"reference": "Practitioner/d"}]},
    {"resourceType": "Patient", "id": "p2"},
    {"resourceType": "Practitioner", "id": "d", "name": [{"family": "李"}]},
    {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "participant": [{"individual": {"reference": "Practitioner/d"}}],
    },
    *(observation(n, "p1", encounter={"reference": "Encounter/e"}) for n in range(COUNT)),
    observation(20, "p2", performer=[{"reference": "Patient/p1"}]),
    observation(21, "p2", performer=[{"reference": "Practitioner/d"}]),
    observation(22, "p2", device={"reference": "Device/x"}),
    {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/p1"},
        "asserter": {"reference": "RelatedPerson/r"},
    },
    {"resourceType": "RelatedPerson", "id": "r", "patient": {"reference": "Patient/p1"}},
    {"resourceType": "Device", "id": "x", "patient": {"reference": "Patient/p2"}},
]


@pytest.fixture
async def filled(client: httpx.AsyncClient) -> httpx.AsyncClient:
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in RESOURCES
    ]
    answer = await client.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status_code == 200, answer.text
    return client


def names(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    return [
        f"{entry['resource']['resourceType']}/{entry['resource'].get('id', '')}"
        for entry in bundle.get("entry", [])
        if entry["search"]["mode"] == mode
    ]


async def found(client: httpx.AsyncClient, url: str) -> list[str]:
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return names(answer.json())


async def pages(client: httpx.AsyncClient, url: str) -> list[list[str]]:
    bundle = (await client.get(url)).json()
    listed = [names(bundle)]
    while len(bundle["link"]) and (next_ := {li["relation"]: li["url"] for li in bundle["link"]}.get("next")):
        bundle = (await client.get(next_)).json()
        listed.append(names(bundle))
    return listed


OF_P1 = sorted(
    ["Patient/p1", "Encounter/e", "Condition/c", "RelatedPerson/r", "Observation/o20"]
    + [f"Observation/o{n}" for n in range(COUNT)]
)


async def test_one_type_of_a_patient(filled: httpx.AsyncClient) -> None:
    own = [f"Observation/o{n}" for n in range(COUNT)]
    assert sorted(await found(filled, "Patient/p1/Observation")) == sorted([*own, "Observation/o20"])
    assert await found(filled, "Patient/p1/Observation?code=777-3&_sort=date") == [
        *own[::2],
        "Observation/o20",
    ]
    assert await found(filled, "Patient/p1/Condition") == ["Condition/c"]
    assert await found(filled, "Patient/nobody/Observation") == []
    bundle = (await filled.get("Patient/p1/Observation?_count=3&_sort=-date")).json()
    urls = {link["relation"]: link["url"] for link in bundle["link"]}
    assert urls["self"].endswith("/fhir/Patient/p1/Observation?_count=3&_sort=-date")
    listed = await pages(filled, "Patient/p1/Observation?_count=3&_sort=-date")
    assert list(chain(*listed)) == [
        "Observation/o20",
        *reversed(own),
    ]


async def test_posted_and_included(filled: httpx.AsyncClient) -> None:
    form = {"code": "718-7", "_include": "Observation:encounter"}
    bundle = (await filled.post("Patient/p1/Observation/_search", data=form)).json()
    assert (len(names(bundle)), names(bundle, "include")) == (3, ["Encounter/e"])
    assert (await filled.head("Patient/p1/Observation")).status_code == 200


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("Encounter/e/Observation?_count=100", [f"Observation/o{n}" for n in range(COUNT)]),
        ("Practitioner/d/Observation", ["Observation/o21"]),
        ("Practitioner/d/Encounter", ["Encounter/e"]),
        ("Practitioner/d/Patient", ["Patient/p1"]),
        ("RelatedPerson/r/Condition", ["Condition/c"]),
        ("RelatedPerson/r/RelatedPerson", ["RelatedPerson/r"]),
        ("Device/x/Observation", ["Observation/o22"]),
        ("Device/x/*", ["Device/x", "Observation/o22"]),
        ("Practitioner/d/*", ["Encounter/e", "Observation/o21", "Patient/p1", "Practitioner/d"]),
        ("RelatedPerson/r/*", ["Condition/c", "RelatedPerson/r"]),
        ("Encounter/e/*?_type=Observation,Encounter&_id=o1,e", ["Encounter/e", "Observation/o1"]),
        ("Patient/p1/*?_count=100", OF_P1),
        ("Patient/p1/*?_type=Encounter,Condition", ["Condition/c", "Encounter/e"]),
    ],
)
async def test_what_is_in_a_compartment(filled: httpx.AsyncClient, url: str, expected: list[str]) -> None:
    assert sorted(await found(filled, url)) == sorted(expected)


@pytest.mark.parametrize("count", [1, 5, 12, 50])
async def test_pages_over_types_join(filled: httpx.AsyncClient, count: int) -> None:
    for sort in ("", "&_sort=_lastUpdated", "&_sort=-_lastUpdated", "&_sort=_id", "&_sort=-_id"):
        listed = await pages(filled, f"Patient/p1/*?_count={count}{sort}")
        joined = list(chain(*listed))
        assert sorted(joined) == OF_P1
        assert all(len(page) == count for page in listed[:-1])
        assert listed[-1]
        if "_id" in sort:
            ids = [name.partition("/")[2] for name in joined]
            assert ids == sorted(ids, reverse="-" in sort)


async def test_pages_stay_while_others_write(filled: httpx.AsyncClient) -> None:
    bundle = (await filled.get("?_type=Observation,Condition,Patient&_count=3")).json()
    seen = names(bundle)
    for n in range(30, 34):
        await filled.put(f"Observation/o{n}", json=observation(n, "p1"))
    while next_ := {link["relation"]: link["url"] for link in bundle["link"]}.get("next"):
        bundle = (await filled.get(next_)).json()
        seen += names(bundle)
    assert len(set(seen)) == len(seen)
    before = {
        "Condition/c",
        "Patient/p1",
        "Patient/p2",
        *(f"Observation/o{n}" for n in (*range(COUNT), 20, 21, 22)),
    }
    assert before <= set(seen)


async def test_the_whole_system(filled: httpx.AsyncClient, caller: Caller) -> None:
    every = [f"{resource['resourceType']}/{resource['id']}" for resource in RESOURCES]
    bundle = (await filled.get("?_count=100")).json()
    assert (sorted(names(bundle)), bundle["total"]) == (sorted(every), len(every))
    assert (await filled.get("?_summary=count")).json()["total"] == len(every)
    counted = (await filled.get("?_count=2&_total=accurate")).json()
    assert (counted["total"], len(counted["entry"])) == (len(every), 2)
    assert (await filled.get(counted["link"][1]["url"])).json()["total"] == len(every)
    assert await found(filled, "?_type=Condition,Encounter&_id=c") == ["Condition/c"]
    posted = (await filled.post("_search", data={"_id": "p1,x"})).json()
    assert sorted(names(posted)) == ["Device/x", "Patient/p1"]
    restricted = await caller("system/Device.rs system/Patient.r")
    assert await found(restricted, "") == ["Device/x"]
    assert (await restricted.get("?_type=Patient")).status_code == 403
    assert (await (await caller("system/Patient.r")).get("")).status_code == 403


async def test_several_types_with_shared_parameters(filled: httpx.AsyncClient) -> None:
    url = "?_type=Observation,Condition&patient=Patient/p1&_count=100&_include=Observation:subject"
    bundle = (await filled.get(url)).json()
    assert sorted(names(bundle)) == ["Condition/c", *(f"Observation/o{n}" for n in range(COUNT))]
    assert names(bundle, "include") == ["Patient/p1"]
    both = (await filled.get("?_type=Patient,Observation&_id=o1,p1&_include=Observation:subject")).json()
    assert (sorted(names(both)), names(both, "include")) == (["Observation/o1", "Patient/p1"], [])


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("Observation/o1/Patient", 404),
        ("Patient/p1/Practitioner", 404),
        ("Patient/p1/Nothing", 404),
        ("Observation/o1/*", 404),
        ("Patient/p1/*?_type=Practitioner", 400),
        ("Patient/p1/*?_type=Nothing", 400),
        ("Patient/p1/*?code=x", 400),
        ("Patient/p1/*?_sort=date", 400),
        ("Patient/p1/*?_cursor=x", 400),
        ("Patient/p1/*?_cursor=~Practitioner~", 400),
        ("Patient/p1/*?_cursor=~Condition~AAAA", 400),
        ("Patient/p1/Observation?wrong=x", 400),
        ("?wrong=x", 400),
        ("?code=x", 400),
        ("?_type=Observation,Patient&code=x", 400),
        ("Patient/a_b/Observation", 400),
    ],
)
async def test_what_is_refused(filled: httpx.AsyncClient, url: str, status: int) -> None:
    assert (await filled.get(url)).status_code == status


async def test_lenient_handling_ignores_for_all(filled: httpx.AsyncClient) -> None:
    lenient = {"Prefer": "handling=lenient"}
    answer = await filled.get("?_type=Observation,Patient&code=718-7&_id=o1,o2,p1", headers=lenient)
    assert sorted(names(answer.json())) == ["Observation/o1", "Observation/o2", "Patient/p1"]
    assert names(answer.json(), "outcome") == ["OperationOutcome/"]
    assert "code=" not in answer.json()["link"][0]["url"]


async def test_a_hub_with_nothing_in_it(client: httpx.AsyncClient) -> None:
    assert (await client.get("")).json()["total"] == 0
    assert (await client.get("?wrong=x")).status_code == 400
    assert (await client.get("?_lastUpdated=x")).status_code == 400
    assert (await client.get("?_type=Patient&_lastUpdated=x")).status_code == 400


async def test_only_what_may_be_searched(filled: httpx.AsyncClient, caller: Caller) -> None:
    restricted = await caller("system/Condition.rs")
    assert await found(restricted, "Patient/p1/*") == ["Condition/c"]
    assert (await restricted.get("Patient/p1/Observation")).status_code == 403


async def test_the_same_person_elsewhere(hub: Hub, client: httpx.AsyncClient) -> None:
    """What another hospital has of the same person is in the compartment too."""
    number = {"system": "http://sid.example/resident", "value": "110101199001011237"}
    for hospital in ("h1", "h2"):
        own = {"Authorization": f"Bearer {await token(hub, 'system/*.cruds', hospital)}"}
        patient = {"resourceType": "Patient", "id": hospital, "identifier": [{"value": "1"}, number]}
        assert (await client.put(f"Patient/{hospital}", json=patient, headers=own)).status_code == 201
        resource = observation(int(hospital[1]), hospital)
        assert (
            await client.put(f"Observation/o{hospital[1]}", json=resource, headers=own)
        ).status_code == 201
    linked = await hub.pool.fetchval("SELECT count(DISTINCT person) FROM mpi_link")
    both = await found(client, "Patient/h1/Observation")
    assert sorted(both) == (["Observation/o1", "Observation/o2"] if linked == 1 else ["Observation/o1"])


async def test_metadata_tells_of_it(client: httpx.AsyncClient) -> None:
    codes = {one["code"] for one in (await client.get("metadata")).json()["rest"][0]["interaction"]}
    assert {"search-system", "history-system", "transaction", "batch"} == codes
