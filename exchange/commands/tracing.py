"""The origins of a resource's elements: the Provenances that name it, their messages, translated again.

A row may have changed since: what is told is what the maps in force make of the stored bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.hl7v2.parse import Message
from adapters.hl7v2.trace import traced
from adapters.hl7v2.translate import MapLibrary
from adapters.hospitals.folder import load_hospitals
from exchange.commands.connected import connected
from exchange.fhirjson import loads
from exchange.inbound.envelope import sealed
from exchange.search.index.extract import compile_extraction
from exchange.settings import Settings
from exchange.store.packing import unpack
from exchange.store.types import type_number
from profiles.definitions import definitions

# The Provenances that have a resource as their target, the latest first.
NAMING = """
SELECT r.body FROM resource_index i JOIN resource r USING (rid)
WHERE i.type = $1 AND i.tokens @> $2::bigint[] AND r.body IS NOT NULL ORDER BY i.updated DESC LIMIT 50"""

# The messages of some hashes.
MESSAGES = "SELECT id, channel, charset, raw FROM inbox WHERE sha256 = ANY($1::bytea[]) ORDER BY id DESC"


@dataclass(frozen=True, slots=True)
class Told:
    """`message` is the inbox's number of the message."""

    element: str
    source: str
    row: str
    message: int


async def origins(settings: Settings, reference: str) -> Sequence[Told]:
    """The origin of every element, by the latest message that made it."""
    probe = {"resourceType": "Provenance", "id": "x", "target": [{"reference": reference}]}
    row = compile_extraction(definitions(), settings.fhir_url, full_text=settings.full_text).row
    tokens = set(row(probe).tokens) - set(row({"resourceType": "Provenance", "id": "x"}).tokens)
    hospitals = load_hospitals(settings.hospitals, settings.base)
    library = MapLibrary(definitions())
    async with connected(settings) as connection:
        bodies = await connection.fetch(NAMING, type_number("Provenance"), sorted(tokens))
        hashes = [sha for body in bodies if (sha := _sha256(loads(unpack(body[0]))))]
        messages = await connection.fetch(MESSAGES, hashes)
    told: dict[str, Told] = {}
    for id_, channel, charset, raw in messages:
        envelope = sealed(raw, channel, charset, hospitals)
        if not isinstance(envelope.message, Message):
            continue
        for each in traced(envelope.message, envelope.hospital, library.of(envelope.hospital)):
            if each.resource == reference:
                told.setdefault(each.element, Told(each.element, each.source, each.row, id_))
    return sorted(told.values(), key=lambda each: each.element)


def _sha256(provenance: object) -> bytes | None:
    """The hash of the message that a Provenance names."""
    assert isinstance(provenance, dict)
    for entity in provenance.get("entity", ()):
        identifier = entity.get("what", {}).get("identifier", {})
        if str(identifier.get("system", "")).endswith("/sid/hl7v2-message"):
            return bytes.fromhex(identifier["value"])
    return None
