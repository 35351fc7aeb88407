"""Files dropped into a folder are read once, whole, in order, and end where their result says."""

import asyncio
import io
import os
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from exchange.channels.declared import Folder
from exchange.channels.drop_folder import DONE, FAILED, TAKEN, DropFolder, FolderError
from exchange.channels.dropping import dropping
from exchange.hub import Hub
from exchange.inbound.budget import Budget
from exchange.inbound.reception import Reception
from exchange.server import translating
from tests.adapters.cda.samples import ADMISSION
from tests.adapters.v3.messages import registration
from tests.exchange.inbound.conftest import OpenReception
from tests.exchange.inbound.senders import message

TABLE = "hzxx"
CSV = "yljgdm,yjlxh,kh,xm,xbdm\nH009,1,K1,张三,1\nH009,2,K2,李四,2\nH009,3,K3,王五,1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "drop"
    path.mkdir(mode=0o750)
    return Folder("lis", path, quiet=0.0, every=0.02)


@asynccontextmanager
async def watched(reception: Reception, folder: Folder) -> AsyncIterator[None]:
    task = asyncio.create_task(dropping(reception, folder, Budget(1 << 20)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not true():  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(0.02)


def settled(folder: Folder) -> bool:
    """Something has been put away, and nothing is on its way: an answer precedes its file."""
    return bool(names(folder, DONE) | names(folder, FAILED)) and not names(folder, TAKEN) - {".lock"}


def names(folder: Folder, where: str) -> set[str]:
    below = folder.path / where
    return {each.name for each in below.iterdir()} if below.is_dir() else set()


async def states(hub: Hub) -> list[tuple[str, str, str]]:
    found = await hub.pool.fetch("SELECT channel, message_type, state FROM inbox ORDER BY id")
    return [tuple(row) for row in found]


def drop(folder: Folder, name: str, raw: bytes) -> None:
    """As careful senders do."""
    beside = folder.path / f"{name}.part"
    beside.write_bytes(raw)
    beside.rename(folder.path / name)


async def test_messages_are_answered_and_put_away(hub: Hub, reception: Reception, folder: Folder) -> None:
    drop(folder, "one.hl7", message("1"))
    drop(
        folder,
        "two.hl7",
        b"FHS|^~\\&|HIS|H1\rBHS|^~\\&|HIS|H1\r" + message("2") + message("3", name="REFUSE"),
    )
    async with watched(reception, folder):
        await until(lambda: names(folder, FAILED) >= {"two.hl7"} and "one.hl7" in names(folder, DONE))
    assert b"\rMSA|AA|1" in (folder.path / DONE / "one.hl7.ack").read_bytes()
    answer = (folder.path / FAILED / "two.hl7.ack").read_bytes()
    assert answer.startswith(b"BHS|")
    assert (answer.count(b"MSA|AA|2"), answer.count(b"MSA|AE|3")) == (1, 1)
    reason = msgspec.json.decode((folder.path / FAILED / "two.hl7.reason").read_bytes())
    assert [each["diagnostics"] for each in reason["issue"]][-1] == "1 of 2 messages were stored"
    assert "REFUSE" not in str(reason)
    assert not names(folder, TAKEN) - {".lock"}
    assert [state for _, _, state in await states(hub)] == ["processed", "processed", "quarantined"]


async def test_the_same_file_again_is_applied_once(hub: Hub, reception: Reception, folder: Folder) -> None:
    async with watched(reception, folder):
        for number in ("a.hl7", "a.hl7", "b.hl7"):
            drop(folder, number, message("1"))
            await until(lambda: not {each for each in names(folder, ".") if each.endswith(".hl7")})
            await until(lambda: not names(folder, TAKEN) - {".lock"})
    assert {each for each in names(folder, DONE) if not each.endswith(".ack")} == {
        "a.hl7",
        "a.hl7.2",
        "b.hl7",
    }
    assert len(await states(hub)) == 1


async def test_a_row_is_a_message(hub: Hub, open_with: OpenReception, folder: Folder) -> None:
    drop(folder, "rows.csv", CSV.encode("gb18030"))
    async with (
        open_with(translating(hub)) as reception,
        watched(reception, replace(folder, hospital="h7", table=TABLE)),
    ):
        await until(lambda: settled(folder))
    found = await states(hub)
    assert {(channel, kind) for channel, kind, _ in found} == {("lis@h7", f"table {TABLE}")}
    assert len(found) == 3
    hospitals = await hub.pool.fetch("SELECT DISTINCT hospital FROM inbox")
    assert [row["hospital"] for row in hospitals] == ["h7"]


async def test_every_form_in_an_archive(hub: Hub, open_with: OpenReception, folder: Folder) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in (("../../a.xml", ADMISSION), ("b.xml", registration()), ("/c.hl7", message("1"))):
            archive.writestr(name, raw)
    drop(folder, "all.zip", packed.getvalue())
    async with open_with(translating(hub)) as reception, watched(reception, folder):
        await until(lambda: settled(folder))
    kinds = {kind.partition(" ")[0] for _, kind, _ in await states(hub)}
    assert kinds == {"cda", "PRPA_IN201311UV02", "ADT^A04"}
    assert names(folder, DONE) >= {"all.zip"}
    assert not (folder.path.parent / "a.xml").exists()


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "empty"),
        (b"PK\x03\x04nonsense", "zip"),
        (b"\x00" * 3000, "not well-formed"),
    ],
)
async def test_what_cannot_be_read_has_failed(
    hub: Hub, reception: Reception, folder: Folder, raw: bytes, told: str
) -> None:
    drop(folder, "x.bin", raw)
    async with watched(reception, folder):
        await until(lambda: "x.bin" in names(folder, FAILED))
    assert told in (folder.path / FAILED / "x.bin.reason").read_text("utf-8")


async def test_a_bomb_is_not_unpacked(hub: Hub, reception: Reception, folder: Folder) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.hl7", b"\0" * (30 << 20))
    drop(folder, "x.zip", packed.getvalue())
    async with watched(reception, folder):
        await until(lambda: "x.zip" in names(folder, FAILED))
    assert "bytes" in (folder.path / FAILED / "x.zip.reason").read_text("utf-8")
    assert not await states(hub)


async def test_what_was_taken_before_a_crash_is_read_first(
    hub: Hub, reception: Reception, folder: Folder
) -> None:
    (folder.path / TAKEN).mkdir()
    (folder.path / TAKEN / "b.hl7").write_bytes(message("1", name="先^来"))
    drop(folder, "a.hl7", message("2", name="后^来"))
    async with watched(reception, folder):
        await until(lambda: names(folder, DONE) >= {"a.hl7", "b.hl7"})
    found = await hub.pool.fetch("SELECT control_id FROM inbox ORDER BY id")
    assert [row["control_id"] for row in found] == ["1", "2"]


async def test_a_hub_that_dies_in_the_middle_takes_all_once(
    hub: Hub, open_with: OpenReception, folder: Folder
) -> None:
    """Between what is kept and what is put away."""
    texts = [message(str(number), str(number)) for number in range(40)]
    drop(folder, "many.hl7", b"".join(texts))
    for kept in (1, 20):
        async with open_with() as reception, watched(reception, folder):
            while await hub.pool.fetchval("SELECT count(*) FROM inbox") < kept:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    async with open_with() as reception, watched(reception, folder):
        await until(lambda: "many.hl7" in names(folder, DONE))
    assert (folder.path / DONE / "many.hl7.ack").read_bytes().count(b"MSA|AA|") == 40
    assert [state for _, _, state in await states(hub)] == ["processed"] * 40


def opened(folder: Folder) -> DropFolder:
    made = DropFolder(folder)
    made.open()
    return made


def test_only_complete_files_are_ready(folder: Folder) -> None:
    for name in ("b.hl7", ".hidden", "c.hl7.part", "d.tmp", "e.hl7~", "f.ack"):
        (folder.path / name).write_bytes(b"x")
    (folder.path / "link.hl7").symlink_to("/etc/hostname")
    os.mkfifo(folder.path / "pipe.hl7")
    (folder.path / "sub").mkdir()
    seen = opened(folder)
    assert seen.ready() == ["b.hl7"]
    seen.close()
    marked = opened(replace(folder, marker=".ok"))
    assert marked.ready() == []
    (folder.path / "b.ok").touch()
    assert marked.ready() == ["b.hl7"]
    marked.take("b.hl7")
    assert not (folder.path / "b.ok").exists()
    marked.close()


def test_a_file_that_grows_is_not_ready(folder: Folder) -> None:
    watching = opened(replace(folder, quiet=3600.0))
    (folder.path / "a.hl7").write_bytes(b"x")
    assert watching.ready() == []
    assert watching.ready() == []
    watching.close()


def test_the_declared_order(folder: Folder) -> None:
    for second, name in enumerate(("c", "a", "b")):
        (folder.path / name).write_bytes(b"x")
        os.utime(folder.path / name, (second, second))
    for asked, wanted in (
        (replace(folder, order="name"), ["a", "b", "c"]),
        (replace(folder, order="modified"), ["c", "a", "b"]),
    ):
        seen = opened(asked)
        assert seen.ready() == wanted
        seen.close()


def test_a_folder_of_two_hubs_or_of_everybody_is_refused(folder: Folder) -> None:
    first = opened(folder)
    with pytest.raises(FolderError, match="in use"):
        opened(folder)
    first.close()
    folder.path.chmod(0o777)
    with pytest.raises(FolderError, match="everybody"):
        opened(folder)
    with pytest.raises(FolderError):
        opened(replace(folder, path=folder.path / "nowhere"))
