"""From a stored resource back to the fields, and from a file of a hospital to what it would change."""

from pathlib import Path

import pytest

from adapters.hl7v2.parse import parse
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.folder import load_hospitals
from adapters.mapping.fault import MapError
from exchange.commands import mapping_change
from exchange.commands.mapping_change import differences
from exchange.commands.refused import Refused
from exchange.commands.tracing import origins
from exchange.hub import Hub
from exchange.inbound.reception import open_reception
from exchange.server import translating
from exchange.settings import Settings
from tests.adapters.hl7v2.golden import message

CASE = "oru-r01-laboratory"
ORIGINAL_MODE = message(CASE).replace("|AL|NE|", "|||")
CHANGED = """
id: {id}
changes:
  OBX-Observation:
    disable: [OBX-17]
    replace: [{{id: OBX-16, source: OBX-16, target: extension(probability).valueString, function: text}}]
vocabularies:
  AdministrativeSex: {{words: {{汉子: male}}}}
"""


@pytest.fixture
async def settings(hub: Hub, database_url: str) -> Settings:
    """Of a hub in which a laboratory's report is."""
    settings = hub.settings.model_copy(update={"database_url": database_url})
    hospitals = load_hospitals(None, settings.base)
    async with open_reception(hub, hospitals, translating(hub)) as reception:
        delivery = await reception.receive(reception.seal(ORIGINAL_MODE.encode(), "test", None))
        assert delivery.application is not None
        assert b"MSA|AA" in await delivery.application
    return settings


async def hospital_of(hub: Hub) -> str:
    async with hub.pool.acquire() as connection:
        found: str = await connection.fetchval("SELECT hospital FROM inbox")
    return found


async def test_an_element_leads_back_to_its_field_and_row(hub: Hub, settings: Settings) -> None:
    parsed = parse(ORIGINAL_MODE)
    hospitals = load_hospitals(None, settings.base)
    hospital = hospitals.for_facility(parsed.text("MSH-4"), parsed.text("MSH-3"))
    made = translate(parsed, hospital, hub.clock(), MapLibrary(hub.definitions).of(hospital))
    [first, *_] = [e.resource for e in made.entries if e.resource["resourceType"] == "Observation"]
    told = {each.element: each for each in await origins(settings, f"Observation/{first['id']}")}
    assert told["code.coding[0].code"].source == "OBX-3"
    assert told["code.coding[0].code"].row == "OBX-Observation/OBX-3"
    assert told["status"].source == "OBX-11"
    assert told["subject.reference"].source == ""
    assert await origins(settings, "Observation/nobody") == []


async def test_what_a_file_would_change(hub: Hub, settings: Settings) -> None:
    hospital = await hospital_of(hub)
    changed = await mapping_change.tested(settings, hospital, CHANGED.format(id=hospital), 10)
    assert (changed.messages, changed.different) == (1, 1)
    assert any("Observation.performer" in line for line in changed.lines)
    same = await mapping_change.tested(settings, hospital, f"id: {hospital}\nname: {hospital}\n", 10)
    assert not [line for line in same.lines if "Observation" in line]


def test_a_difference_is_told_with_its_place(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    told = list(differences(settings, "h1", CHANGED.format(id="h1")))
    assert any(line.startswith("- OBX-Observation/OBX-17") for line in told)
    assert any(line.startswith("~ OBX-Observation/OBX-16") and "h1.yaml:6" in line for line in told)
    assert "+ vocabulary AdministrativeSex: '汉子' means 'male'" in told
    with pytest.raises(MapError, match="OBX-99"):
        list(differences(settings, "h1", CHANGED.format(id="h1").replace("OBX-17", "OBX-99")))
    with pytest.raises(Refused):
        list(differences(settings, "h2", CHANGED.format(id="h1")))
    with pytest.raises(Refused):
        list(differences(settings, "h2", None))
