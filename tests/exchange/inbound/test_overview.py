"""The inbox at a glance."""

from datetime import UTC, datetime, timedelta

from exchange.hub import Hub
from exchange.inbound.overview import MOST_HOSPITALS, OTHERS, Count, InboxMetrics, counts, families, lags
from exchange.inbound.reception import Reception
from tests.exchange.inbound.senders import message
from tests.exchange.inbound.test_dispatch import send

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_messages_are_counted_by_what_became_of_them(hub: Hub, reception: Reception) -> None:
    for raw in (message("1"), message("2", "2"), message("3", name="REFUSE"), message("4", f4="H2")):
        await send(reception, raw)
    async with hub.pool.acquire() as connection:
        found = await counts(connection)
        one = await counts(connection, "h2")
        [lag] = await lags(connection)
    told = [(each.state, each.hospital, each.channel, each.number) for each in found]
    assert told == [
        ("processed", "h1", "test", 2),
        ("processed", "h2", "test", 1),
        ("quarantined", "h1", "test", 1),
    ]
    assert [(each.state, each.number) for each in one] == [("processed", 1)]
    assert (lag.channel, lag.number) == ("test", 4)
    assert 0 <= lag.half <= lag.most <= lag.longest
    gauges = {family.name: family for family in await InboxMetrics(hub.pool)()}
    [sample] = gauges["yilian_inbox_messages"].samples
    assert sample.labels == {"state": "quarantined", "hospital": "h1", "channel": "test"}
    assert sample.value == 1


def test_there_are_not_more_labels_than_can_be_kept() -> None:
    waiting = [
        Count("received", f"h{n}", "mllp", 5_000 - n, NOW - timedelta(seconds=n)) for n in range(1_000)
    ]
    [messages, oldest] = families(waiting, NOW)
    assert len(messages.samples) == MOST_HOSPITALS + 1
    assert sum(each.value for each in messages.samples) == sum(each.number for each in waiting)
    assert OTHERS in {each.labels["hospital"] for each in messages.samples}
    [sample] = oldest.samples
    assert sample.value == 999
