"""In whatever order messages come, what is stored is as if they had come in the order of their own times."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import permutations
from random import Random
from typing import Any

import msgspec
import pytest

from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from adapters.translation import Translation
from exchange.hub import Hub
from exchange.inbound import lateness, telling
from exchange.inbound.reception import Reception
from exchange.store.fetch import history
from exchange.store.packing import unpack
from exchange.store.transact import transact
from exchange.store.types import type_name
from tests.exchange.inbound.conftest import OpenReception
from tests.exchange.inbound.test_dispatch import send, stored
from tests.exchange.inbound.test_work import tools
from tests.stock import EMPTY

STORED = "SELECT type, id, body FROM resource WHERE body IS NOT NULL"


def real(message: Message, hospital: Hospital, received: datetime) -> Translation:
    """By the maps, which are compiled once."""
    translate, _ = tools()
    return translate(message, hospital, received)


Store = dict[tuple[str, str], Any]


def adt(event: str, minute: int, *, pid: str = "", pv1: str = "", pid_13: str = "") -> str:
    """An ADT message recorded at a minute; `pid` is PID-5 to -8."""
    told = f"202403010{8 + minute // 60}{minute % 60:02}00"
    return (
        f"MSH|^~\\&|HIS|H1|HUB||{told}||ADT^{event}|{event}-{minute}|P|2.5.1\rEVN|{event}|{told}\r"
        f"PID|1||1^^^H1^PI||{pid or '张^三'}|||||||{pid_13}\rPV1|1|I|{pv1 or 'W1^1^1'}"
        f"|||||||||||||||||V1\r"
    )


def oru(status: str, minute: int, value: str, note: str = "") -> str:
    """A result of one order, as it stood at a minute."""
    told = f"202403010{8 + minute // 60}{minute % 60:02}00"
    return (
        f"MSH|^~\\&|LIS|H1|HUB||{told}||ORU^R01|{status}-{minute}|P|2.5.1\r"
        f"PID|1||1^^^H1^PI||张^三\rOBR|1|P1|F1|CBC^血常规^L|||20240301080000"
        f"{'|' * 15}{told}||LAB|{status}\rOBX|1|NM|718-7^Hb^LN||{value}|g/dL|11-15|N|||{status}\r"
        + (f"NTE|1||{note}\r" if note else "")
    )


def merge(minute: int) -> str:
    """Number 2 becomes number 1."""
    told = f"202403010{8 + minute // 60}{minute % 60:02}00"
    return (
        f"MSH|^~\\&|HIS|H1|HUB||{told}||ADT^A40|M-{minute}|P|2.5.1\rEVN|A40|{told}\r"
        "PID|1||1^^^H1^PI||张^三\rMRG|2^^^H1^PI\r"
    )


STORIES = {
    "a merge": [
        adt("A01", 1).replace("1^^^H1", "2^^^H1"),
        adt("A01", 2).replace("V1", "V2"),
        merge(3),
        adt("A08", 4, pid_13="138"),
    ],
    "a stay": [
        adt("A01", 1, pid="张^三||19491231|F"),
        adt("A08", 2, pid_13="138"),
        adt("A02", 3, pv1="W2^2^1"),
        adt("A08", 4, pid="张^三丰", pid_13='""'),
        adt("A03", 5, pv1="W2^2^1"),
    ],
    "cancellations": [
        adt("A01", 1),
        adt("A02", 2, pv1="W2^2^1"),
        adt("A12", 3, pv1="W1^1^1"),
        adt("A03", 4),
        adt("A13", 5),
        adt("A08", 6, pid_13="139"),
    ],
    "an admission taken back": [adt("A01", 1), adt("A08", 2, pid_13="138"), adt("A11", 3)],
    "results": [
        oru("P", 1, "12"),
        oru("F", 2, "12.5", "稀释"),
        adt("A08", 3, pid_13="138"),
        oru("C", 4, "13.5"),
    ],
}


async def world(hub: Hub) -> Store:
    """What is stored of the hospital's own."""
    found: Store = {}
    for record in await hub.pool.fetch(STORED):
        resource = msgspec.json.decode(unpack(record["body"]))
        version = resource.pop("meta")
        if type_name(record["type"]) != "Provenance" and "enterprise" not in str(resource.get("identifier")):
            assert version["versionId"]
            found[type_name(record["type"]), record["id"]] = resource
    return found


async def told(hub: Hub, reception: Reception, texts: Sequence[str]) -> Store:
    """What is stored after these, one after the other."""
    await hub.pool.execute(EMPTY)
    hub.seen_domains.clear()
    for text in texts:
        answer = await send(reception, text.encode())
        assert answer.text("MSA-1") == "AA", answer.segments[-1].raw
    return await world(hub)


@pytest.mark.parametrize("story", STORIES)
async def test_any_order_gives_the_same_end(hub: Hub, open_with: OpenReception, story: str) -> None:
    texts = STORIES[story]
    async with open_with(real) as reception:
        wanted = await told(hub, reception, texts)
        orders = list(permutations(texts))
        for order in orders[1 :: max(1, len(orders) // 3)]:
            assert await told(hub, reception, order) == wanted


@pytest.mark.parametrize("seed", range(4))
async def test_any_messages_in_any_order(hub: Hub, open_with: OpenReception, seed: int) -> None:
    """Whatever a patient's messages are."""
    chance = Random(seed)
    texts = [drawn(chance, minute) for minute in range(1, 9)]
    async with open_with(real) as reception:
        wanted = await told(hub, reception, texts)
        assert await told(hub, reception, chance.sample(texts, len(texts))) == wanted


def drawn(chance: Random, minute: int) -> str:
    if chance.random() < 0.25:
        return oru(chance.choice("PFC"), minute, str(chance.randint(1, 99)), chance.choice(("", "稀释")))
    if chance.random() < 0.2:
        return merge(minute)
    event = chance.choice(("A01", "A02", "A03", "A04", "A08", "A11", "A12", "A13", "A31"))
    pid = f"张^{chance.choice('一二三')}||{chance.choice(('', '19491231', '19500101'))}|{chance.choice('FM')}"
    where = chance.choice(("W1^1^1", "W2^2^1", ""))
    return adt(event, minute, pid=pid, pv1=where, pid_13=chance.choice(("", "138", "139", '""')))


async def test_a_late_message_is_kept_as_history(hub: Hub, open_with: OpenReception) -> None:
    """What the Patient was at its time stands between, and the present is as it was, completed."""
    async with open_with(real) as reception:
        await told(hub, reception, [adt("A01", 1, pid="张^一"), adt("A08", 5, pid="张^五")])
        await send(reception, adt("A08", 3, pid="张^三||19491231|F").encode())
    now = (await stored(hub, "Patient", patient)).body if (patient := await patient_of(hub)) else b""
    assert now is not None
    shown = msgspec.json.decode(now)
    assert shown["name"][0]["family"] == "张"
    assert (shown["name"][0]["given"], shown["birthDate"]) == (["五"], "1949-12-31")
    async with hub.pool.acquire() as connection:
        versions = await history(connection, "Patient", patient, 9)
    said = [msgspec.json.decode(version.body or b"{}") for version in versions]
    assert [each["name"][0]["given"] for each in said] == [["五"], ["三"], ["五"], ["一"]]
    assert [each["meta"]["versionId"] for each in said] == ["4", "3", "2", "1"]
    assert said == sorted(said, key=lambda each: each["meta"]["lastUpdated"], reverse=True)


async def test_what_says_nothing_new_late_makes_no_version(hub: Hub, open_with: OpenReception) -> None:
    async with open_with(real) as reception:
        await told(hub, reception, [adt("A01", 1), adt("A08", 5, pid="张^三||19491231|F")])
        await send(reception, adt("A08", 3).encode())
    assert (await stored(hub, "Patient", await patient_of(hub))).version == 2


async def test_what_a_client_wrote_is_only_completed(hub: Hub, open_with: OpenReception) -> None:
    """Nobody knows when that happened, so it counts as newer than all that comes late."""
    async with open_with(real) as reception:
        await told(hub, reception, [adt("A01", 1), adt("A08", 5)])
        id_ = await patient_of(hub)
        body = msgspec.json.decode((await stored(hub, "Patient", id_)).body or b"{}")
        async with hub.pool.acquire() as connection, connection.transaction():
            body["name"] = [{"use": "official", "text": "改"}]
            await transact(connection, [hub.write("update", body)], hub.clock())
        await send(reception, adt("A08", 3, pid="张^三||19491231|F").encode())
    shown = msgspec.json.decode((await stored(hub, "Patient", id_)).body or b"{}")
    assert shown["name"] == [{"use": "official", "text": "改"}]
    assert shown["birthDate"] == "1949-12-31"


async def test_what_comes_very_late_only_completes(
    hub: Hub, open_with: OpenReception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many later messages are not told again."""
    for module in (telling, lateness):
        monkeypatch.setattr(module, "MOST", 2)
    later = [adt("A08", minute, pid=f"张^{minute}") for minute in range(10, 15)]
    async with open_with(real) as reception:
        await told(hub, reception, later)
        await send(reception, adt("A08", 1, pid="张^一||19491231|F").encode())
    shown = msgspec.json.decode((await stored(hub, "Patient", await patient_of(hub))).body or b"{}")
    assert (shown["name"][0]["given"], shown["birthDate"]) == (["14"], "1949-12-31")


async def test_being_told_again_changes_nothing(hub: Hub, open_with: OpenReception) -> None:
    """A message that was processed takes its own place when it is processed again."""
    texts = STORIES["a stay"]
    async with open_with(real) as reception:
        wanted = await told(hub, reception, texts[::-1])
        before = await hub.pool.fetchval("SELECT count(*) FROM history")
        await hub.pool.execute("UPDATE inbox SET state = 'received' WHERE message_type = 'ADT^A08'")
    async with open_with(real), asyncio.timeout(120):
        while await hub.pool.fetchval("SELECT count(*) FROM inbox WHERE state = 'received'"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert await world(hub) == wanted
    assert await hub.pool.fetchval("SELECT count(*) FROM inbox WHERE state <> 'processed'") == 0
    assert await hub.pool.fetchval("SELECT count(*) FROM history") == before


async def test_two_hubs_keep_the_order_of_a_patient(hub: Hub, open_with: OpenReception) -> None:
    """Messages of one patient at two processes at once: one waits for the other."""
    texts = [adt("A08", minute, pid=f"张^{minute}", pid_13=str(minute)) for minute in range(1, 25)]
    async with open_with(real) as one, open_with(real) as other:
        wanted = await told(hub, one, texts)
        await hub.pool.execute(EMPTY)
        await asyncio.gather(*(send((one, other)[n % 2], text.encode()) for n, text in enumerate(texts)))
        assert await world(hub) == wanted


async def patient_of(hub: Hub) -> str:
    """The hospital's only Patient."""
    return next(id_ for kind, id_ in await world(hub) if kind == "Patient")
