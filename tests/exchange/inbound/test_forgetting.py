"""What messages told is forgotten in time, and what comes late then only completes what is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from exchange.hub import Hub
from exchange.inbound import forgetting
from exchange.inbound.forgetting import first_since, forget
from exchange.inbound.inbox import Inbox
from exchange.store.packing import unpack
from tests.exchange.inbound.conftest import OpenReception
from tests.exchange.inbound.senders import message
from tests.exchange.inbound.test_dispatch import send
from tests.exchange.inbound.test_order import adt, real

DAY = timedelta(days=1)
ROWS = "SELECT count(*) AS all, count(*) FILTER (WHERE refs = '{}') AS empty FROM telling"


async def tellings(hub: Hub) -> tuple[int, int]:
    found = await hub.pool.fetchrow(ROWS)
    return found["all"], found["empty"]


async def test_what_is_forgotten_is_only_completed(
    hub: Hub, open_with: OpenReception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "STEP", 1)
    other = adt("A01", 1).replace("1^^^H1", "2^^^H1").replace("V1", "V2")
    async with open_with(real) as reception:
        for text in (other, *(adt("A08", minute, pid=f"张^{minute}") for minute in range(10, 15))):
            await send(reception, text.encode())
        everything, _ = await tellings(hub)
        await forget(hub, hub.clock() - DAY)
        assert await tellings(hub) == (everything, 0)
        await forget(hub, hub.clock() + DAY)
        subjects, emptied = await tellings(hub)
        assert subjects == emptied < everything
        await forget(hub, hub.clock() + DAY)
        assert await tellings(hub) == (subjects, emptied)
        await send(reception, adt("A08", 5, pid="张^五||19491231|F").encode())
        shown = await newest(hub)
        assert (shown["name"][0]["given"], shown["birthDate"]) == (["14"], "1949-12-31")
        await send(reception, adt("A08", 16, pid="张^新").encode())
        assert (await newest(hub))["name"][0]["given"] == ["新"]


async def newest(hub: Hub) -> dict[str, Any]:
    """The Patient of number 1 as it is stored."""
    for record in await hub.pool.fetch("SELECT body FROM resource WHERE body IS NOT NULL"):
        resource: dict[str, Any] = msgspec.json.decode(unpack(record["body"]))
        numbers = [each.get("value") for each in resource.get("identifier", ())]
        if resource["resourceType"] == "Patient" and numbers[0] == "1":
            return resource
    raise AssertionError


async def test_the_first_message_since(hub: Hub, open_with: OpenReception) -> None:
    inbox, begun = Inbox(hub.pool), datetime(2024, 1, 1, tzinfo=UTC)
    async with open_with() as reception:
        envelopes = [reception.seal(message(str(n)), "test", None) for n in range(3)]
    ids = [(await inbox.keep(each, begun + n * DAY)).id for n, each in enumerate(envelopes)]
    async with hub.pool.acquire() as connection:
        found = [await first_since(connection, begun + days * DAY) for days in (0, 1, 2, 9)]
    assert [[id_ for id_ in ids if id_ < each] for each in found] == [[], ids[:1], ids[:2], ids]
