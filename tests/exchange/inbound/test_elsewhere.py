"""Messages that two processes have in hand at once: none waits for what the other is slow with."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from exchange.hub import Hub
from exchange.inbound.inbox import Inbox, Receipt
from exchange.inbound.reception import Reception, open_reception
from exchange.store.fetch import count_versions
from tests.exchange.inbound.conftest import HOSPITALS, OpenReception
from tests.exchange.inbound.senders import message, patient_id, translate_simply
from tests.exchange.inbound.test_dispatch import provenances

MESSAGES = 48
INSTANT = datetime(2024, 1, 1, tzinfo=UTC)
# Somebody is about to settle a message, and takes his time.
IN_HAND = "SELECT FROM inbox WHERE id = ANY($1::bigint[]) FOR UPDATE"


@pytest.fixture
async def beside(hub: Hub) -> AsyncIterator[Reception]:
    async with open_reception(hub, HOSPITALS, translate_simply) as opened:
        yield opened


async def kept(hub: Hub, reception: Reception, count: int) -> list[tuple[bytes, Receipt]]:
    raws = [message(str(number), str(number), f"第{number}^人") for number in range(count)]
    inbox = Inbox(hub.pool)
    return [(raw, await inbox.keep(reception.seal(raw, "test", None), INSTANT)) for raw in raws]


async def answers(reception: Reception, raws: list[bytes]) -> set[bytes]:
    async def one(raw: bytes) -> bytes:
        delivery = await reception.receive(reception.seal(raw, "test", None))
        assert delivery.application is not None
        return (await delivery.application).partition(b"MSA|")[2][:2]

    return set(await asyncio.gather(*(one(raw) for raw in raws)))


async def test_both_go_on_with_what_the_other_has_not(
    hub: Hub, open_with: OpenReception, beside: Reception
) -> None:
    choose = random.Random(7)
    async with open_with() as reception:
        raws = [raw for raw, _ in await kept(hub, reception, MESSAGES)]
        first, second = (choose.sample(raws, len(raws)) for _ in range(2))
        told = await asyncio.gather(answers(reception, first), answers(beside, second))
    assert told == [{b"AA"}, {b"AA"}]
    assert await provenances(hub) == MESSAGES
    async with hub.pool.acquire() as connection:
        for number in range(MESSAGES):
            assert await count_versions(connection, "Patient", patient_id(str(number))) == 1


async def test_what_somebody_else_is_slow_with_holds_up_nothing_else(hub: Hub, beside: Reception) -> None:
    messages = await kept(hub, beside, 16)
    theirs = messages[5]
    async with asyncio.timeout(60), hub.pool.acquire() as connection:
        async with connection.transaction():
            await connection.fetch(IN_HAND, [theirs[1].id])
            waiting = asyncio.create_task(answers(beside, [theirs[0]]))
            assert await answers(beside, [raw for raw, _ in messages if raw != theirs[0]]) == {b"AA"}
            assert not waiting.done()
        assert await waiting == {b"AA"}
