"""https://hl7.org/fhir/R4/http.html#search, over several types"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import urlencode

import asyncpg

from exchange.fhirjson import dumps, identity
from exchange.hub import Hub
from exchange.interactions.entries import found_entry, with_entries
from exchange.interactions.form import Form, form_of
from exchange.interactions.request import Handling, Parameters, Request, Response, preference
from exchange.interactions.search_type import form_parameters, permitted
from exchange.outcome import operation_outcome
from exchange.search.definition.leading import Registry
from exchange.search.page import several
from exchange.search.page.several import Cursors, Merged
from exchange.search.query.criterion import Criterion
from exchange.search.query.parse import parse
from exchange.search.query.query import Query
from exchange.search.query.values import refused
from exchange.store.connection import Connection
from exchange.store.types import type_name, type_number
from exchange.trust.refusal import InsufficientScope
from terminology.issue import Issue

# Which of these types have any resource.
PRESENT: Final = """
SELECT t FROM unnest($1::smallint[]) AS t
WHERE EXISTS (SELECT 1 FROM resource_index i WHERE i.type = t) ORDER BY t"""


@dataclass(frozen=True, slots=True)
class Kinds:
    """What is searched: under this path, of these types, by this criterion besides the parameters."""

    path: str
    types: Sequence[str]
    criterion: Callable[[str], Criterion] | None = None


async def search_system(hub: Hub, request: Request) -> Response:
    """A search of all types, or of those in `_type`, by the parameters that they all have."""
    return await search_types(hub, request, Kinds("", sorted(hub.definitions.resource_types)))


async def search_types(hub: Hub, request: Request, kinds: Kinds) -> Response:
    """One page of the types together: of those in `_type`, each of which must be searchable; without it of
    all that are."""
    given = request.parameters + form_parameters(request)
    handling = preference(request.headers.get("prefer")).handling
    types = _types(hub, request, kinds, given)
    parameters, ignored = _shared(hub, given, types, handling)
    text = dict(given).get("_cursor")
    async with hub.pool.acquire() as connection:
        present = await _present(connection, types)
        asked = types if any(name == "_type" for name, _ in given) else present or types[:1]
        parsed = {name: _parsed(hub, request, parameters, name, types, handling) for name in asked}
        queries = {name: _within(kinds, parsed[name]) for name in present}
        at = Cursors(dict.fromkeys(queries)) if text is None else several.read(text, types)
        at = replace(at, types={name: cursor for name, cursor in at.types.items() if name in queries})
        search = several.Search(cast(asyncpg.Connection, connection), queries, hub.extraction)
        any_query = next(iter(parsed.values()))
        if _is_counted(any_query) and at.total is None:
            at = replace(at, total=await search.total())
        merged = await search.page(at)
    total = at.total
    if total is None and text is None and merged.next is None:
        total = len(merged.bodies)
    ignored += any_query.ignored
    links = _links(request, kinds, given, ignored, merged)
    form = form_of(given, hub.definitions)
    return Response(200, _bundle(request.base, merged, ignored, total, links, form))


def _types(hub: Hub, request: Request, kinds: Kinds, given: Parameters) -> list[str]:
    texts = [value for name, value in given if name == "_type"]
    asked = list(dict.fromkeys(name.strip() for text in texts for name in text.split(",")))
    for name in asked:
        if name not in hub.definitions.resource_types:
            raise refused("_type", f"R4 has no resource type {name[:64]}.")
        if name not in kinds.types:
            raise refused("_type", f"{kinds.path} has no {name}.")
        request.grant.require(name, "s")
    types = asked or [name for name in kinds.types if request.grant.permits(name, "s")]
    if not types:
        raise InsufficientScope("system/*.s")
    return types


def _shared(
    hub: Hub, given: Parameters, types: Sequence[str], handling: Handling
) -> tuple[Parameters, tuple[Issue, ...]]:
    """The parameters that every type has, but for those that are about the page; what only some have is
    refused, or under lenient handling ignored for all."""
    common = common_codes(hub.search.registry, tuple(types))
    kept: list[tuple[str, str]] = []
    ignored: list[Issue] = []
    for name, value in given:
        code = re.split("[:.]", name, maxsplit=1)[0]
        told = ""
        if name == "_sort" and value.removeprefix("-") not in several.SORTABLE:
            told = "Several types are sorted by _lastUpdated or by _id."
        elif not code.startswith("_") and code not in common:
            told = f"Not all of these types have a search parameter {code[:64]}."
        if told and handling == "strict":
            raise refused(name, told, "not-supported")
        if told:
            ignored.append(Issue("warning", "not-supported", told, name))
        elif name not in ("_type", "_cursor"):
            kept.append((name, value))
    return tuple(kept), tuple(ignored)


@lru_cache(64)
def common_codes(registry: Registry, types: tuple[str, ...]) -> frozenset[str]:
    """The codes of the search parameters that all of these types have."""
    return frozenset.intersection(*(frozenset(registry.of(name).parameters) for name in types))


def _parsed(
    hub: Hub,
    request: Request,
    parameters: Parameters,
    type_: str,
    types: Sequence[str],
    handling: Handling,
) -> Query:
    own = [pair for pair in parameters if _concerns(pair, type_, types)]
    return permitted(request.grant, parse(hub.search, type_, own, handling))


def _concerns(pair: tuple[str, str], type_: str, types: Sequence[str]) -> bool:
    """An `_include` is of the type that it begins with."""
    source = pair[1].partition(":")[0]
    return pair[0].partition(":")[0] != "_include" or source == type_ or source not in types


def _within(kinds: Kinds, query: Query) -> Query:
    if kinds.criterion is None:
        return query
    return replace(query, criteria=(kinds.criterion(query.resource_type), *query.criteria))


async def _present(connection: Connection, types: Sequence[str]) -> list[str]:
    numbers = [type_number(name) for name in types]
    return [type_name(number) for (number,) in await connection.fetch(PRESENT, numbers)]


def _is_counted(query: Query) -> bool:
    return query.total != "none" or not query.count


def _links(
    request: Request, kinds: Kinds, given: Parameters, ignored: Sequence[Issue], merged: Merged
) -> list[dict[str, str]]:
    dropped = {"_cursor", *(issue.expression for issue in ignored)}
    used = [pair for pair in given if pair[0] not in dropped]
    url = f"{request.base}/{kinds.path}" if kinds.path else request.base
    pages = {"self": dict(given).get("_cursor")}
    if merged.next is not None:
        pages["next"] = several.written(merged.next)
    links = []
    for relation, cursor in pages.items():
        query = urlencode([*used, *([("_cursor", cursor)] if cursor else [])])
        links.append({"relation": relation, "url": f"{url}?{query}" if query else url})
    return links


def _bundle(
    base: str,
    merged: Merged,
    ignored: Sequence[Issue],
    total: int | None,
    links: list[dict[str, str]],
    form: Form,
) -> bytes:
    start: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        start["total"] = total
    start["link"] = links
    matches = set(map(identity, merged.bodies))
    included = [body for body in merged.included if identity(body) not in matches]
    entries = [found_entry(base.encode(), body, b"match", form) for body in merged.bodies]
    entries += [found_entry(base.encode(), body, b"include", form) for body in included]
    if issues := (*ignored, *merged.issues):
        outcome = dumps(operation_outcome(issues))
        entries.append(b'{"resource":%b,"search":{"mode":"outcome"}}' % outcome)
    return with_entries(start, entries)
