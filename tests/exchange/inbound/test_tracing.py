"""From a stored resource back to the fields."""

import pytest

from adapters.hl7v2.parse import parse
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.folder import load_hospitals
from exchange.commands.tracing import origins
from exchange.hub import Hub
from exchange.inbound.reception import open_reception
from exchange.server import translating
from exchange.settings import Settings
from tests.adapters.hl7v2.golden import message

CASE = "oru-r01-laboratory"
ORIGINAL_MODE = message(CASE).replace("|AL|NE|", "|||")


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
