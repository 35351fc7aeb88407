"""Which search parameters of its own a deployment has, kept beside the SearchParameter resources themselves.

`brought_up_to_date` compares the two and puts down what is new: ids for paths, and whether what was stored
before is indexed. Each change moves `search_version`, by which other hubs learn of it.

https://hl7.org/fhir/R4/searchparameter.html
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import msgspec

from exchange.fhirjson import loads
from exchange.search.definition.definitions import Definitions
from exchange.search.definition.parameters import parameter_ids
from exchange.search.own.parameter import is_in_force, parameter_of, paths_of, types_of
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_number
from profiles.definitions import SearchParameter

# The ids of paths that are the deployment's own begin here, far above those of the product's.
FIRST_NUMBER: Final = 16_384
AT_ONCE: Final = 2_000

VERSION: Final = "SELECT version FROM search_version"

# One hub at a time.
LOCK: Final = """
INSERT INTO search_version (version) VALUES (0)
ON CONFLICT (single) DO UPDATE SET version = search_version.version RETURNING version"""

STORED: Final = """
SELECT id, version, body FROM resource WHERE type = $1 AND body IS NOT NULL ORDER BY rid"""

KNOWN: Final = "SELECT id, version, types, numbers, indexed FROM search_parameter"

PATHS: Final = "SELECT path, number FROM search_path"

NEW_PATHS: Final = """
INSERT INTO search_path (path, number)
SELECT p.path, greatest($2 - 1, (SELECT max(number) FROM search_path)) + p.at
FROM unnest($1::text[]) WITH ORDINALITY AS p (path, at)"""

PUT: Final = """
INSERT INTO search_parameter (id, version, types, numbers, indexed) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, types = excluded.types,
    numbers = excluded.numbers, indexed = excluded.indexed"""

GONE: Final = "DELETE FROM search_parameter WHERE id = ANY($1::text[])"

MOVE: Final = "UPDATE search_version SET version = version + 1"

# Whether there is anything that would have to be indexed.
ANYTHING: Final = """
SELECT EXISTS (SELECT 1 FROM unnest($1::smallint[]) t
    CROSS JOIN LATERAL (SELECT 1 FROM resource_index i WHERE i.type = t LIMIT 1) i)"""

INDEXED: Final = """
UPDATE search_parameter SET indexed = true
FROM unnest($1::text[], $2::integer[]) AS d (id, version)
WHERE search_parameter.id = d.id AND search_parameter.version = d.version"""

# What a parameter leaves in a side table when it goes, a little at a time.
LEFT: Final = """
DELETE FROM {table} WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM {table} WHERE param = ANY($1::smallint[]) LIMIT $2))"""
SIDE_TABLES: Final = (
    "identifier_index",
    "string_index",
    "date_index",
    "number_index",
    "quantity_index",
    "composite_index",
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Own:
    """A parameter in force; `indexed`: what was stored before it has been indexed, too."""

    id: str
    version: int
    parameter: SearchParameter
    indexed: bool


@dataclass(frozen=True, slots=True)
class State:
    """All parameters in force at a version. `left` are ids in the side tables whose rows nobody needs."""

    version: int
    own: tuple[Own, ...]
    ids: Mapping[str, int]
    left: tuple[int, ...]


async def version(connection: Connection) -> int | None:
    """Moves whenever the parameters change."""
    found: int | None = await connection.fetchval(VERSION)
    return found


async def brought_up_to_date(connection: Connection, definitions: Definitions) -> State:
    """The parameters that are in force; call inside a transaction."""
    current = await connection.fetchval(LOCK)
    stored = [(each["id"], each["version"], _parameter(each)) for each in await _resources(connection)]
    in_force = [(id_, number, made) for id_, number, made in stored if made is not None]
    in_force = _without_core(in_force, definitions)
    known = {each["id"]: each for each in await connection.fetch(KNOWN)}
    ids = await _ids(connection, [made for _, _, made in in_force], definitions)
    own, changed = [], False
    for id_, number, made in in_force:
        if id_ in known and known[id_]["version"] == number:
            own.append(Own(id_, number, made, known[id_]["indexed"]))
            continue
        changed = True
        indexed = not await _anything(connection, made, definitions)
        await _put(connection, Own(id_, number, made, indexed), ids, definitions)
        own.append(Own(id_, number, made, indexed))
    gone = [id_ for id_ in known if id_ not in {each.id for each in own}]
    if gone:
        await connection.execute(GONE, gone)
    if gone or changed:
        await connection.execute(MOVE)
        current += 1
    return State(current, tuple(own), ids, _left(known, gone, own, ids, definitions))


async def _resources(connection: Connection) -> Sequence[asyncpg.Record]:
    return await connection.fetch(STORED, type_number("SearchParameter"))


def _parameter(record: Any) -> SearchParameter | None:
    resource = loads(unpack(record["body"]))
    if not is_in_force(resource):
        return None
    try:
        return parameter_of(resource)
    except msgspec.ValidationError:
        _log.warning("SearchParameter/%s cannot be understood", record["id"])
        return None


def _without_core(
    in_force: Iterable[tuple[str, int, SearchParameter]], definitions: Definitions
) -> list[tuple[str, int, SearchParameter]]:
    """R4's own parameters stay as they are, whoever stores a copy."""
    core = {each.url for each in definitions.search_parameters}
    return [each for each in in_force if each[2].url not in core]


async def _ids(
    connection: Connection, parameters: Sequence[SearchParameter], definitions: Definitions
) -> dict[str, int]:
    """The id of every path, new ones included."""
    needed = dict.fromkeys(paths_of(parameters, definitions))
    ids = {each["path"]: each["number"] for each in await connection.fetch(PATHS)}
    new = [path for path in needed if path not in ids and path not in parameter_ids()]
    if new:
        await connection.execute(NEW_PATHS, new, FIRST_NUMBER)
        ids = {each["path"]: each["number"] for each in await connection.fetch(PATHS)}
    return ids


async def _put(connection: Connection, own: Own, ids: Mapping[str, int], definitions: Definitions) -> None:
    types = sorted(type_number(name) for name in types_of(own.parameter, definitions))
    numbers = _numbers(own.parameter, ids, definitions)
    await connection.execute(PUT, own.id, own.version, types, numbers, own.indexed)


def _numbers(made: SearchParameter, ids: Mapping[str, int], definitions: Definitions) -> list[int]:
    return sorted({ids[path] for path in paths_of([made], definitions) if path in ids})


async def _anything(connection: Connection, made: SearchParameter, definitions: Definitions) -> bool:
    types = [type_number(name) for name in types_of(made, definitions)]
    found: bool = await connection.fetchval(ANYTHING, types)
    return found


def _left(
    known: Mapping[str, Any],
    gone: Iterable[str],
    own: Iterable[Own],
    ids: Mapping[str, int],
    definitions: Definitions,
) -> tuple[int, ...]:
    needed = {number for each in own for number in _numbers(each.parameter, ids, definitions)}
    return tuple({number for id_ in gone for number in known[id_]["numbers"]} - needed)


async def mark_indexed(connection: Connection, done: Sequence[tuple[str, int]]) -> None:
    """These parameters (id and version) are indexed in all that is stored; call inside a transaction."""
    await connection.fetchval(LOCK)
    await connection.execute(INDEXED, [id_ for id_, _ in done], [number for _, number in done])
    await connection.execute(MOVE)


async def move(connection: Connection) -> None:
    """What was concluded from the index does not hold any more; call inside a transaction."""
    await connection.fetchval(LOCK)
    await connection.execute(MOVE)


async def remove_left(connection: Connection, numbers: Sequence[int]) -> None:
    """Removes the rows of parameters that are gone; a short statement at a time."""
    both = [*numbers, *(-number for number in numbers)]
    for table in SIDE_TABLES:
        while (await connection.execute(LEFT.format(table=table), both, AT_ONCE)) != "DELETE 0":
            pass
