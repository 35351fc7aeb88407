"""https://hl7.org/fhir/R4/http.html#search"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, cast
from urllib.parse import urlencode

import asyncpg

from exchange.asked_domains import asked_domains, of_asked_domains, require_domains, with_total
from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.entries import found_entry, with_entries
from exchange.interactions.form import Form, form_of
from exchange.interactions.request import Parameters, Request, Response, decoded, preference
from exchange.outcome import FhirError, operation_outcome
from exchange.search.index.extract import Extraction
from exchange.search.page.counts import Counts
from exchange.search.page.execute import Page, search
from exchange.search.query.criterion import Chain, Criterion, Has, Listed, Patients, Targets
from exchange.search.query.parse import parse
from exchange.search.query.query import Inclusion, Query
from exchange.search.query.tree import every
from exchange.store.connection import Connection
from exchange.trust.grant import Grant

FORM_TYPE: Final = "application/x-www-form-urlencoded"


async def search_type(hub: Hub, request: Request) -> Response:
    """A searchset of stored bytes; GET with the parameters in the URL, POST with more of them in the body."""
    async with hub.pool.acquire() as connection:
        return await search_with(hub, connection, request)


async def search_with(hub: Hub, connection: Connection, request: Request) -> Response:
    """The same on an open connection."""
    request.grant.require(request.type, "s")
    parameters = request.parameters + form_parameters(request)
    handling = preference(request.headers.get("prefer")).handling
    query = with_total(permitted(request.grant, parse(hub.search, request.type, parameters, handling)))
    form = form_of(parameters, hub.definitions)
    domains = asked_domains(request.type, parameters)
    await require_domains(hub, connection, domains)
    page = await page_of(connection, query, hub.extraction, hub.counts)
    page = of_asked_domains(hub, page, domains) if domains else page
    return Response(200, searchset(request, query, page, form))


async def page_of(
    connection: Connection,
    query: Query,
    extraction: Extraction | None = None,
    counts: Counts | None = None,
) -> Page:
    """One page; a pool's connection is as good as an own one."""
    return await search(cast(asyncpg.Connection, connection), query, extraction, counts)


def form_parameters(request: Request) -> Parameters:
    """Those in the body of `_search`."""
    if request.method != "POST":
        return ()
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != FORM_TYPE:
        if request.body:
            raise FhirError("media-type", f"Send the parameters as {FORM_TYPE}", "Content-Type")
        return ()
    return decoded(request.body.decode("latin-1"))


def permitted(grant: Grant, query: Query) -> Query:
    """What the search chains through must be searchable, the lists it names and what it includes readable.

    Of the types that an inclusion may lead to it keeps those that may be read. If there is none, a caller who
    named the parameter is told so; a wildcard means what there is.
    """
    for name in chained(query.criteria):
        grant.require(name, "s")
    if any(isinstance(each, Listed) for each in query.criteria):
        grant.require("List", "r")
    readable = grant.types("r")
    if readable is None or not query.inclusions:
        return query
    kept = [_narrowed(grant, each, readable) for each in query.inclusions]
    return replace(query, inclusions=tuple(each for each in kept if each is not None))


def require_types(grant: Grant, query: Query) -> None:
    """Raises InsufficientScope unless all that decides what is found, and some of what is included, may be
    read."""
    permitted(grant, query)


def _narrowed(grant: Grant, inclusion: Inclusion, readable: frozenset[str]) -> Inclusion | None:
    wanted = inclusion.source_types if inclusion.reverse else inclusion.target_types
    types = tuple(name for name in wanted if name in readable)
    if not types:
        if inclusion.named:
            grant.require(next(iter(wanted), "*"), "r")
        return None
    if inclusion.reverse:
        return replace(inclusion, source_types=types)
    return replace(inclusion, target_types=types)


def searchset(request: Request, query: Query, page: Page, form: Form, path: str | None = None) -> bytes:
    """The Bundle: what was found is sent as it is stored. `path` is what was searched, if not a type."""
    start: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if page.total is not None:
        start["total"] = page.total
    start["link"] = _links(request, query, page, path or request.type)
    base = request.base.encode()
    entries = [found_entry(base, body, b"match", form) for body in page.bodies]
    entries += [found_entry(base, body, b"include", form) for body in page.included]
    if issues := (*query.ignored, *page.issues):
        outcome = dumps(operation_outcome(issues))
        entries.append(b'{"resource":%b,"search":{"mode":"outcome"}}' % outcome)
    return with_entries(start, entries)


def _links(request: Request, query: Query, page: Page, path: str) -> list[dict[str, str]]:
    """This page, the first where this is another, and the next; there is no last, for nobody counts pages."""
    used = _used(request, query)
    url = f"{request.base}/{path}?"

    def at(cursor: str | None) -> str:
        return url + "&".join(filter(None, (used, cursor and f"_cursor={cursor}")))

    links = [{"relation": "self", "url": at(query.cursor).removesuffix("?")}]
    if query.cursor is not None:
        links.append({"relation": "first", "url": at(None).removesuffix("?")})
    if page.next is not None:
        links.append({"relation": "next", "url": at(page.next)})
    return links


def _used(request: Request, query: Query) -> str:
    """The parameters that the search took: the client's own text where it took them all."""
    sent = request.query
    if request.method != "POST" and not query.ignored and query.cursor is None and sent.isascii():
        return sent
    return urlencode(query.accepted)


def chained(criteria: Sequence[Criterion]) -> Iterator[str]:
    """The types of the other resources that decide what is found."""
    for criterion in every(criteria):
        match criterion:
            case Chain(targets=targets):
                yield from (each.resource_type for each in targets)
            case Has(sources=Targets(resource_type=name)) | Patients(targets=Targets(resource_type=name)):
                yield name
