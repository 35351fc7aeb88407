"""What channels took and answered is counted once, by all processes together."""

import asyncpg
import pytest

from exchange.channels.counting import MOST, ChannelMetrics, Counts, counting, forget_gauges
from exchange.hub import Hub
from exchange.inbound.reception import Reception
from exchange.metrics.exposition import exposition
from tests.exchange.inbound.senders import message
from tests.exchange.inbound.test_dispatch import send


async def told(hub: Hub) -> dict[str, float]:
    lines = exposition(await ChannelMetrics(hub.pool)()).decode().splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


async def test_messages_are_counted_by_channel(hub: Hub, reception: Reception) -> None:
    for raw in (message("1"), message("1"), message("2", name="REFUSE"), message("3", f12="9")):
        await send(reception, raw)
    async with counting(reception.counts, hub.pool):
        pass
    found = await told(hub)
    assert found['yilian_channel_received_total{channel="test"}'] == 3
    assert found['yilian_channel_repeated_total{channel="test"}'] == 1
    assert found['yilian_channel_quarantined_total{channel="test"}'] == 2
    assert found['yilian_channel_settled_total{channel="test"}'] == 3
    assert found['yilian_channel_acknowledged_total{channel="test",code="AA"}'] == 1
    assert found['yilian_channel_acknowledged_total{channel="test",code="AE"}'] == 1
    assert found['yilian_channel_settled_within_total{channel="test",le="300"}'] == 3


async def test_what_is_open_is_that_of_all_processes(hub: Hub) -> None:
    one, other = Counts(), Counts()
    one.gauges["mllp", "connections", ""] = lambda: 7
    other.gauges["mllp", "connections", ""] = lambda: 2
    async with hub.pool.acquire() as connection:
        for counts in (one, other, one):
            await counts.tell(connection)
        assert (await told(hub))['yilian_channel_connections{channel="mllp"}'] == 9
        async with counting(other, hub.pool):
            pass
        assert (await told(hub))['yilian_channel_connections{channel="mllp"}'] == 7
        await forget_gauges(connection)
    assert not await told(hub)


async def test_what_cannot_be_told_is_told_later(hub: Hub) -> None:
    counts = Counts()
    counts.add("a", "received")
    connection = await hub.pool.acquire()
    await connection.close()
    with pytest.raises(asyncpg.InterfaceError):
        await counts.tell(connection)
    await hub.pool.release(connection)
    counts.add("a", "received")
    async with hub.pool.acquire() as another:
        await counts.tell(another)
    assert (await told(hub))['yilian_channel_received_total{channel="a"}'] == 2


async def test_there_are_not_too_many_channels(hub: Hub) -> None:
    counts = Counts()
    for number in range(MOST + 5):
        counts.add(f"c{number}", "received")
    async with hub.pool.acquire() as connection:
        await counts.tell(connection)
    found = await told(hub)
    assert len(found) == MOST + 1
    assert found['yilian_channel_received_total{channel="(others)"}'] == 5
