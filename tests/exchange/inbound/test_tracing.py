"""From a stored resource back to the fields."""

from pathlib import Path

import asyncpg
import pytest

from adapters.hl7v2.parse import parse
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.folder import load_hospitals
from exchange.commands.maps_in_force import MapsInForce
from exchange.commands.trace import is_within
from exchange.commands.tracing import CONCEPT_MAP, HUB, NOBODY, Told, origins
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.inbound.reception import open_reception
from exchange.server import translating
from exchange.settings import Settings
from exchange.store.fetch import fetch
from exchange.store.packing import unpack
from exchange.store.transact import transact
from exchange.store.types import type_number
from tests.adapters.cda.samples import ADMISSION
from tests.adapters.hl7v2.golden import message
from tests.adapters.v3.messages import registration

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
    assert (told["status"].layer, told["status"].place.partition(":")[0]) == ("base", "results.yaml")
    assert all(each.same_maps and each.message == 1 for each in told.values())
    assert not [each for each in told.values() if each.row == NOBODY]
    assert await origins(settings, "Observation/nobody") == []


async def taken(hub: Hub, database_url: str, *sent: tuple[str, bytes]) -> Settings:
    """Of a hub that has stored what came in some channels."""
    settings = hub.settings.model_copy(update={"database_url": database_url})
    async with open_reception(hub, load_hospitals(None, settings.base), translating(hub)) as reception:
        for channel, raw in sent:
            delivery = await reception.receive(reception.seal(raw, channel, None))
            assert delivery.application is not None
            await delivery.application
    return settings


async def traced(hub: Hub, settings: Settings, type_: str) -> dict[str, Told]:
    """Of the first resource of a type that a message made."""
    async with hub.pool.acquire() as connection:
        targets = await connection.fetch(
            "SELECT body FROM resource WHERE type = $1 ORDER BY rid", type_number("Provenance")
        )
    named = [t["reference"] for row in targets for t in loads(unpack(row["body"]))["target"]]
    [reference, *_] = [name for name in named if name.startswith(f"{type_}/")]
    return {each.element: each for each in await origins(settings, reference)}


async def test_a_document(hub: Hub, database_url: str) -> None:
    settings = await taken(hub, database_url, ("documents", ADMISSION))
    composition = await traced(hub, settings, "Composition")
    whole = composition["identifier.value"]
    assert whole.source == "ClinicalDocument/id@root, ClinicalDocument/id@extension"
    assert (whole.row, whole.layer) == ("Document-Composition/id", "base")
    assert whole.place.startswith("document.yaml:")
    assert {each.row for each in composition.values()} & {NOBODY} == set()
    binary = await traced(hub, settings, "Binary")
    assert binary["data"].row == HUB
    assert binary["data"].message == whole.message


async def test_a_v3_message_and_a_table(hub: Hub, database_url: str) -> None:
    table = "yljgdm,yjlxh,patid,hzxm\nH009,1,P42,欧阳测试\nH009,2,P43,李测试\n".encode()
    settings = await taken(hub, database_url, ("v3", registration()), ("documents", table))
    person = await traced(hub, settings, "RelatedPerson")
    assert person["name[0].text"].source.endswith("relationshipHolder1/name/item/part@value")
    assert person["name[0].text"].row == "Person-Relative/name"
    patient = await traced(hub, settings, "Patient")
    names = [each for path, each in patient.items() if path.startswith("name[0]")]
    assert names
    assert all("欧阳" not in str(each) for each in patient.values())


async def test_a_resource_of_several_messages(hub: Hub, database_url: str) -> None:
    first = message_of("1", "王^伟", "20240101120000", "||19900101|F")
    later = message_of("2", "李^四", "20240102120000", "||19900101")
    settings = await taken(hub, database_url, ("test", first), ("test", later))
    told = await traced(hub, settings, "Patient")
    assert (told["gender"].source, told["gender"].message, told["gender"].also) == ("PID-8", 1, ())
    assert (told["name[0].family"].message, told["name[0].family"].also) == (2, ())
    assert (told["birthDate"].message, told["birthDate"].also) == (2, (1,))
    async with hub.pool.acquire() as connection:
        await connection.execute("UPDATE inbox SET map_version = 'other' WHERE id = 1")
    again = await traced(hub, settings, "Patient")
    assert not again["gender"].same_maps
    async with hub.pool.acquire() as connection:
        person = await connection.fetchval("SELECT enterprise_id FROM mpi_person")
    enterprise = {each.element: each for each in await origins(settings, f"Patient/{person}")}
    assert (enterprise["gender"].source, enterprise["gender"].message) == ("PID-8", 1)
    assert enterprise["link[0].type"].row == NOBODY


def message_of(control_id: str, name: str, moment: str, more: str) -> bytes:
    header = f"MSH|^~\\&|HIS|H1|||{moment}||ADT^A08|{control_id}|P|2.5.1"
    return f"{header}\rPID|1||77^^^H1^PI||{name}{more}\r".encode()


async def test_what_no_message_said(hub: Hub, database_url: str) -> None:
    settings = await taken(hub, database_url, ("test", message_of("1", "王^伟", "20240101120000", "")))
    async with hub.pool.acquire() as connection:
        [row] = await connection.fetch("SELECT body FROM resource WHERE type = $1", type_number("Provenance"))
        reference = loads(unpack(row["body"]))["target"][-1]["reference"]
        type_, _, id_ = reference.partition("/")
        [stored] = await fetch(connection, [(type_, id_)])
        assert stored is not None
        assert stored.body is not None
        changed = loads(stored.body) | {"active": False, "language": "zh"}
        async with connection.transaction():
            await transact(connection, [hub.write("update", changed)], hub.clock())
    told = {each.element: each for each in await origins(settings, reference)}
    assert (told["language"].row, told["language"].message) == (NOBODY, None)
    assert CONCEPT_MAP not in {each.row for each in told.values()}


@pytest.mark.parametrize(
    ("path", "wanted", "expected"),
    [
        ("code.coding[0].code", "code", True),
        ("code.coding[0].code", "code.coding.code", True),
        ("code.coding[0].code", "code.coding[0]", True),
        ("code.coding[1].code", "code.coding[0]", False),
        ("codeable", "code", False),
        ("status", "", True),
    ],
)
def test_an_element_and_what_is_in_it(path: str, wanted: str, expected: bool) -> None:
    assert is_within(path, wanted) is expected


async def test_a_row_of_a_hospitals_own(hub: Hub, settings: Settings, tmp_path: Path) -> None:
    async with hub.pool.acquire() as connection:
        hospital = await connection.fetchval("SELECT hospital FROM inbox")
    row = "{id: OBX-16, source: OBX-16, target: extension(probability).valueString, function: text}"
    changes = f"id: {hospital}\nchanges:\n  OBX-Observation:\n    replace:\n      - {row}\n"
    (tmp_path / "own.yaml").write_text(changes, "utf-8")
    changed = settings.model_copy(update={"hospitals": tmp_path})
    told = await traced(hub, changed, "Observation")
    assert (told["status"].layer, told["status"].same_maps) == ("base", False)
    maps = MapsInForce(changed)
    placed = maps.placed(maps.envelope(await one(hub)), "OBX-Observation/OBX-16")
    assert placed is not None
    assert (placed.layer, placed.place) == (f"hospital {hospital}", "own.yaml:5")


async def one(hub: Hub) -> asyncpg.Record:
    async with hub.pool.acquire() as connection:
        [found] = await connection.fetch("SELECT raw, channel, charset FROM inbox")
    return found
