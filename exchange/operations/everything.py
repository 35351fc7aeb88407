"""https://hl7.org/fhir/R4/operation-patient-everything.html

| parameter | |
|---|---|
| `_count` | resources a page |
| `_type` | only these types |
| `_since` | only what was written since |
| `start`, `end` | only what happened between these days, and what has no date |
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from exchange.hub import Hub
from exchange.interactions.entries import found_entry, with_entries
from exchange.interactions.form import Form, form_of
from exchange.interactions.read import require_there
from exchange.interactions.request import FORM_PARAMETERS, Parameters, Request, Response, instant_of
from exchange.operations.given import given
from exchange.outcome import FhirError
from exchange.search.definition.leading import Registry
from exchange.search.definition.source import Source
from exchange.search.value.dates import date_range
from exchange.search.value.token import present, salt, token
from exchange.store.batch import microseconds
from exchange.store.connection import Connection
from exchange.store.fetch import fetch
from exchange.store.packing import unpack
from exchange.store.types import type_number
from mpi.keys import patient_key
from mpi.store import PATIENT_KEYS
from profiles.primitives import date_time

COUNT: Final = 200
MAX_COUNT: Final = 1000

# In no patient's compartment, but what a patient's resources say cannot be understood without them. The
# shared directory (organisations, practitioners, places) is not repeated for every patient.
SUPPORTING: Final = (
    "Binary",
    "BiologicallyDerivedProduct",
    "Device",
    "DeviceMetric",
    "Medication",
    "Substance",
)

# A page of all that is known of a patient and of those linked to it: first what is in their compartments,
# then what that refers to of the supporting types; each in the order of rid, so a page ends where the next
# begins, whatever is written in between. $2, $3: types and time; $4, $5: after which row; $6: how many rows.
# $7: the supporting types; $8 to $10: the elements that may refer to them: type, salt, and a token that a
# resource has which does refer so. $11, $12: the time in which what has a date must lie in part.
EVERYTHING: Final = f"""
WITH keys AS MATERIALIZED (
    SELECT ARRAY({PATIENT_KEYS.format(keys="$1::uuid[]")}) AS list
), member AS MATERIALIZED (
    SELECT i.rid FROM resource_index i WHERE i.patient = ANY((SELECT list FROM keys)::uuid[])
    UNION
    SELECT c.rid FROM compartment_index c WHERE c.patient = ANY((SELECT list FROM keys)::uuid[])
), inside AS MATERIALIZED (
    SELECT 0 AS phase, m.rid
    FROM (SELECT rid FROM member WHERE $4::int = 0 AND rid > $5::bigint ORDER BY rid) m
    CROSS JOIN LATERAL (SELECT * FROM resource_index r WHERE r.rid = m.rid OFFSET 0) i
    WHERE ($2::smallint[] IS NULL OR i.type = ANY($2)) AND i.updated >= $3::bigint
      AND (i.ts IS NULL OR (i.ts < $12::bigint AND greatest(i.ts_end, i.ts + 1) > $11::bigint))
    ORDER BY m.rid LIMIT $6::int
), way AS MATERIALIZED (
    SELECT type, salt, array_agg(present) AS present
    FROM unnest($8::smallint[], $9::bigint[], $10::bigint[]) AS w (type, salt, present) GROUP BY type, salt
), beside AS (
    SELECT DISTINCT 1 AS phase, t.rid
    FROM member m CROSS JOIN LATERAL (SELECT * FROM resource_index r WHERE r.rid = m.rid OFFSET 0) i
    JOIN way w ON w.type = i.type AND w.present && i.tokens
    CROSS JOIN LATERAL unnest(i.tokens) k
    CROSS JOIN LATERAL (
        SELECT r.rid, r.type, r.updated FROM resource_index r WHERE r.ref = k # w.salt OFFSET 0
    ) t
    WHERE (SELECT count(*) FROM inside) < $6::int
      AND t.type = ANY($7::smallint[]) AND ($4::int = 0 OR t.rid > $5::bigint)
      AND ($2::smallint[] IS NULL OR t.type = ANY($2)) AND t.updated >= $3::bigint
    ORDER BY t.rid LIMIT $6::int
)
SELECT p.phase, p.rid, r.body
FROM (SELECT * FROM inside UNION ALL SELECT * FROM beside ORDER BY phase, rid LIMIT $6::int) p
JOIN resource r USING (rid)
ORDER BY p.phase, p.rid"""  # noqa: S608 - a fixed text


@dataclass(frozen=True, slots=True)
class Ask:
    """types is None for all; `phase` and `rid` are those of the last row of the page before; what happened
    lies in [start, end), in microseconds since 1970."""

    key: UUID
    types: frozenset[str] | None
    since: int
    count: int
    phase: int
    rid: int
    start: int = -(2**63)
    end: int = 2**63 - 1


async def everything(hub: Hub, request: Request) -> Response:
    """What every hospital has sent about the patient, by any of the patient's Patients."""
    request.grant.require("Patient", "r")
    parameters = _parameters(request)
    ask = _ask(hub, request, parameters)
    async with hub.pool.acquire() as connection:
        (stored,) = await fetch(connection, [("Patient", request.id)])
        require_there(stored, f"Patient/{request.id}")
        records = await _page(connection, ask, hub.search.registry)
    return Response(200, _bundle(request, parameters, ask, records, form_of(parameters, hub.definitions)))


@lru_cache(4)
def ways(registry: Registry) -> tuple[tuple[int, int, int], ...]:
    """(type number, salt, token of presence) of each element and supporting type; compiled once."""
    return tuple(
        (type_number(name), salt(source.key), token(source.key, present(supporting)))
        for name in sorted(registry.compartment_types)
        for source in _sources(registry, name)
        for supporting in SUPPORTING
    )


def _sources(registry: Registry, resource_type: str) -> Iterator[Source]:
    supporting = frozenset(SUPPORTING)
    sources = {
        source
        for parameter in registry.of(resource_type).parameters.values()
        if parameter.type == "reference" and not supporting.isdisjoint(parameter.targets)
        for source in parameter.sources
        if source.data_type == "Reference" and source.path.target in (None, *SUPPORTING)
    }
    yield from sorted(sources, key=lambda source: source.key)


async def _page(connection: Connection, ask: Ask, registry: Registry) -> list[Any]:
    types = None if ask.types is None else [type_number(name) for name in ask.types]
    supporting = [type_number(name) for name in SUPPORTING]
    asked = (types, ask.since, ask.phase, ask.rid, ask.count + 1, supporting)
    records: list[Any] = await connection.fetch(
        EVERYTHING, [ask.key], *asked, *zip(*ways(registry), strict=True), ask.start, ask.end
    )
    return records


def _bundle(request: Request, parameters: Parameters, ask: Ask, records: list[Any], form: Form) -> bytes:
    url = f"{request.base}/Patient/{request.id}/$everything"
    kept = tuple(pair for pair in parameters if pair[0] != "_cursor")
    links = [{"relation": "self", "url": _url(url, kept)}]
    shown = records[: ask.count]
    if len(records) > ask.count:
        cursor = f"{shown[-1]['phase']}-{shown[-1]['rid']}"
        links.append({"relation": "next", "url": _url(url, (*kept, ("_cursor", cursor)))})
    start = {"resourceType": "Bundle", "type": "searchset", "link": links}
    base, modes = request.base.encode(), (b"match", b"include")
    return with_entries(
        start, [found_entry(base, unpack(record["body"]), modes[record["phase"]], form) for record in shown]
    )


def _url(url: str, parameters: Parameters) -> str:
    return f"{url}?{urlencode(parameters)}" if parameters else url


def _ask(hub: Hub, request: Request, parameters: Parameters) -> Ask:
    asked: dict[str, str] = {}
    for name, value in parameters:
        if name not in _KNOWN:
            raise FhirError("invalid", "$everything does not support this parameter", name[:64])
        if name != "_type" and name in asked:
            raise FhirError("invalid", f"{name} is given twice", name)
        asked[name] = f"{asked[name]},{value}" if name in asked else value
    phase, rid = _after(asked.get("_cursor", "0-0"))
    types = _types(hub, request, asked.get("_type"))
    since = asked.get("_since")
    return Ask(
        patient_key(request.id),
        types,
        -(2**63) if since is None else microseconds(_since(since)),
        _count(asked.get("_count")),
        phase,
        rid,
        **_days(hub, asked),
    )


def _days(hub: Hub, asked: Mapping[str, str]) -> dict[str, int]:
    """From the first moment of `start` to the last of `end`."""
    days = {}
    for place, name in enumerate(("start", "end")):
        if name in asked:
            if not date_time(asked[name]):
                raise FhirError("invalid", f"{name} is a date", name)
            days[name] = date_range(asked[name], hub.search.zone)[place]
    return days


def _types(hub: Hub, request: Request, text: str | None) -> frozenset[str] | None:
    """The types asked for, of those that the caller may both read and search; None for all."""
    permitted = _permitted(hub, request)
    if text is None:
        return permitted
    asked = frozenset(name.strip() for name in text.split(","))
    unknown = sorted(asked - hub.definitions.resource_types)
    if unknown:
        raise FhirError("invalid", f"R4 has no resource type {unknown[0][:64]}", "_type")
    return asked if permitted is None else asked & permitted


def _permitted(hub: Hub, request: Request) -> frozenset[str] | None:
    readable, searchable = request.grant.types("r"), request.grant.types("s")
    if readable is None and searchable is None:
        return None
    every = hub.definitions.resource_types
    return every & (every if readable is None else readable) & (every if searchable is None else searchable)


def _count(text: str | None) -> int:
    if text is None:
        return COUNT
    if not (text.isascii() and text.isdecimal() and len(text) <= 9) or int(text) == 0:
        raise FhirError("invalid", "_count is a number of resources", "_count")
    return min(int(text), MAX_COUNT)


def _since(text: str) -> datetime:
    return instant_of(text, "_since")


def _after(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([01])-([0-9]{1,18})", text, re.ASCII)
    if not found:
        raise FhirError("invalid", "This page link is not of this operation", "_cursor")
    return int(found[1]), int(found[2])


def _parameters(request: Request) -> Parameters:
    """As text, wherever they came from."""
    listed = []
    for each in given(request):
        if type(each.value) not in (str, int):
            raise FhirError("invalid", "The parameters of $everything are texts and numbers", each.expression)
        listed.append((each.name, str(each.value)))
    return tuple(listed)


_KNOWN: Final = frozenset(("_count", "_type", "_since", "_cursor", "start", "end")) | FORM_PARAMETERS
