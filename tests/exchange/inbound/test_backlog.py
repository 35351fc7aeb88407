"""A hub that comes back to thousands of kept messages: it listens, works them off, and keeps their order."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from adapters.hl7v2.parse import parse
from exchange.hub import Hub
from exchange.inbound import backlog, dispatch
from exchange.inbound.inbox import Inbox
from exchange.inbound.reception import Reception
from exchange.store.fetch import count_versions, fetch
from tests.exchange.inbound.conftest import OpenReception
from tests.exchange.inbound.senders import message, patient_id

PATIENTS = 20
MESSAGES = 400


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that several pieces are needed."""
    for place in (dispatch, backlog):
        monkeypatch.setattr(place, "IN_HAND", 64)
    monkeypatch.setattr(backlog, "PIECE", 32)
    monkeypatch.setattr(backlog, "FIRST", 16)


async def fill(hub: Hub, reception: Reception, count: int) -> None:
    """Messages that were kept and not processed, each patient's newest last; each tenth is no good."""
    inbox, instant = Inbox(hub.pool), datetime(2024, 1, 1, tzinfo=UTC)
    names = ("CRASH" if number % 10 == 9 else f"第{number}^人" for number in range(count))
    raws = [message(f"{number}", str(number % PATIENTS), name) for number, name in enumerate(names)]
    await asyncio.gather(*(inbox.keep(reception.seal(raw, "test", None), instant) for raw in raws))


async def states(hub: Hub) -> dict[str, int]:
    async with hub.pool.acquire() as connection:
        return dict(await connection.fetch("SELECT state, count(*) FROM inbox GROUP BY state"))


async def until_settled(hub: Hub) -> None:
    async with asyncio.timeout(120):
        while "received" in await states(hub):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def name_of(connection: asyncpg.Connection, number: int) -> str:
    [found] = await fetch(connection, [("Patient", patient_id(str(number)))])
    assert found is not None
    assert found.body is not None
    return found.body.decode()


@pytest.mark.usefixtures("small")
async def test_new_messages_wait_behind_those_that_were_kept(hub: Hub, open_with: OpenReception) -> None:
    async with open_with() as reception:
        sealing = reception
    await fill(hub, sealing, MESSAGES)
    in_hand = 0

    async with open_with() as reception:

        async def send(number: int) -> str:
            nonlocal in_hand
            envelope = reception.seal(message(f"N{number}", str(number), f"新{number}^人"), "test", None)
            delivery = await reception.receive(envelope)
            in_hand = max(in_hand, reception.in_hand)
            assert delivery.application is not None
            return parse((await delivery.application).decode()).text("MSA-1")

        assert (await states(hub))["received"] > MESSAGES // 2
        answers = await asyncio.gather(*(send(number) for number in range(PATIENTS)))
        assert set(answers) == {"AA"}
        await until_settled(hub)
    assert 0 < in_hand <= 64
    assert await states(hub) == {
        "processed": MESSAGES - MESSAGES // 10 + PATIENTS,
        "quarantined": MESSAGES // 10,
    }
    async with hub.pool.acquire() as connection:
        for number in range(PATIENTS):
            assert f"新{number}" in await name_of(connection, number)
            told = MESSAGES // PATIENTS if number % 10 != 9 else 0
            assert await count_versions(connection, "Patient", patient_id(str(number))) == told + 1


@pytest.mark.usefixtures("small")
async def test_what_is_sent_again_while_it_waits_is_answered_once_it_is_done(
    hub: Hub, open_with: OpenReception
) -> None:
    async with open_with() as reception:
        sealing = reception
    await fill(hub, sealing, MESSAGES)
    async with open_with() as reception:
        last = message(f"{MESSAGES - 2}", str((MESSAGES - 2) % PATIENTS), f"第{MESSAGES - 2}^人")
        deliveries = [await reception.receive(reception.seal(last, "test", None)) for _ in range(3)]
        assert (await states(hub))["received"] > 0
        answers = [await delivery.application for delivery in deliveries if delivery.application]
        assert len(set(answers)) == 1
        await until_settled(hub)
    assert sum((await states(hub)).values()) == MESSAGES
