"""Where hospitals' own codes stand in what is stored: by the search index, or by looking through the types
whose elements have no search parameter.

https://hl7.org/fhir/R4/search.html#token
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from exchange.fhirjson import loads
from exchange.local_codes.maps import first_instant
from exchange.local_codes.sighting import Key
from exchange.search.definition.leading import Registry
from exchange.search.value.token import coded, reference_hash, salt, token
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import RESOURCE_TYPES, type_number
from terminology.naming import canonical_system

# The next resources that have one of the tokens.
HAVING: Final = """
SELECT rid FROM resource_index WHERE tokens && $1::bigint[] AND rid > $2
UNION SELECT rid FROM code_index WHERE code = ANY($1::bigint[]) AND rid > $2
ORDER BY rid LIMIT $3"""

# How many those are.
NUMBER: Final = """
SELECT count(*) FROM (SELECT rid FROM resource_index WHERE tokens && $1::bigint[]
    UNION SELECT rid FROM code_index WHERE code = ANY($1::bigint[])) AS found"""

# The next resources of some types.
OF_TYPES: Final = """
SELECT rid FROM resource_index WHERE type = ANY($1::smallint[]) AND rid > $2 ORDER BY rid LIMIT $3"""

BODIES: Final = """
SELECT rid, type, id, version, updated, body FROM resource
WHERE rid = ANY($1::bigint[]) AND body IS NOT NULL ORDER BY type, id"""

# What tells of some resources where they come from.
PROVENANCES: Final = """
SELECT r.body FROM resource_index i JOIN resource r USING (rid)
WHERE i.tokens && $1::bigint[] AND i.type = $2 AND r.body IS NOT NULL"""

# Which Patients are the index's own: it renders them anew when one of those they stand for changes.
ENTERPRISE: Final = "SELECT enterprise_id FROM mpi_person WHERE enterprise_id = ANY($1::text[])"

_TARGET: Final = "Provenance.target"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`tokens` find what is indexed; `types` have an element that is not."""

    tokens: Sequence[int]
    types: Sequence[int]


def whereabouts(registry: Registry, places: Mapping[Key, Iterable[str]]) -> Whereabouts:
    """Of codes and the element paths at which they were met."""
    tokens: set[int] = set()
    types: set[int] = set()
    indexed: dict[str, Mapping[str, str]] = {}
    for key, paths in places.items():
        value = coded(canonical_system(key.system), key.code)
        for path in paths:
            type_ = path.partition(".")[0]
            if type_ not in RESOURCE_TYPES:
                continue
            keys = indexed.setdefault(type_, _indexed(registry, type_))
            if path in keys:
                tokens.add(token(keys[path], value))
            else:
                types.add(type_number(type_))
    return Whereabouts(sorted(tokens), sorted(types))


def _indexed(registry: Registry, type_: str) -> dict[str, str]:
    """The keys of what is indexed as a coding, by element path."""
    return {
        ".".join((type_, *source.names)): source.key
        for parameter in registry.of(type_).parameters.values()
        if not parameter.refusal
        for source in parameter.of_kind("token")
        if source.data_type in ("CodeableConcept", "Coding")
    }


async def next_rids(connection: Connection, where: Whereabouts, after: int, count: int) -> list[int]:
    """In their order."""
    rids: set[int] = set()
    if where.tokens:
        rids |= {each["rid"] for each in await connection.fetch(HAVING, where.tokens, after, count)}
    if where.types:
        rids |= {each["rid"] for each in await connection.fetch(OF_TYPES, where.types, after, count)}
    return sorted(rids)[:count]


async def number(connection: Connection, where: Whereabouts) -> int:
    """How many there are, as far as the index tells."""
    found: int = await connection.fetchval(NUMBER, where.tokens) if where.tokens else 0
    return found


async def bodies(connection: Connection, rids: Sequence[int]) -> list[asyncpg.Record]:
    """Without enterprise Patients, which only the index writes."""
    found = await connection.fetch(BODIES, rids)
    patients = [each["id"] for each in found if each["type"] == type_number("Patient")]
    own = {each[0] for each in await connection.fetch(ENTERPRISE, patients)} if patients else set()
    return [each for each in found if not (each["type"] == type_number("Patient") and each["id"] in own)]


async def event_times(connection: Connection, references: Sequence[str]) -> dict[str, datetime]:
    """When that happened of which the message told that wrote each of them last."""
    hashes = [reference_hash(each) ^ salt(_TARGET) for each in references]
    wanted = set(references)
    latest: dict[str, tuple[str, datetime]] = {}
    for record in await connection.fetch(PROVENANCES, hashes, type_number("Provenance")):
        provenance = loads(unpack(record["body"]))
        happened = first_instant(provenance.get("occurredDateTime", ""))
        if happened is None:
            continue
        for target in _targets(provenance):
            told = (provenance.get("recorded", ""), happened)
            if target in wanted and told > latest.get(target, ("", happened)):
                latest[target] = told
    return {target: happened for target, (_, happened) in latest.items()}


def _targets(provenance: dict[str, Any]) -> Iterable[str]:
    return (each.get("reference", "") for each in provenance.get("target", ()))
