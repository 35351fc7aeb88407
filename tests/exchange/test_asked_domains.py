"""ITI-78: the identifier domains that a search of Patients asks for."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from exchange.asked_domains import asked_domains
from exchange.hub import Hub, open_hub
from exchange.settings import Settings
from tests.exchange.operations.identities import Hospitals, client_of, patient
from tests.mpi.people import valid_id


@pytest.fixture
async def reader(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    hospitals = Hospitals(hub)
    await hospitals.put(patient("h1", "1", valid_id("1949-12-31")))
    await hospitals.put(patient("h2", "7", valid_id("1949-12-31")))
    async with client_of(hub, "system/*.cruds") as client:
        await client.put("Patient/alone", json=patient("x", "3") | {"id": "alone"})
        yield client


@pytest.mark.parametrize(
    ("asked", "systems"),
    [
        ([("identifier", "urn:x:1|")], ["urn:x:1"]),
        ([("identifier", "urn:x:1|,urn:x:2|"), ("family", "王")], ["urn:x:1", "urn:x:2"]),
        ([("identifier", "urn:x:1|7"), ("identifier", "urn:x:2|")], ["urn:x:2"]),
        ([("identifier", "urn:x:1|,urn:x:2|7")], []),
        ([("identifier", "7"), ("identifier", "|7"), ("identifier:not", "urn:x:1|")], []),
        ([("identifier", "urn:x:a\\,b|")], ["urn:x:a,b"]),
    ],
)
def test_a_domain_is_a_system_without_a_value(asked: list[tuple[str, str]], systems: list[str]) -> None:
    assert asked_domains("Patient", asked) == systems
    assert asked_domains("Observation", asked) == []


@pytest.mark.parametrize("domains", ["urn:x:nowhere|", "urn:x:h1|,urn:x:nowhere|"])
async def test_a_domain_that_nobody_knows_is_told(reader: httpx.AsyncClient, domains: str) -> None:
    for answer in (
        await reader.get("Patient", params={"identifier": domains}),
        await reader.post("Patient/_search", data={"identifier": domains, "family": "王"}),
    ):
        assert answer.status_code == 404
        (issue,) = answer.json()["issue"]
        assert (issue["severity"], issue["code"]) == ("warning", "not-found")
        assert issue["diagnostics"] == "targetSystem not found"
        assert issue["expression"] == ["identifier=urn:x:nowhere|"]


async def test_nobody_in_a_known_domain_and_unlinked_patients_are_no_error(reader: httpx.AsyncClient) -> None:
    nobody = await reader.get("Patient", params={"identifier": "urn:x:h1|", "family": "欧阳"})
    assert (nobody.status_code, nobody.json().get("entry")) == (200, None)
    unlinked = await reader.get("Patient", params={"identifier": "urn:x:x|"})
    assert [each["resource"]["id"] for each in unlinked.json()["entry"]] == ["alone"]
    number = await reader.get("Patient", params={"identifier": "urn:x:nowhere|1"})
    assert number.status_code == 200


async def test_only_identifiers_of_the_domains_are_shown(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("Patient", params={"identifier": "urn:x:h2|"})
    entries = [each["resource"] for each in answer.json()["entry"]]
    assert len(entries) == 2
    for each in entries:
        assert {identifier["system"] for identifier in each["identifier"]} == {"urn:x:h2"}
        assert each["meta"]["tag"][-1]["code"] == "SUBSETTED"
    whole = await reader.get("Patient", params={"identifier": "urn:x:h2|7"})
    assert all(len(each["resource"]["identifier"]) > 1 for each in whole.json()["entry"])


async def test_a_page_of_persons_tells_how_many_there_are(reader: httpx.AsyncClient) -> None:
    page = (await reader.get("Patient", params={"family": "王", "_count": "1"})).json()
    assert (page["total"], len(page["entry"])) == (4, 1)
    following = next(each["url"] for each in page["link"] if each["relation"] == "next")
    assert (await reader.get(following)).json()["total"] == 4
    unasked = await reader.get("Patient", params={"family": "王", "_count": "1", "_total": "none"})
    assert "total" not in unasked.json()


async def test_a_domain_is_one_by_whichever_name(database_url: str, tmp_path: Path) -> None:
    listed = tmp_path / "domains.yaml"
    listed.write_text("domains:\n  - {name: A, oid: 1.2.3.4.1, uri: 'urn:x:a'}\n", "utf-8")
    settings = Settings(data_dir=tmp_path, domains=listed)
    names = ("urn:oid:1.2.3.4.1", "urn:x:a")
    async with open_hub(settings, database_url) as hub, client_of(hub, "system/*.cruds", "h1") as client:
        for system in names:
            told = patient("h1", "1", identifier=[{"system": system, "value": "7"}])
            answer = await client.put("Patient", params={"identifier": f"{system}|7"}, json=told)
            assert answer.json()["id"] == "h1-1"
        for system in names:
            for asked in (f"{system}|7", f"{system}|"):
                found = await client.get("Patient", params={"identifier": asked, "_tag": "enterprise"})
                assert found.json()["total"] == 1
