"""Criteria of conditional interactions: what they match, and the locks that make create-once true.

https://hl7.org/fhir/R4/http.html#ccreate
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import asyncpg

from exchange.bundle import Criteria
from exchange.fhirjson import identity
from exchange.hub import Hub
from exchange.interactions.request import FORM_PARAMETERS
from exchange.interactions.search_type import page_of
from exchange.outcome import FhirError
from exchange.search.query.conditions import Identifiers
from exchange.search.query.parse import parse
from exchange.search.query.query import Query
from exchange.store.connection import Connection
from exchange.store.types import type_number

# What the URL of a conditional update may say too: how its answer is to look.
_OF_THE_ANSWER: Final = frozenset(("_format", "_pretty"))
_CONTROLS: Final = FORM_PARAMETERS | {"_count", "_sort", "_total", "_include", "_revinclude", "_cursor"}
Answer = TypeVar("Answer")
Made = tuple[str, Iterable[tuple[int, str, str]]]
ATTEMPTS: Final = 4
PAUSE: Final = 0.01
# PostgreSQL has room for some thousand locks in all: whoever wants more than so many takes the types.
MANY: Final = 200
# Of the Patients that match, so many are looked at to find two that are not the patient index's own.
SEVERAL: Final = 20

# Held until the transaction ends, so that of two that create what the criteria of either find, the second
# sees the first one's resource. Everybody locks in the order of the keys.
LOCK: Final = """
SELECT CASE WHEN alone THEN pg_advisory_xact_lock(key) ELSE pg_advisory_xact_lock_shared(key) END
FROM unnest($1::bigint[], $2::boolean[]) AS l (key, alone)"""

# The resources that have one of many identifiers: see migration 0026.
IDENTIFIED: Final = "SELECT n, id FROM identified($1, $2, $3, $4, $5)"

# Those of some Patients that are the patient index's own.
IDENTITIES: Final = "SELECT enterprise_id FROM mpi_person WHERE enterprise_id = ANY($1::text[])"


def compiled(hub: Hub, criteria: Criteria) -> Query:
    """The search; raises FhirError for what selects nothing or is no filter."""
    try:
        parameters = parse_qsl(criteria.query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise FhirError("invalid", f"{criteria.type}?… is no search that can be read") from None
    selecting = [pair for pair in parameters if pair[0] not in _OF_THE_ANSWER]
    query = parse(hub.search, criteria.type, selecting, "strict")
    if not query.criteria:
        raise FhirError("precondition", "A conditional interaction needs search parameters that select")
    for name, _ in query.accepted:
        if name in _CONTROLS:
            raise FhirError("invalid", "A condition takes parameters that select, and no others", name)
    if query.ignored:  # what it would miss might be there
        raise FhirError.of("precondition", [replace(each, severity="error") for each in query.ignored])
    return replace(query, count=2)


async def lock(connection: Connection, queries: Iterable[Query], made: Iterable[Made] = ()) -> None:
    """Until the transaction ends nobody else creates under criteria what these would find, or looks under
    criteria for what is `made` here: resource types, with the identifiers of a resource each."""
    keys = locks(queries, made)
    if keys:
        await connection.execute(LOCK, list(keys), list(keys.values()))


def locks(queries: Iterable[Query], made: Iterable[Made] = ()) -> dict[int, bool]:
    """What `lock` locks, in its order, and whether alone."""
    keys: dict[int, bool] = {}
    types: set[str] = set()
    for query in queries:
        types.add(query.resource_type)
        for key, alone in lock_keys(query).items():
            keys[key] = alone or keys.get(key, False)
    for type_, identifiers in made:
        keys |= {_lock_key(type_, value): True for _, _, value in identifiers}
    if len(keys) > MANY:
        keys = {_lock_key(type_, ""): True for type_ in types}
    return dict(sorted(keys.items()))


def lock_keys(query: Query) -> dict[int, bool]:
    """What to lock, and whether alone: the identifiers that are asked for, and the type together with others;
    where other things are asked for, the type alone."""
    everything = _lock_key(query.resource_type, "")
    for criterion in query.criteria:
        match criterion:
            case Identifiers(_, sought) if sought and all(value for _, value in sought):
                keys = {_lock_key(query.resource_type, value): True for _, value in sought}
                return keys | {everything: False}
    return {everything: True}


async def find(connection: Connection, queries: Mapping[Criteria, Query]) -> dict[Criteria, tuple[str, ...]]:
    """The ids that match (two where more do); all that ask for one identifier go into one statement."""
    found: dict[Criteria, tuple[str, ...]] = {}
    single: dict[Criteria, Identifiers] = {}
    for criteria, query in queries.items():
        match query.criteria:
            case (Identifiers() as wanted,):
                single[criteria] = wanted
            case _:
                found[criteria] = await _others(connection, query)
    return found | await _identified(connection, single)


def one(criteria: Criteria, ids: Sequence[str], expression: str = "") -> str | None:
    """The only match, if there is one; raises 412 for several."""
    if len(ids) > 1:
        raise FhirError(
            "multiple-matches", f"Several {criteria.type} resources match the criteria", expression
        )
    return ids[0] if ids else None


async def repeated(attempt: Callable[[], Awaitable[Answer]]) -> Answer:
    """The attempt's answer; what lost a race in the database is tried again, a bounded number of times."""
    for number in range(1, ATTEMPTS):
        try:
            return await attempt()
        except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
            await asyncio.sleep(PAUSE * number)
    return await attempt()


async def _others(connection: Connection, query: Query) -> tuple[str, ...]:
    if query.resource_type != "Patient":
        page = await page_of(connection, query)
        return tuple(identity(body)[1].decode() for body in page.bodies)
    page = await page_of(connection, replace(query, count=SEVERAL))
    ids = [identity(body)[1].decode() for body in page.bodies]
    own = {row["enterprise_id"] for row in await connection.fetch(IDENTITIES, ids)} if ids else set()
    return tuple(id_ for id_ in ids if id_ not in own)[:2]


async def _identified(
    connection: Connection, wanted: Mapping[Criteria, Identifiers]
) -> dict[Criteria, tuple[str, ...]]:
    if not wanted:
        return {}
    rows = asked_identifiers(
        (n, criteria.type, identifiers) for n, (criteria, identifiers) in enumerate(wanted.items())
    )
    ids: dict[int, list[str]] = {n: [] for n in range(len(wanted))}
    for n, id_ in await connection.fetch(IDENTIFIED, *rows):
        ids[n].append(id_)
    return {criteria: tuple(sorted(ids[n])) for n, criteria in enumerate(wanted)}


def asked_identifiers(wanted: Iterable[tuple[int, str, Identifiers]]) -> list[list[Any]]:
    """What `identified` of migration 0026 is asked, as columns: who asks, for which type, by which
    identifiers."""
    rows = [
        (n, type_number(type_), parameter, system, value)
        for n, type_, identifiers in wanted
        for parameter in identifiers.parameters
        for system, value in identifiers.identifiers
    ]
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], [], []]


def _lock_key(type_: str, value: str) -> int:
    said = f"{type_}\0{value}".encode(errors="surrogatepass")
    digest = hashlib.blake2b(said, digest_size=8, person=b"conditional")
    return int.from_bytes(digest.digest(), "big", signed=True)
