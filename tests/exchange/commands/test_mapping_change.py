"""What a candidate would change in stored messages of every form, before it is put in force."""

from pathlib import Path

import pytest

from adapters.hospitals.folder import load_hospitals
from exchange.commands import mapping_change
from exchange.commands.mapping_change import Asked, Changed
from exchange.commands.refused import Refused
from exchange.hub import Hub
from exchange.inbound.reception import open_reception
from exchange.server import translating
from exchange.settings import Settings
from tests.adapters.cda.samples import ADMISSION
from tests.adapters.hl7v2.golden import message
from tests.adapters.v3.messages import registration
from tests.exchange.inbound.conftest import hub

__all__ = ["hub"]
REPORT = message("oru-r01-laboratory").replace("|AL|NE|", "|||").encode()


@pytest.fixture
async def settings(hub: Hub, database_url: str, tmp_path: Path) -> Settings:
    """Of a hub in which a laboratory's report, a document and a v3 message are, of one hospital each."""
    folder = tmp_path / "hospitals"
    folder.mkdir()
    changes = {"database_url": database_url, "hospitals": folder}
    settings = hub.settings.model_copy(update=changes)
    hospitals = load_hospitals(None, settings.base)
    async with open_reception(hub, hospitals, translating(hub)) as reception:
        for raw, channel in ((REPORT, "test"), (ADMISSION, "documents"), (registration(), "v3")):
            delivery = await reception.receive(reception.seal(raw, channel, None))
            assert delivery.application is not None
            await delivery.application
    return settings


async def hospitals_of(hub: Hub) -> list[str]:
    async with hub.pool.acquire() as connection:
        rows = await connection.fetch("SELECT hospital FROM inbox ORDER BY id")
    return [row["hospital"] for row in rows]


async def changed(settings: Settings, tmp_path: Path, hospital: str, said: str) -> Changed:
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(f"id: {hospital}\nname: {hospital}\n{said}", "utf-8")
    return await mapping_change.tested(settings, Asked(hospital, candidate))


async def test_a_report_by_a_candidate(hub: Hub, settings: Settings, tmp_path: Path) -> None:
    [hospital, *_] = await hospitals_of(hub)
    said = (
        "changes: {OBX-Observation: {disable: [OBX-17], replace: [{id: OBX-3, source: OBX-3, ignore: no}]}}"
    )
    found = await changed(settings, tmp_path, hospital, said)
    assert (found.count, len(found.messages)) == (1, 1)
    assert any("- Observation.code" in line for line in found.lines)
    assert list(found.summary())[-1] == "1 messages, 1 would be translated otherwise"
    same = await changed(settings, tmp_path, hospital, "")
    assert not [line for line in same.lines if "Observation" in line]


async def test_a_document_and_a_v3_message_by_a_candidate(
    hub: Hub, settings: Settings, tmp_path: Path
) -> None:
    _, document, registered = await hospitals_of(hub)
    found = await changed(
        settings, tmp_path, document, "cda: {changes: {RecordTarget-Patient: {disable: [name]}}}"
    )
    assert any("- Patient.name" in line for line in found.lines), found.lines
    found = await changed(
        settings, tmp_path, registered, "hl7v3: {changes: {Person-Patient: {disable: [name]}}}"
    )
    assert any("- Patient.name" in line for line in found.lines), found.lines


async def test_what_the_file_in_force_changes(hub: Hub, settings: Settings) -> None:
    [hospital, *_] = await hospitals_of(hub)
    assert settings.hospitals is not None
    said = f"id: {hospital}\ncharset: UTF-8\nchanges: {{OBX-Observation: {{disable: [OBX-17]}}}}\n"
    (settings.hospitals / "own.yaml").write_text(said, "utf-8")
    found = await mapping_change.tested(settings, Asked(hospital))
    assert (found.count, len(found.messages)) == (1, 1)
    assert not [line for line in found.lines if "issue" in line]
    none = await mapping_change.tested(settings, Asked(hospital, message_type="ADT^A01"))
    assert none.count == 0


async def test_of_whom_the_candidate_is(settings: Settings, tmp_path: Path) -> None:
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text("id: other\n")
    with pytest.raises(Refused, match="the file is of other, not of h1"):
        await mapping_change.tested(settings, Asked("h1", candidate))
