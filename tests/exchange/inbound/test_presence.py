"""What a process that died had in hand is taken by another at once; what a living one has is left to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import pytest

from exchange.hub import Hub
from exchange.inbound.inbox import Inbox
from exchange.inbound.presence import PROCESSES, Presence, present
from exchange.inbound.sealing import sealed_by_channel
from exchange.inbound.taking_up import take_up
from tests.exchange.inbound.conftest import HOSPITALS, OpenReception
from tests.exchange.inbound.senders import message
from tests.exchange.inbound.test_dispatch import until_processed
from tests.exchange.inbound.test_elsewhere import INSTANT

HELD = """
SELECT pid FROM pg_locks
WHERE locktype = 'advisory' AND classid = $1::bigint AND objid = $2::bigint AND granted"""


@pytest.fixture
async def connection(hub: Hub) -> AsyncIterator[asyncpg.Connection]:
    async with hub.pool.acquire() as acquired:
        yield acquired


async def kept(hub: Hub, keeper: int | None, *senders: str) -> list[int]:
    inbox = Inbox(hub.pool, keeper)
    raws = [message(f"C{number}", str(number), f3=sender) for number, sender in enumerate(senders)]
    envelopes = [sealed_by_channel(raw, "test", None, HOSPITALS) for raw in raws]
    return [(await inbox.keep(each, INSTANT)).id for each in envelopes]


async def holder(connection: asyncpg.Connection, presence: Presence) -> int | None:
    found: int | None = await connection.fetchval(HELD, PROCESSES, presence.number)
    return found


async def taken(connection: asyncpg.Connection, presence: Presence, share: bool = False) -> list[int]:
    return [each.id for each in await take_up(connection, presence, 0, [], 100, share)]


async def test_what_a_living_process_has_is_left_to_it(hub: Hub, connection: asyncpg.Connection) -> None:
    async with present(hub.dsn) as ours:
        async with present(hub.dsn) as theirs:
            ids = await kept(hub, theirs.number, "A")
            assert await taken(connection, ours) == []
            assert await taken(connection, theirs) == ids
        async with asyncio.timeout(60):
            while await holder(connection, theirs) is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await taken(connection, ours) == ids


async def test_the_sweep_finds_what_a_dead_process_had(
    hub: Hub, open_with: OpenReception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.inbound.backlog.SWEEP_SECONDS", 0.05)
    async with open_with():
        async with present(hub.dsn) as theirs:
            await kept(hub, theirs.number, "A", "B")
        await until_processed(hub)


async def test_processes_share_the_senders(hub: Hub, connection: asyncpg.Connection) -> None:
    ids = await kept(hub, None, *(f"S{number}" for number in range(40)))
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(present(hub.dsn)) for _ in range(2)]
        shares = [await taken(connection, each, share=True) for each in both]
        assert sorted(shares[0] + shares[1]) == ids
        assert all(shares)


async def test_who_lost_the_connection_is_back_and_judges_nobody_before(
    hub: Hub, connection: asyncpg.Connection
) -> None:
    async with present(hub.dsn) as presence:
        assert presence.may_judge
        before = await holder(connection, presence)
        await connection.execute("SELECT pg_terminate_backend($1)", before)
        async with asyncio.timeout(60):
            while await holder(connection, presence) in (None, before):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            while not presence.held:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert presence.since > 0
