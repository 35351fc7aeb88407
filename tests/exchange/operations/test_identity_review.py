"""The queue of questions over HTTP."""

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
)
from tests.mpi.people import valid_id

NUMBER = valid_id("1949-12-31")


@pytest.fixture
async def reviewer(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    hospitals = Hospitals(hub)
    await hospitals.put(patient("h1", "1", NUMBER))
    await hospitals.put(patient("h2", "7", NUMBER, name=[{"text": "李娜"}], birthDate="1951-01-01"))
    async with client_of(hub, "system/Patient.rs system/identity.ru") as client:
        yield client


async def answer(client: httpx.AsyncClient, name: str, review: int, **given: Any) -> httpx.Response:
    told = parameters(review=review, reason="seen", **given)
    return await client.post(f"Patient/$identity-{name}", json=told)


async def first(client: httpx.AsyncClient) -> Any:
    found = await client.get("Patient/$identity-review")
    assert found.status_code == 200, found.text
    return listed(found, "question")[0]


async def test_the_queue_is_paged_and_counted(hub: Hub, reviewer: httpx.AsyncClient) -> None:
    for number, (name, birth_date) in enumerate((("赵六", "1953-01-01"), ("周建国", "1944-07-30")), 3):
        told = patient(f"h{number}", "7", NUMBER, name=[{"text": name}], birthDate=birth_date)
        await Hospitals(hub).put(told)
    whole = listed(await reviewer.get("Patient/$identity-review"), "question")
    assert len(whole) >= 3
    page = await reviewer.get("Patient/$identity-review?_count=2")
    assert listed(page, "question") == whole[:2]
    rest = await reviewer.get(
        "Patient/$identity-review", params={"_count": "20", "_cursor": listed(page, "cursor")[0]}
    )
    assert listed(rest, "question") == whole[2:]
    assert {each["state"][0]: each["number"][0] for each in listed(page, "count")}["open"] == len(whole)
    for wrong in ("state=unheard-of", "_cursor=x", "_count=0", "other=1"):
        assert (await reviewer.get(f"Patient/$identity-review?{wrong}")).status_code == 400


async def test_the_comparison_is_told_field_by_field(reviewer: httpx.AsyncClient) -> None:
    number = (await first(reviewer))["review"][0]
    told = await reviewer.get(f"Patient/$identity-explain?review={number}")
    (comparison,) = listed(told, "comparison")
    fields = {step["field"][0]: step for step in comparison["step"]}
    assert fields["citizen-id"]["patient"] == fields["citizen-id"]["other"] == [NUMBER]
    assert fields["name"]["level"] == ["different"]
    assert comparison["conflict"]
    assert (await reviewer.get("Patient/$identity-explain?review=999")).status_code == 404


async def test_an_answer_is_carried_out_at_once(reviewer: httpx.AsyncClient) -> None:
    number = (await first(reviewer))["review"][0]
    wrong = await answer(reviewer, "decide", number, verdict="perhaps")
    assert wrong.status_code == 400
    done = await answer(reviewer, "decide", number, verdict="same")
    assert done.status_code == 200, done.text
    assert listed(done, "state") == ["decided"]
    assert await identity_of(reviewer, "h1-1") == await identity_of(reviewer, "h2-7")
    again = await answer(reviewer, "decide", number, verdict="same")
    assert again.status_code == 409


async def test_skipped_and_escalated(hub: Hub, reviewer: httpx.AsyncClient) -> None:
    number = (await first(reviewer))["review"][0]
    assert listed(await answer(reviewer, "skip", number), "state") == ["skipped"]
    assert listed(await answer(reviewer, "escalate", number), "state") == ["escalated"]
    assert (await answer(reviewer, "decide", number, verdict="different")).status_code == 409
    async with client_of(hub, "system/identity.u") as second:
        done = await answer(second, "decide", number, verdict="different")
    assert listed(done, "state") == ["decided"]


async def test_two_clusters_wait_for_a_second_client(hub: Hub, reviewer: httpx.AsyncClient) -> None:
    for hospital, other in (("h3", "h1-1"), ("h4", "h2-7")):
        await Hospitals(hub).put(patient(hospital, "9", name=[{"text": "赵六"}], birthDate="1975-05-05"))
        person = await identity_of(reviewer, other)
        told = parameters(patient=f"{hospital}-9", person=person, reason="known")
        assert (await reviewer.post("Patient/$link", json=told)).status_code == 200
    number = (await first(reviewer))["review"][0]
    proposed = await answer(reviewer, "decide", number, verdict="same")
    assert proposed.status_code == 202
    assert (await answer(reviewer, "decide", number, verdict="same")).status_code == 409
    async with client_of(hub, "system/identity.u") as second:
        assert (await answer(second, "decide", number, verdict="same")).status_code == 200
    assert await identity_of(reviewer, "h1-1") == await identity_of(reviewer, "h2-7")
