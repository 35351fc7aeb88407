"""Messages become resources: each exactly once, in order for each patient, none lost whatever fails."""

import asyncio
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import msgspec
import pytest

from adapters.hl7v2.parse import Message, parse
from adapters.hospitals.hospital import Hospital
from adapters.translation import Translation
from exchange.hub import Hub
from exchange.inbound.inbox import Inbox
from exchange.inbound.provenance import message_system
from exchange.inbound.reception import Reception
from exchange.inbound.replay import Chosen, requeue
from exchange.store.fetch import Stored, count_versions, fetch
from exchange.store.packing import unpack
from exchange.store.transact import transact
from exchange.store.types import type_number
from tests.exchange.inbound.conftest import OpenReception
from tests.exchange.inbound.senders import message, patient_id


async def send(reception: Reception, raw: bytes) -> Message:
    """The application acknowledgement."""
    delivery = await reception.receive(reception.seal(raw, "test", None))
    assert delivery.application is not None
    return parse((await delivery.application).decode())


async def stored(hub: Hub, type_: str, id_: str) -> Stored:
    async with hub.pool.acquire() as connection:
        [found] = await fetch(connection, [(type_, id_)])
    assert found is not None
    return found


async def rows(hub: Hub) -> list[asyncpg.Record]:
    async with hub.pool.acquire() as connection:
        return list(await connection.fetch("SELECT * FROM inbox ORDER BY id"))


async def until_processed(hub: Hub) -> None:
    async with asyncio.timeout(120):
        while {row["state"] for row in await rows(hub)} != {"processed"}:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def fail_first(monkeypatch: pytest.MonkeyPatch, name: str, times: int, error: BaseException) -> None:
    """So often `module.function` of the inbound package fails, and then works."""
    path, left = f"exchange.inbound.{name}", times
    real: Callable[..., Awaitable[object]] = pkgutil.resolve_name(path)

    async def failing(*arguments: object) -> object:
        nonlocal left
        if left:
            left -= 1
            raise error
        return await real(*arguments)

    monkeypatch.setattr(path, failing)


async def provenances(hub: Hub) -> int:
    async with hub.pool.acquire() as connection:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM resource WHERE type = $1", type_number("Provenance")
        )
        return count


async def test_a_message_is_stored_linked_and_settled(hub: Hub, reception: Reception) -> None:
    raw = message("1")
    answer = await send(reception, raw)
    assert answer.text("MSA-1") == "AA"
    assert answer.text("MSA-2") == "1"
    found = await stored(hub, "Patient", patient_id("1"))
    assert found.version == 1
    [row] = await rows(hub)
    assert (row["state"], row["attempts"], row["raw"]) == ("processed", 1, raw)
    assert (row["mapped"], row["ignored"], row["residue"]) == (2, 1, 0)
    async with hub.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM mpi_link") == 1
        bodies = await connection.fetch("SELECT body FROM resource")
    resources = [msgspec.json.decode(unpack(body["body"])) for body in bodies]
    assert sorted(resource["resourceType"] for resource in resources) == ["Patient", "Patient", "Provenance"]
    [made] = [resource for resource in resources if resource["resourceType"] == "Provenance"]
    assert made["target"] == [{"reference": f"Patient/{patient_id('1')}"}]
    assert made["entity"][0]["what"]["identifier"] == {
        "system": message_system("https://base.example"),
        "value": row["sha256"].hex(),
    }
    assert not hub.check(made)


async def test_sending_again_is_answered_alike_and_does_nothing(hub: Hub, reception: Reception) -> None:
    raws = [message("1"), message("2", name="REFUSE"), message("3", f12="9")]
    first = [await send(reception, raw) for raw in raws]
    again = [await send(reception, raw) for raw in raws]
    assert [a.segments[0].raw + a.segments[1].raw for a in first] == [
        a.segments[0].raw + a.segments[1].raw for a in again
    ]
    assert [answer.text("MSA-1") for answer in first] == ["AA", "AE", "AR"]
    assert len(await rows(hub)) == 3
    assert (await stored(hub, "Patient", patient_id("1"))).version == 1


async def test_the_same_message_on_many_connections_at_once(hub: Hub, reception: Reception) -> None:
    answers = await asyncio.gather(*(send(reception, message("1")) for _ in range(20)))
    assert len({answer.segments[0].raw for answer in answers}) == 1
    assert len(await rows(hub)) == 1
    assert await provenances(hub) == 1


async def test_a_used_control_id_with_other_bytes_is_another_message(hub: Hub, reception: Reception) -> None:
    await send(reception, message("1", name="王^伟"))
    await send(reception, message("1", name="赵^芳"))
    assert len(await rows(hub)) == 2
    assert (await stored(hub, "Patient", patient_id("1"))).version == 2


@pytest.mark.parametrize(("name", "code"), [("REFUSE", "101"), ("INVALID", "102"), ("CRASH", "207")])
async def test_what_cannot_be_stored_is_quarantined(
    hub: Hub, reception: Reception, name: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent = [send(reception, message(str(n), str(n), name if n == 3 else "赵^一")) for n in range(6)]
    answers = await asyncio.gather(*sent)
    assert [answer.text("MSA-1") for answer in answers] == ["AA", "AA", "AA", "AE", "AA", "AA"]
    assert answers[3].text("ERR-3") == code
    assert answers[3].text("ERR-2.3") == ("5" if name == "REFUSE" else "")
    states = [row["state"] for row in await rows(hub)]
    assert states.count("quarantined") == 1
    assert name not in caplog.text
    assert await provenances(hub) == 5


async def test_order_is_kept_for_each_patient(hub: Hub, reception: Reception) -> None:
    sent = [message(f"{n}-{p}", str(p), f"第{n}^人") for n in range(12) for p in range(5)]
    answers = await asyncio.gather(*(send(reception, raw) for raw in sent))
    assert {answer.text("MSA-1") for answer in answers} == {"AA"}
    for p in range(5):
        found = await stored(hub, "Patient", patient_id(str(p)))
        assert found.version == 12
        assert found.body is not None
        assert "第11" in found.body.decode()


async def test_who_is_overtaken_reads_again(hub: Hub, open_with: OpenReception) -> None:
    """Somebody writes the Patient between our reading and our writing."""
    overtaken = 0

    async def overtake() -> None:
        nonlocal overtaken
        for n in range(30):
            patient = {
                "resourceType": "Patient",
                "id": patient_id("1"),
                "active": True,
                "name": [{"text": str(n)}],
            }
            async with hub.pool.acquire() as connection, connection.transaction():
                await transact(connection, [hub.write("update", patient)], hub.clock())
            overtaken += 1
            await asyncio.sleep(0.001)

    async with open_with() as reception:
        storm = asyncio.create_task(overtake())
        answers = [await send(reception, message(str(n), "1", f"第{n}^人")) for n in range(30)]
        await storm
    assert overtaken == 30
    assert {answer.text("MSA-1") for answer in answers} == {"AA"}
    async with hub.pool.acquire() as connection:
        versions = await count_versions(connection, "Patient", patient_id("1"))
    assert 30 < versions <= 60


async def test_what_was_kept_but_not_settled_is_processed_at_start(
    hub: Hub, open_with: OpenReception
) -> None:
    inbox = Inbox(hub.pool)
    async with open_with() as reception:
        envelopes = [reception.seal(message(str(n), "1", f"第{n}^人"), "test", None) for n in range(5)]
    for envelope in envelopes:
        await inbox.keep(envelope, datetime(2024, 1, 1, tzinfo=UTC))
    assert {row["state"] for row in await rows(hub)} == {"received"}
    async with open_with() as reception:
        await until_processed(hub)
        found = await stored(hub, "Patient", patient_id("1"))
        assert found.version == 5
        assert found.body is not None
        assert "第4" in found.body.decode()
        assert (await send(reception, envelopes[0].raw)).text("MSA-1") == "AA"


async def test_replay_after_the_defect_is_repaired(hub: Hub, open_with: OpenReception) -> None:
    def broken(sent: Message, hospital: Hospital, received: datetime) -> Translation:
        raise KeyError

    raw = message("1")
    async with open_with(broken) as reception:
        assert (await send(reception, raw)).text("ERR-3") == "207"
    async with hub.pool.acquire() as connection:
        assert await requeue(connection, Chosen([])) == 0
        assert await requeue(connection) == 1
    async with open_with() as reception:
        assert (await send(reception, raw)).text("MSA-1") == "AA"
        async with hub.pool.acquire() as connection:
            assert await requeue(connection) == 0


async def test_the_sweep_finds_what_is_left(
    hub: Hub, open_with: OpenReception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.inbound.backlog.SWEEP_SECONDS", 0.05)
    async with open_with() as reception:
        long_ago = datetime(2024, 1, 1, tzinfo=UTC)
        await Inbox(hub.pool).keep(reception.seal(message("1"), "test", None), long_ago)
        await until_processed(hub)


async def test_the_database_goes_away_and_comes_back(
    hub: Hub, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failing transaction is repeated; the sender waits and gets its AA."""
    fail_first(monkeypatch, "dispatch.apply", 3, asyncpg.ConnectionDoesNotExistError())
    answers = await asyncio.gather(*(send(reception, message(str(n), str(n))) for n in range(4)))
    assert {answer.text("MSA-1") for answer in answers} == {"AA"}
    assert await provenances(hub) == 4


async def test_what_cannot_be_kept_is_not_acknowledged_as_kept(
    hub: Hub, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.inbound.inbox.KEEP_SECONDS", 0.1)
    await hub.pool.close()
    envelope = reception.seal(message("1"), "test", None)
    delivery = await reception.receive(envelope)
    assert not delivery.stored
    assert delivery.application is not None
    answer = parse((await delivery.application).decode())
    assert (answer.text("MSA-1"), answer.text("ERR-3")) == ("AR", "207")
    enhanced = await reception.receive(reception.seal(message("1", f15="AL", f16="AL"), "test", None))
    assert enhanced.application is None
    assert enhanced.accept is not None
    assert parse(enhanced.accept.decode()).text("MSA-1") == "CE"


async def test_who_sends_while_the_database_is_away_waits_a_little(
    hub: Hub, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_first(monkeypatch, "inbox.keep", 2, asyncpg.CannotConnectNowError())
    answers = await asyncio.gather(*(send(reception, message(str(n), "1", f"第{n}^人")) for n in range(4)))
    assert {answer.text("MSA-1") for answer in answers} == {"AA"}
    assert [row["control_id"] for row in await rows(hub)] == ["0", "1", "2", "3"]


async def test_a_message_without_a_result_in_time_is_to_be_sent_again(
    hub: Hub, open_with: OpenReception
) -> None:
    async with open_with() as reception:
        reception.hub = replace(hub, settings=hub.settings.model_copy(update={"answer_timeout": 0.05}))
        envelope = reception.seal(message("1"), "test", None)
        async with hub.pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE telling IN ACCESS EXCLUSIVE MODE")
            delivery = await reception.answer(envelope)
            assert delivery.application is not None
            late = parse((await delivery.application).decode())
        assert (late.text("MSA-1"), late.text("ERR-3")) == ("AR", "207")
        assert (await send(reception, envelope.raw)).text("MSA-1") == "AA"
    assert len(await rows(hub)) == 1


async def test_what_fails_once_is_tried_again_before_it_is_held_against_the_message(
    hub: Hub, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_first(monkeypatch, "dispatch.apply", 1, AttributeError())
    assert (await send(reception, message("1"))).text("MSA-1") == "AA"
    assert await provenances(hub) == 1


async def test_a_lane_outlives_what_is_cancelled_in_it(
    hub: Hub, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_first(monkeypatch, "dispatch.apply", 4, asyncio.CancelledError())
    answers = await asyncio.gather(*(send(reception, message(str(n), str(n))) for n in range(4)))
    assert {answer.text("MSA-1") for answer in answers} == {"AA"}
