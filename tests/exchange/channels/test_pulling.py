"""Rows of a front-end table come into the inbox once each, however often the pull is broken off."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from exchange.channels.declared import Pull
from exchange.channels.pulling import Puller, mark, pulling
from exchange.commands.pushing import pushed
from exchange.commands.refused import Refused
from exchange.hub import Hub
from exchange.inbound.envelope import Envelope
from exchange.inbound.front_end import PullError, Source
from exchange.inbound.reception import Reception
from exchange.server import translating
from tests.exchange.channels.test_dropping import until
from tests.exchange.inbound.conftest import OpenReception

MAP = """
maps:
  - map: Person
    segment: hzxx
    resource: Patient
    label: patient
    identity: [[yljgdm, yjlxh]]
    rows:
      - {id: institution, source: yljgdm, ignore: whose table it is}
      - {id: number, source: yjlxh, target: identifier, function: named_identifier, given: {kind: MR}}
      - {id: card, source: kh, ignore: its number is enough}
      - {id: name, source: xm, target: "name[+].text", function: text}
      - {id: changed, source: changed, ignore: when it was written}
"""
WAITING = "SELECT count(*) FROM inbox WHERE state = 'received'"
CREATE = "CREATE TABLE hzxx (yljgdm TEXT, yjlxh INTEGER, kh TEXT, xm TEXT, changed TEXT)"


@pytest.fixture
def front(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(tmp_path / "front.db", isolation_level=None)
    made.execute(CREATE)
    yield made
    made.close()


@pytest.fixture
def pull(tmp_path: Path) -> Pull:
    source = Source("hzxx", ("yjlxh",), "changed")
    return Pull("his", f"sqlite:///{tmp_path / 'front.db'}", source, "h7", every=0.02, batch=4)


def write(front: sqlite3.Connection, numbers: Sequence[int], changed: str) -> None:
    front.executemany(
        "INSERT INTO hzxx VALUES ('H009', ?, ?, '张三', ?)",
        [(number, f"K{number}", changed) for number in numbers],
    )


async def kept(hub: Hub) -> int:
    count: int = await hub.pool.fetchval("SELECT count(*) FROM inbox WHERE channel = 'his@h7'")
    return count


async def test_what_is_new_is_pulled_while_the_hub_runs(
    hub: Hub, open_with: OpenReception, front: sqlite3.Connection, pull: Pull, tmp_path: Path
) -> None:
    """And translated by the map that is declared for it."""
    write(front, range(10), "2024-03-01 08:00:00")
    (tmp_path / "map.yaml").write_text(MAP, "utf-8")
    declared = (
        f"pulls: [{{name: his, hospital: h7, url: x, table: hzxx, key: yjlxh, map: {tmp_path}/map.yaml}}]"
    )
    (tmp_path / "channels.yaml").write_text(declared, "utf-8")
    settings = hub.settings.model_copy(update={"channels": tmp_path / "channels.yaml"})
    async with open_with(translating(replace(hub, settings=settings))) as reception:
        task = asyncio.create_task(pulling(reception, pull))
        for changed, expected in (("2024-03-01 09:00:00", 10), ("2024-03-01 10:00:00", 13), (None, 16)):
            async with asyncio.timeout(120):
                while await kept(hub) < expected:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            if changed:
                write(front, range(3), changed)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await kept(hub) == 16
    states = await hub.pool.fetch("SELECT DISTINCT state, message_type, hospital FROM inbox")
    assert [tuple(row) for row in states] == [("processed", "table hzxx", "h7")]


async def test_a_pull_that_was_broken_off_goes_on(
    hub: Hub, reception: Reception, front: sqlite3.Connection, pull: Pull
) -> None:
    write(front, range(10), "2024-03-01 08:00:00")
    told: list[str] = []

    async def keep(envelopes: Sequence[Envelope]) -> None:
        told.extend(envelope.control_id for envelope in envelopes)
        if len(told) in (8, 12):
            raise PullError("away")

    puller = Puller(pull, hub.pool, lambda raw, channel: reception.seal(raw, channel, None), hub.clock)
    for _ in range(2):
        with pytest.raises(PullError):
            await puller.once(keep)
    await puller.once(keep)
    assert len(told) == 4 + 4 + 4 + 4 + 2
    assert len(set(told)) == 10
    assert await puller.once(keep) == 0
    async with hub.pool.acquire() as connection:
        assert await mark(connection, pull.channel)


async def test_a_row_says_when_it_was_changed(
    hub: Hub, reception: Reception, front: sqlite3.Connection, pull: Pull
) -> None:
    write(front, [1], "2024-03-01 08:00:00")
    found: list[Envelope] = []

    async def keep(envelopes: Sequence[Envelope]) -> None:
        found.extend(envelopes)

    puller = Puller(pull, hub.pool, lambda raw, channel: reception.seal(raw, channel, None), hub.clock)
    assert await puller.once(keep) == 1
    [envelope] = found
    assert (envelope.written, envelope.hospital.id) == ("2024-03-01 08:00:00", "h7")
    assert puller.pull.url not in repr(puller.pull)
    with pytest.raises(PullError, match="no table"):
        await replace(puller, pull=replace(pull, source=Source("nothing", ("id",)))).once(keep)


async def test_a_database_that_is_away_is_tried_again(
    hub: Hub, reception: Reception, pull: Pull, caplog: pytest.LogCaptureFixture
) -> None:
    task = asyncio.create_task(pulling(reception, replace(pull, url="sqlite:////nowhere/at/all.db")))
    await until(lambda: caplog.text.count("channel his") > 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "nowhere" not in caplog.text


async def test_the_command_puts_rows_where_the_hub_finds_them(
    hub: Hub, open_with: OpenReception, front: sqlite3.Connection, tmp_path: Path
) -> None:
    write(front, range(6), "2024-03-01 08:00:00")
    pull = f"name: his, hospital: h7, url: 'sqlite:///{tmp_path}/front.db', table: hzxx, key: yjlxh"
    declared = f"pulls: [{{{pull}}}]"
    (tmp_path / "channels.yaml").write_text(declared, "utf-8")
    changes = {"channels": tmp_path / "channels.yaml", "database_url": hub.dsn}
    settings = hub.settings.model_copy(update=changes)
    assert await pushed(settings, "his") == (6, 0)
    await hub.pool.execute("DELETE FROM channel_mark")
    assert await pushed(settings, "his") == (0, 6)
    with pytest.raises(Refused, match="no pull"):
        await pushed(settings, "nobody")
    async with open_with(translating(replace(hub, settings=settings))):
        async with asyncio.timeout(60):
            while await hub.pool.fetchval(WAITING):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
