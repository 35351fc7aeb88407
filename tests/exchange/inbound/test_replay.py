"""Processed messages replayed: nothing new where nothing changed, everything new where the maps did."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from adapters.translation import Translation
from exchange.commands import replaying
from exchange.commands.replaying import Pace
from exchange.hub import Hub
from exchange.inbound import replay
from exchange.inbound.reception import Reception
from exchange.inbound.replay import Chosen
from exchange.settings import Settings
from tests.exchange.inbound.conftest import OpenReception
from tests.exchange.inbound.senders import message, patient_id, translate_simply
from tests.exchange.inbound.test_dispatch import provenances, rows, send, stored

ALL = Chosen(processed=True)


def by_maps(version: str, prefix: str = "") -> object:
    """A translation of a version; another one may call people otherwise."""

    def translate(sent: Message, hospital: Hospital, received: datetime) -> Translation:
        made = translate_simply(sent, hospital, received)
        for entry in made.entries:
            entry.resource["name"][0]["family"] = prefix + entry.resource["name"][0]["family"]
        return replace(made, maps=version)

    return translate


async def sent(reception: Reception, count: int = 6) -> None:
    for n in range(count):
        await send(reception, message(str(n), str(n % 3), f"第{n}^人", f7=f"2024010112{n:02}"))


async def settled(hub: Hub) -> None:
    async with asyncio.timeout(120):
        while any(row["state"] == "received" for row in await rows(hub)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.inbound.backlog.SWEEP_SECONDS", 0.02)
    monkeypatch.setattr("exchange.commands.replaying.PAUSE", 0.01)


@pytest.fixture
def settings(hub: Hub, database_url: str) -> Settings:
    return hub.settings.model_copy(update={"database_url": database_url})


async def test_with_the_same_maps_nothing_changes(hub: Hub, open_with: OpenReception) -> None:
    async with open_with(by_maps("1")) as reception:
        await sent(reception)
        before = [await stored(hub, "Patient", patient_id(str(p))) for p in range(3)]
        answers = [row["acknowledgement"] for row in await rows(hub)]
        made = await provenances(hub)
        async with hub.pool.acquire() as connection:
            assert await replay.requeue(connection) == 0
            assert await replay.requeue(connection, ALL, "somebody") == 6
        await settled(hub)
        after = [await stored(hub, "Patient", patient_id(str(p))) for p in range(3)]
    assert [each.body for each in before] == [each.body for each in after]
    assert await provenances(hub) == made
    found = await rows(hub)
    assert {(row["state"], row["attempts"], row["map_version"]) for row in found} == {("processed", 2, "1")}
    assert [row["acknowledgement"] for row in found] == answers


async def test_only_what_other_maps_made(hub: Hub, open_with: OpenReception) -> None:
    async with open_with(by_maps("1")) as reception:
        await sent(reception, 3)
    async with open_with(by_maps("2", "新")) as reception:
        await send(reception, message("9", "9"))
        async with hub.pool.acquire() as connection:
            told = {form: {"": "1", "h1": "2"} for form in ("messages", "documents")}
            meant = Chosen(processed=True, not_map_version=told)
            assert await replay.count(connection, meant) == {"processed": 3}
            assert await replay.count(connection, Chosen(processed=True, map_version="2")) == {"processed": 1}
            assert await replay.requeue(connection, meant) == 3
        await settled(hub)
        async with hub.pool.acquire() as connection:
            assert await replay.count(connection, meant) == {}
        found = await stored(hub, "Patient", patient_id("2"))
    assert found.body is not None
    assert "新第2" in found.body.decode()


async def test_an_older_message_does_not_undo_a_newer_one(hub: Hub, open_with: OpenReception) -> None:
    async with open_with(by_maps("1")) as reception:
        await sent(reception)
        first = [row["id"] for row in await rows(hub)][:3]
    async with open_with(by_maps("2", "新")):
        async with hub.pool.acquire() as connection:
            assert await replay.requeue(connection, Chosen(first, processed=True)) == 3
        await settled(hub)
        for patient, newest in enumerate(("第3", "第4", "第5")):
            found = await stored(hub, "Patient", patient_id(str(patient)))
            assert newest in (found.body or b"").decode()
        async with hub.pool.acquire() as connection:
            assert await replay.requeue(connection, Chosen(processed=True, map_version="1")) == 3
        await settled(hub)
        for patient, newest in enumerate(("新第3", "新第4", "新第5")):
            found = await stored(hub, "Patient", patient_id(str(patient)))
            assert newest in (found.body or b"").decode()


async def test_a_replay_that_was_interrupted_goes_on(
    hub: Hub, reception: Reception, settings: Settings
) -> None:
    await sent(reception)
    async with hub.pool.acquire() as connection:
        one = await replay.begin(connection, ALL, "somebody", hub.clock())
        one = await replay.step(connection, one, 2, hub.clock())
    assert (one.requeued, one.ended) == (2, None)
    await send(reception, message("later"))
    ended = await replaying.resumed(settings, one.id, Pace(0, True), lambda line: None)
    assert (ended.replay.requeued, ended.taken_up, ended.states) == (6, True, {"processed": 6})
    again = await replaying.resumed(settings, one.id, Pace(0, False), lambda line: None)
    assert again.replay.requeued == 6


async def test_it_does_not_run_ahead_of_the_hub(
    hub: Hub, reception: Reception, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.commands.replaying.WAITING", 2)
    await sent(reception)
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            async with hub.pool.acquire() as connection:
                most = max(most, await replay.waiting(connection))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    told: list[str] = []
    ended = await replaying.begun(settings, ALL, "somebody", Pace(0, True), told.append)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert ended.states == {"processed": 6}
    assert 0 < most <= 2
    assert "--resume" in told[0]


async def test_without_a_hub_everything_waits_for_the_next_one(
    hub: Hub, open_with: OpenReception, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.commands.replaying.WAITING", 1)
    monkeypatch.setattr("exchange.commands.replaying.PATIENCE", 0.05)
    async with open_with() as reception:
        await sent(reception)
    ended = await replaying.begun(settings, ALL, "somebody", Pace(0, True), lambda line: None)
    assert not ended.taken_up
    assert ended.states == {"received": 6}
    async with open_with(), asyncio.timeout(120):
        while {row["state"] for row in await rows(hub)} != {"processed"}:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def test_a_rate_says_how_long_to_wait() -> None:
    assert replaying.pause(50, Pace(100, False)) == 0.5
    assert replaying.pause(50, Pace(0, False)) == 0
    assert (Pace(7.5, False).step, Pace(0.1, False).step) == (7, 1)


def test_the_versions_of_now(tmp_path: Path) -> None:
    settings = Settings(hospitals=tmp_path)
    (tmp_path / "h9.yaml").write_text("id: h9\ntimezone: UTC\n", "utf-8")
    told = replaying.in_force(settings)
    assert told["messages"]["h9"] != told["messages"][""]
    assert told["documents"].keys() == {"h9", ""}
