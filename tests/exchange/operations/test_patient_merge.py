"""$merge and $unmerge: of two Patients of one hospital, and of two identities."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from tests.exchange.operations.identities import (
    Hospitals,
    client_of,
    identity_of,
    listed,
    parameters,
    patient,
    reference,
)
from tests.mpi.people import valid_id

NUMBER = valid_id("1949-12-31")


@pytest.fixture
async def one(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    """The client of h1, which has two Patients that are one."""
    hospitals = Hospitals(hub)
    await hospitals.put(patient("h1", "1", NUMBER))
    await hospitals.put(patient("h1", "2", gender="female"))
    await hospitals.put(patient("h2", "7", NUMBER))
    async with client_of(hub, "system/*.cruds", "h1") as client:
        yield client


@pytest.fixture
async def registrar(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(hub, "system/*.cruds system/identity.ru") as client:
        yield client


async def merge(client: httpx.AsyncClient, **given: Any) -> httpx.Response:
    named = {name: reference(value) if isinstance(value, str) and name.endswith("patient") else value
             for name, value in given.items()}  # fmt: skip
    return await client.post("Patient/$merge", json=parameters(**named))


async def test_a_hospital_merges_its_own(one: httpx.AsyncClient) -> None:
    before = await identity_of(one, "h1-2")
    answer = await merge(one, source_patient="h1-2", target_patient="h1-1")
    assert answer.status_code == 200, answer.text
    (result,) = listed(answer, "result")
    assert {"other": reference("h1-2"), "type": "replaces"} in result["link"]
    lost = (await one.get("Patient/h1-2")).json()
    assert lost["active"] is False
    assert lost["link"] == [{"other": reference("h1-1"), "type": "replaced-by"}]
    given_up = (await one.get(f"Patient/{before}")).json()
    assert given_up["link"][0]["type"] == "replaced-by"
    back = await one.post("Patient/$unmerge", json=parameters(patient=reference("h1-2")))
    assert back.status_code == 200, back.text
    again = (await one.get("Patient/h1-2")).json()
    assert again["active"] is True
    assert "link" not in again
    assert "link" not in (await one.get("Patient/h1-1")).json()
    assert await identity_of(one, "h1-2") == before


async def test_a_preview_changes_nothing(one: httpx.AsyncClient) -> None:
    answer = await merge(one, source_patient="h1-2", target_patient="h1-1", preview=True)
    assert answer.status_code == 200
    assert {"other": reference("h1-2"), "type": "replaces"} in listed(answer, "result")[0]["link"]
    assert "link" not in (await one.get("Patient/h1-2")).json()


async def test_by_identifiers(one: httpx.AsyncClient) -> None:
    answer = await merge(
        one,
        source_patient_identifier=[{"system": "urn:x:h1", "value": "2"}],
        target_patient="h1-1",
        target_patient_identifier=[{"system": "urn:x:h1", "value": "1"}],
    )
    assert answer.status_code == 200, answer.text
    assert (await one.get("Patient/h1-2")).json()["active"] is False


async def test_the_result_as_it_is_wanted(one: httpx.AsyncClient) -> None:
    link = [{"other": reference("h1-2"), "type": "replaces"}]
    wanted = patient("h1", "1", NUMBER, link=link, maritalStatus={"text": "married"})
    refused = await merge(one, source_patient="h1-2", target_patient="h1-1",
                          result_patient={**wanted, "link": []})  # fmt: skip
    assert refused.status_code == 422
    answer = await merge(one, source_patient="h1-2", target_patient="h1-1", result_patient=wanted)
    assert answer.status_code == 200, answer.text
    assert (await one.get("Patient/h1-1")).json()["maritalStatus"] == {"text": "married"}


async def test_two_identities_of_one_record_each_take_one_person(
    hub: Hub, one: httpx.AsyncClient, registrar: httpx.AsyncClient
) -> None:
    await Hospitals(hub).put(patient("h3", "9", name=[{"text": "李四"}], birthDate="1960-01-01"))
    kept, lost = await identity_of(one, "h1-2"), await identity_of(one, "h3-9")
    answer = await merge(registrar, source_patient=lost, target_patient=kept, reason="papers")
    assert answer.status_code == 200, answer.text
    assert (await registrar.get(f"Patient/{lost}")).json()["link"][0]["other"] == reference(kept)
    back = await registrar.post(f"Patient/{lost}/$unmerge", json=parameters(reason="no"))
    assert back.status_code == 200, back.text
    assert (await registrar.get(f"Patient/{lost}")).json()["active"] is True
    assert (await registrar.post(f"Patient/{lost}/$unmerge")).status_code == 422


async def test_two_clusters_take_two_clients(
    hub: Hub, one: httpx.AsyncClient, registrar: httpx.AsyncClient
) -> None:
    other = valid_id("1960-01-01")
    for hospital in ("h3", "h4"):
        told = patient(hospital, "9", other, name=[{"text": "李四"}], birthDate="1960-01-01")
        await Hospitals(hub).put(told)
    kept, lost = await identity_of(one, "h1-1"), await identity_of(one, "h3-9")
    for _ in range(2):
        first = await merge(registrar, source_patient=lost, target_patient=kept, reason="papers")
        assert first.status_code == 202
        assert (await registrar.get(f"Patient/{lost}")).json()["active"] is True
    async with client_of(hub, "system/*.cruds system/identity.u") as second:
        done = await merge(second, source_patient=lost, target_patient=kept)
    assert done.status_code == 200, done.text
    assert (await registrar.get(f"Patient/{lost}")).json()["active"] is False


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"source_patient": "h1-2"}, 400),
        ({"source_patient": "h1-2", "target_patient": "h1-2"}, 400),
        ({"source_patient": "nobody", "target_patient": "h1-1"}, 404),
        ({"source_patient": "h2-7", "target_patient": "h1-1"}, 422),
        (
            {"source_patient_identifier": [{"system": "urn:x:h1", "value": "404"}], "target_patient": "h1-1"},
            422,
        ),
    ],
)
async def test_what_cannot_be_merged(one: httpx.AsyncClient, given: dict[str, Any], status: int) -> None:
    answer = await merge(one, **given)
    assert answer.status_code == status, answer.text


async def test_who_may_not(hub: Hub, one: httpx.AsyncClient) -> None:
    async with client_of(hub, "system/*.cruds", "h2") as stranger:
        assert (await merge(stranger, source_patient="h1-2", target_patient="h1-1")).status_code == 403
        told = patient("h1", "1", NUMBER)
        assert (await stranger.put("Patient/h1-1", json=told)).status_code == 403
    async with client_of(hub, "system/*.cruds") as anybody:
        assert (await merge(anybody, source_patient="h1-2", target_patient="h1-1")).status_code == 403


async def test_a_feed_may_name_the_survivor_by_its_number(hub: Hub, one: httpx.AsyncClient) -> None:
    other = {"identifier": {"system": "urn:x:h1", "value": "1"}}
    told = patient("h1", "2", active=False, link=[{"other": other, "type": "replaced-by"}])
    told = {name: value for name, value in told.items() if name != "id"}
    answer = await one.put("Patient?identifier=urn:x:h1|2", json=told)
    assert answer.status_code == 200, answer.text
    assert await identity_of(one, "h1-1") == await identity_of(one, "h2-7")
    pix = await one.get("Patient/$ihe-pix", params={"sourceIdentifier": "urn:x:h1|2"})
    assert pix.status_code == 404


async def test_what_was_passed_is_told_again(one: httpx.AsyncClient) -> None:
    asked = parameters(source_patient=reference("h1-2"), target_patient=reference("h1-1"), preview=True)
    assert listed(await one.post("Patient/$merge", json=asked), "input") == [asked]


@pytest.mark.parametrize(("lost", "status"), [("h1-1", 422), ("nobody", 404)])
async def test_only_what_is_merged_is_unmerged(one: httpx.AsyncClient, lost: str, status: int) -> None:
    answer = await one.post("Patient/$unmerge", json=parameters(patient=reference(lost)))
    assert answer.status_code == status, answer.text
    assert answer.json()["issue"][0]["expression"] == ["patient"]


async def test_the_parameter_at_fault_is_named(one: httpx.AsyncClient) -> None:
    for given, place in (
        ({"source_patient": "nobody", "target_patient": "h1-1"}, 0),
        ({"source_patient": "h1-2", "target_patient": "nobody"}, 1),
    ):
        answer = await merge(one, **given)
        assert answer.json()["issue"][0]["expression"] == [f"Parameters.parameter[{place}]"]
