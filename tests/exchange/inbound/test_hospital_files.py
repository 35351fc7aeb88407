"""Files of hospitals are put in force while the hub runs, all together or not at all."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.hl7v2.parse import parse
from adapters.hl7v2.speaking import said_by
from adapters.mapping.fault import MapError
from exchange.hub import Hub
from exchange.inbound.hospital_files import STATUS, HospitalFiles, hospital_files
from exchange.inbound.reception import open_reception
from exchange.server import translating
from tests.adapters.hl7v2.golden import message

FIRST = "id: h1\nfacilities: [HIS]\nvendor: v\n"
VENDOR = "changes: {PID-Patient: {disable: [PID-13]}}\n"
FAULTY = "changes: {PID-Patient: {disable: [PID-99]}}\n"


@pytest.fixture
async def listening_hub(hub: Hub, tmp_path: Path) -> Hub:
    folder = tmp_path / "hospitals"
    (folder / "vendors").mkdir(parents=True)
    (folder / "h1.yaml").write_text(FIRST)
    (folder / "vendors" / "v.yaml").write_text(VENDOR)
    return replace(hub, settings=hub.settings.model_copy(update={"hospitals": folder}))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - files are looked at, nothing tells of them
            await asyncio.sleep(0.01)


def folder_of(hub: Hub) -> Path:
    assert hub.settings.hospitals is not None
    return hub.settings.hospitals


def zone(files: HospitalFiles) -> str:
    return files.hospitals.for_facility("HIS").timezone


async def test_a_changed_file_is_taken_up_and_a_faulty_one_is_not(
    listening_hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    folder = folder_of(listening_hub)
    async with hospital_files(listening_hub, 0.02) as files:
        held = files.hospitals
        assert zone(files) == "Asia/Shanghai"
        (folder / "vendors" / "v.yaml").write_text(f"timezone: UTC\n{VENDOR}")
        await until(lambda: zone(files) == "UTC")
        (folder / "vendors" / "v.yaml").write_text(f"timezone: Asia/Tokyo\n{FAULTY}")
        await until(lambda: files.refused > 0)
        assert zone(files) == "UTC"
        assert files.hospitals is held
        await until(lambda: "vendors/v.yaml:2: there is no row 'PID-99' to disable" in caplog.text)
        await until(lambda: len(told(listening_hub)["faults"]) == 1)
        samples = {each.name: each.samples[0].value for each in await files.families()}
        assert samples["yilian_hospital_files_faults"] == 1
        (folder / "vendors" / "v.yaml").write_text(f"timezone: Asia/Tokyo\n{VENDOR}")
        await until(lambda: zone(files) == "Asia/Tokyo")
        await until(lambda: not told(listening_hub)["faults"])


def told(hub: Hub) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((hub.settings.data_dir / STATUS).read_text())
    return found


async def test_a_signal_makes_it_look_at_once(listening_hub: Hub) -> None:
    async with hospital_files(listening_hub, 3600) as files:
        (folder_of(listening_hub) / "h1.yaml").write_text(f"{FIRST}timezone: UTC\n")
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: zone(files) == "UTC")


async def test_faulty_files_do_not_start(listening_hub: Hub) -> None:
    (folder_of(listening_hub) / "h2.yaml").write_text("id: h2\nregion: none\n")
    with pytest.raises(MapError, match=r"h2\.yaml:2: there is no region 'none'"):
        async with hospital_files(listening_hub):
            pass


async def test_a_folder_that_is_gone_leaves_what_is_in_force(
    listening_hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    folder = folder_of(listening_hub)
    async with hospital_files(listening_hub, 0.02) as files:
        (folder / "h1.yaml").write_text(f"{FIRST}timezone: UTC\n")
        await until(lambda: zone(files) == "UTC")
        folder.rename(folder.with_name("elsewhere"))
        await until(lambda: "cannot be read: FileNotFoundError" in caplog.text)
        assert zone(files) == "UTC"
    with pytest.raises(FileNotFoundError):
        async with hospital_files(listening_hub):
            pass


async def test_the_next_message_goes_by_the_new_file(listening_hub: Hub) -> None:
    """The layer of the application that sends, put in force between two messages."""
    text = message("adt-a01-admit").replace("|AL|NE|", "|||")
    sent = parse(text)
    said = said_by(sent.header.fields(), "test")
    own = f"id: h1\nfacilities: ['{sent.text('MSH-4')}']\n"
    change = "changes: {PID-Patient: {disable: [PID-8], add: [{id: s, source: PID-8, ignore: why}]}}"
    layer = f"interfaces: [{{application: '{said.application}', {change}}}]\n"
    folder = folder_of(listening_hub)
    (folder / "h1.yaml").write_text(own)
    async with hospital_files(listening_hub, 0.02) as files:
        translate = translating(listening_hub, files.library)
        async with open_reception(listening_hub, files.hospitals, translate) as reception:

            def gender() -> object:
                envelope = reception.seal(text.encode(), "test", None)
                assert envelope.message is not None
                made = translate(envelope.message, envelope.hospital, listening_hub.clock())
                return next(e.resource.get("gender") for e in made.entries if "birthDate" in e.resource)

            assert gender() is not None
            (folder / "h1.yaml").write_text(own + layer)
            await until(lambda: files.taken > 1)
            assert gender() is None
