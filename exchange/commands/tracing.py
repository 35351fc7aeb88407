"""The origins of a resource's elements: the Provenances that name it, their messages, translated again.

A row may have changed since: what is told is what the maps in force make of the stored bytes, and whether
they are those by which the message was translated.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from adapters.mapping.tracing import Origin, leaves
from adapters.merge import merged
from exchange.commands.connected import connected
from exchange.commands.maps_in_force import MapsInForce
from exchange.fhirjson import loads
from exchange.inbound.envelope import Envelope
from exchange.search.index.extract import compile_extraction
from exchange.settings import Settings
from exchange.store.fetch import fetch
from exchange.store.packing import unpack
from exchange.store.types import type_number
from profiles.definitions import definitions

# The Provenances that have a resource as their target, the latest first.
NAMING: Final = """
SELECT r.body FROM resource_index i JOIN resource r USING (rid)
WHERE i.type = $1 AND i.tokens @> $2::bigint[] AND r.body IS NOT NULL ORDER BY i.updated DESC LIMIT 1000"""

# The messages of some hashes, the latest first.
MESSAGES: Final = """
SELECT id, channel, charset, raw, map_version FROM inbox WHERE sha256 = ANY($1::bytea[]) ORDER BY id DESC"""

# What made an element that no row did.
HUB: Final = "(the hub)"
CONCEPT_MAP: Final = "(concept map)"
NOBODY: Final = "(no message)"
_PLACES: Final = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Told:
    """`message` is the inbox's number of the latest message that says so, `also` those of earlier ones; None:
    no message does. `same_maps`: it was translated by the maps in force."""

    element: str
    source: str
    row: str
    layer: str
    place: str
    message: int | None
    also: tuple[int, ...] = ()
    same_maps: bool = True


@dataclass(frozen=True, slots=True)
class Made:
    """What one message makes of the resource."""

    id: int
    same_maps: bool
    envelope: Envelope
    origins: Mapping[tuple[str, str], Origin]
    values: frozenset[tuple[str, str]]


async def origins(settings: Settings, reference: str) -> Sequence[Told]:
    """The origin of every element as it is stored; none if no stored message is known to have made it."""
    maps = MapsInForce(settings)
    made: list[Made] = []
    async with connected(settings) as connection:
        stored, messages = await _found(connection, settings, reference)
        told = {reference: messages}
        for other in _records_of(stored) if not messages else ():
            told[other] = (await _found(connection, settings, other))[1]
    for each, rows in told.items():
        made += [found for row in rows if (found := _made(maps, row, each)) is not None]
    made.sort(key=lambda each: -each.id)
    if not made:
        return []
    current = stored if stored is not None else _latest(made)
    paths = [(path, value) for path, value in leaves(current) if not path.startswith("meta.")]
    return sorted(_told(maps, made, paths), key=lambda each: each.element)


async def _found(
    connection: asyncpg.Connection, settings: Settings, reference: str
) -> tuple[dict[str, Any] | None, Sequence[asyncpg.Record]]:
    probe = {"resourceType": "Provenance", "id": "x", "target": [{"reference": reference}]}
    row = compile_extraction(definitions(), settings.fhir_url, full_text=settings.full_text).row
    tokens = set(row(probe).tokens) - set(row({"resourceType": "Provenance", "id": "x"}).tokens)
    type_, _, id_ = reference.partition("/")
    bodies = await connection.fetch(NAMING, type_number("Provenance"), sorted(tokens))
    hashes = [sha for body in bodies if (sha := _sha256(loads(unpack(body[0]))))]
    [stored] = await fetch(connection, [(type_, id_)])
    body = stored.body if stored is not None else None
    return loads(body) if body else None, await connection.fetch(MESSAGES, hashes)


def _records_of(stored: Mapping[str, Any] | None) -> list[str]:
    """The hospitals' Patients of which an enterprise Patient is put together."""
    links = stored.get("link", ()) if stored is not None else ()
    return [str(each["other"]["reference"]) for each in links if each.get("type") == "seealso"]


def _made(maps: MapsInForce, row: asyncpg.Record, reference: str) -> Made | None:
    envelope = maps.envelope(row)
    if envelope.message is None:
        return None
    entries = [
        each
        for each in maps.translated(envelope).entries
        if f"{each.resource['resourceType']}/{each.resource['id']}" == reference
    ]
    if not entries:
        return None
    values = frozenset(pair for each in entries for pair in leaves(merged(None, each)))
    traced = [each for each in maps.traced(envelope) if each.resource == reference]
    by_leaf = {(_generic(each.element), each.value): each for each in reversed(traced)}
    by_leaf |= {(each.element, each.value): each for each in reversed(traced)}
    same = row["map_version"] in (None, maps.version(envelope))
    return Made(row["id"], same, envelope, by_leaf, values)


def _latest(made: Sequence[Made]) -> dict[str, Any]:
    """Of a resource that is stored no more: as its last message has it."""
    values: dict[str, Any] = {}
    for path, value in made[0].values:
        values[path] = value
    return values


def _told(maps: MapsInForce, made: Sequence[Made], paths: Iterable[tuple[str, str]]) -> Iterator[Told]:
    coded: dict[str, Told] = {}
    unknown: list[str] = []
    for path, value in paths:
        found = _origin(maps, made, path, value)
        if found is None:
            unknown.append(path)
            continue
        coded.setdefault(_concept(path), found)
        yield found
    for path in unknown:
        beside = coded.get(_concept(path)) if ".coding[" in path or path.startswith("coding[") else None
        if beside is None:
            yield Told(path, "", NOBODY, "", "", None)
        else:
            yield Told(path, beside.source, CONCEPT_MAP, "", "", beside.message, (), beside.same_maps)


def _origin(maps: MapsInForce, made: Sequence[Made], path: str, value: str) -> Told | None:
    """By the latest message that says this value there."""
    generic = _generic(path)
    saying = [
        (each, each.origins.get((path, value)) or each.origins.get((generic, value)))
        for each in made
        if (path, value) in each.origins
        or (generic, value) in each.origins
        or any(value == v and _generic(p) == generic for p, v in each.values)
    ]
    if not saying:
        return None
    latest, origin = saying[0]
    also = tuple(each.id for each, _ in saying[1:])
    if origin is None:
        return Told(path, "", HUB, "", "", latest.id, also, latest.same_maps)
    placed = maps.placed(latest.envelope, origin.row)
    layer, place = (placed.layer, placed.place) if placed else ("", "")
    return Told(path, origin.source, origin.row, layer, place, latest.id, also, latest.same_maps)


def _generic(path: str) -> str:
    return _PLACES.sub("", path)


def _concept(path: str) -> str:
    """The CodeableConcept that a coding is of."""
    return path.partition(".coding[")[0]


def _sha256(provenance: object) -> bytes | None:
    """The hash of the message that a Provenance names."""
    assert isinstance(provenance, dict)
    for entity in provenance.get("entity", ()):
        identifier = entity.get("what", {}).get("identifier", {})
        if str(identifier.get("system", "")).endswith("/sid/hl7v2-message"):
            return bytes.fromhex(identifier["value"])
    return None
