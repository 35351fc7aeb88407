"""A copy is corrected and sent on; the original stays, and everybody can see who did what."""

import asyncio
import base64
from pathlib import Path

import httpx
import pytest

from adapters.hl7v2.parse import parse
from exchange.app import build_app
from exchange.commands import deciding
from exchange.commands.refused import Refused
from exchange.commands.shown import lines
from exchange.hub import Hub
from exchange.inbound import quarantine
from exchange.inbound.correction import with_values
from exchange.inbound.quarantine import Kept, Undecidable, Why
from exchange.inbound.quarantine_http import quarantine_router
from exchange.inbound.reception import Reception
from exchange.server import translating
from exchange.settings import Settings
from tests.adapters.v3.messages import registration
from tests.exchange.conftest import token
from tests.exchange.inbound.conftest import HOSPITALS, OpenReception
from tests.exchange.inbound.senders import message, patient_id
from tests.exchange.inbound.test_dispatch import rows, send, stored

WRONG = message("1", name="REFUSE")
RIGHT = message("1", name="王^伟")


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.inbound.backlog.SWEEP_SECONDS", 0.02)


async def settled(hub: Hub) -> list[str]:
    async with asyncio.timeout(120):
        while any(row["state"] == "received" for row in await rows(hub)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return [row["state"] for row in await rows(hub)]


async def decide(hub: Hub, id_: int, raw: bytes) -> int:
    async with hub.pool.acquire() as connection, connection.transaction():
        why = Why("somebody", "the name was wrong", hub.clock())
        return await quarantine.correct(connection, id_, raw, HOSPITALS, why)


async def test_a_corrected_copy_goes_the_ordinary_way(hub: Hub, reception: Reception) -> None:
    assert (await send(reception, WRONG)).text("MSA-1") == "AE"
    [original] = await rows(hub)
    copies = [await decide(hub, original["id"], RIGHT) for _ in range(2)]
    assert copies[0] == copies[1]
    assert await settled(hub) == ["resent", "processed"]
    assert b"\xe7\x8e\x8b" in ((await stored(hub, "Patient", patient_id("1"))).body or b"")
    after, copy = await rows(hub)
    assert (after["raw"], after["sha256"], after["received"]) == (
        WRONG,
        original["sha256"],
        original["received"],
    )
    assert (copy["raw"], copy["original"]) == (RIGHT, original["id"])
    async with hub.pool.acquire() as connection:
        told = await quarantine.one(connection, original["id"])
    assert told["copies"] == [copy["id"]]
    [decision] = told["decisions"]
    assert (decision["action"], decision["actor"], decision["copy"]) == ("corrected", "somebody", copy["id"])
    assert (await send(reception, WRONG)).text("MSA-1") == "AE"
    assert len(await rows(hub)) == 2


async def test_a_copy_may_be_wrong_too(hub: Hub, reception: Reception) -> None:
    await send(reception, WRONG)
    [original] = await rows(hub)
    copy = await decide(hub, original["id"], message("1", name="INVALID"))
    assert await settled(hub) == ["resent", "quarantined"]
    with pytest.raises(Undecidable, match="was corrected already"):
        await decide(hub, original["id"], RIGHT)
    await decide(hub, copy, RIGHT)
    assert await settled(hub) == ["resent", "resent", "processed"]


async def test_what_cannot_be_decided(hub: Hub, reception: Reception) -> None:
    await send(reception, WRONG)
    await send(reception, message("2", "2"))
    ids = [row["id"] for row in await rows(hub)]
    why = Why("somebody", "", hub.clock())
    with pytest.raises(Undecidable, match="bytes of its original"):
        await decide(hub, ids[0], WRONG)
    with pytest.raises(Undecidable, match="processed, and not quarantined"):
        await decide(hub, ids[1], RIGHT)
    async with hub.pool.acquire() as connection:
        with pytest.raises(quarantine.NoSuchMessage):
            await quarantine.discard(connection, 0, why)
        with pytest.raises(Undecidable, match="not a message of h2"):
            await quarantine.correct(connection, ids[0], RIGHT, HOSPITALS, why, "h2")
        await quarantine.discard(connection, ids[0], why)
        with pytest.raises(Undecidable, match="discarded"):
            await quarantine.resend(connection, ids[0], why)
        await quarantine.restore(connection, ids[0], why)
        await quarantine.resend(connection, ids[0], why)
    assert await settled(hub) == ["quarantined", "processed"]


async def test_a_v3_message_is_corrected_too(hub: Hub, open_with: OpenReception) -> None:
    right = registration()
    wrong = right.replace(b"</patientPerson>", b"</person>", 1)
    async with open_with(translating(hub)) as reception:
        await (await _application(reception, wrong))
        [original] = await rows(hub)
        assert original["state"] == "quarantined"
        await decide(hub, original["id"], right)
        assert await settled(hub) == ["resent", "processed"]


async def _application(reception: Reception, raw: bytes) -> "asyncio.Future[bytes]":
    delivery = await reception.receive(reception.seal(raw, "v3", None))
    assert delivery.application is not None
    return asyncio.ensure_future(delivery.application)


def test_values_are_put_in_the_charset_of_the_original() -> None:
    raw = message("1", name="张^三", codec="gb18030", f18="GB18030")
    made = with_values(Kept(raw, "mllp", None, "h1"), [("PID-5.2", "𠮷"), ("PID-8", "F")], HOSPITALS)
    told = parse(made.decode("gb18030"))
    assert (told.text("PID-5.1"), told.text("PID-5.2"), told.text("PID-8")) == ("张", "𠮷", "F")
    latin = message("1", name="Zoe", f18="8859/1")
    with pytest.raises(Undecidable, match="cannot be written"):
        with_values(Kept(latin, "mllp", None, "h1"), [("PID-5.2", "三")], HOSPITALS)
    with pytest.raises(Undecidable, match="whole document"):
        with_values(Kept(b"<a/>", "documents", None, "h1"), [("PID-8", "F")], HOSPITALS)
    with pytest.raises(Undecidable, match="no place"):
        with_values(Kept(raw, "mllp", None, "h1"), [("ZZZ-1", "F")], HOSPITALS)


async def test_over_http(hub: Hub, reception: Reception) -> None:
    await send(reception, WRONG)
    [original] = await rows(hub)
    app = build_app(hub, [quarantine_router(hub, HOSPITALS)])
    at = f"/quarantine/{original['id']}"
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

        async def ask(
            method: str, path: str, scopes: str, hospital: str | None = None, content: bytes = b""
        ) -> httpx.Response:
            headers = {"Authorization": f"Bearer {await token(hub, scopes, hospital)}"}
            return await client.request(method, path, headers=headers, content=content)

        seeing, deciding_ = "system/quarantine.r", "system/quarantine.u"
        assert (await ask("GET", "/quarantine", "system/*.cruds")).status_code == 403
        [listed] = (await ask("GET", "/quarantine?count=5&since=2020-01-01", seeing)).json()
        assert listed["issues"][0]["address"] == "PID-5"
        assert (await ask("GET", "/quarantine", seeing, "h2")).json() == []
        assert (await ask("GET", at, seeing, "h2")).status_code == 404
        assert (await ask("GET", f"{at}/raw", seeing)).status_code == 403
        assert (await ask("GET", f"{at}/raw", deciding_)).content == WRONG
        for wrong, status in (("since=x", 400), ("count=-1", 400)):
            assert (await ask("GET", f"/quarantine?{wrong}", seeing)).status_code == status
        assert (await ask("GET", f"/quarantine/{10**30}", seeing)).status_code == 404
        assert (await ask("POST", f"{at}/copy", deciding_, content=RIGHT)).status_code == 400
        assert (await ask("POST", f"{at}/copy?reason=x", deciding_, content=WRONG)).status_code == 409
        assert (await ask("POST", f"{at}/restore?reason=x", deciding_)).status_code == 409
        assert (await ask("POST", f"{at}/other?reason=x", deciding_)).status_code == 404
        assert (await ask("POST", f"{at}/discard?reason=x", deciding_)).json()["state"] == "discarded"
        assert (await ask("POST", f"{at}/restore?reason=y", deciding_)).json()["state"] == "quarantined"
        made = await ask("POST", f"{at}/copy?reason=name", deciding_, content=RIGHT)
        assert made.status_code == 201
        told = (await ask("GET", at, seeing)).json()
    assert told["copies"] == [made.json()["id"]]
    assert [each["action"] for each in told["decisions"]] == ["read", "discarded", "restored", "corrected"]
    assert await settled(hub) == ["resent", "processed"]


async def test_the_field_and_the_row_at_fault(hub: Hub, open_with: OpenReception, database_url: str) -> None:
    """A rule of the hub refuses what a field made."""
    settings: Settings = hub.settings.model_copy(update={"database_url": database_url})
    async with open_with(translating(hub)) as reception:
        await send(reception, message("1", f9="ADT^A99"))
        raw = RIGHT.rstrip(b"\r") + b"||19900101|F\r"
        await send(reception, raw)
    async with hub.pool.acquire() as connection:
        told = (
            '[{"code": "102", "diagnostics": "Patient.gender: not allowed", "address": "", "severity": "E"}]'
        )
        await connection.execute(
            "UPDATE inbox SET state = 'quarantined', issues = $1::jsonb WHERE id = 2", told
        )
    event = await deciding.one(settings, 1)
    assert "row" not in event["issues"][0]
    [issue] = (await deciding.one(settings, 2))["issues"]
    assert (issue["source"], issue["layer"]) == ("PID-8", "base")
    assert issue["row"].endswith("/PID-8")
    [shown] = [line for line in lines(await deciding.one(settings, 2)) if "made of" in line]
    assert "PID-8 by row" in shown


async def test_an_editor_of_ones_own(hub: Hub, reception: Reception, database_url: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    await send(reception, WRONG)
    [original] = await rows(hub)
    settings: Settings = hub.settings.model_copy(update={"database_url": database_url})
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    with pytest.raises(Refused, match="EDITOR"):
        await deciding.corrected(settings, original["id"], deciding.by_editor, "x")
    editor = tmp_path / "editor"
    encoded = base64.b64encode(RIGHT).decode()
    editor.write_text(f'#!/bin/sh\necho {encoded} | base64 -d > "$1"\n', "utf-8")
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    assert await deciding.corrected(settings, original["id"], deciding.by_editor, "x") > original["id"]
    assert await settled(hub) == ["resent", "processed"]
    with pytest.raises(Refused, match="ADDRESS=VALUE"):
        deciding.by_values(["PID-8"])
