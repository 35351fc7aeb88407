"""https://hl7.org/fhir/R4/http.html#search"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast
from urllib.parse import urlencode

import asyncpg

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.entries import found_entry, with_entries
from exchange.interactions.form import Form, form_of
from exchange.interactions.request import Parameters, Request, Response, decoded, preference
from exchange.outcome import FhirError, operation_outcome
from exchange.search.execute import Page, search
from exchange.search.parse import parse
from exchange.search.query import AnyOf, Chain, Criterion, Has, Not, Patients, Query
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
    query = parse(hub.search, request.type, parameters, handling)
    require_types(request.grant, query)
    form = form_of(parameters, hub.definitions)
    page = await page_of(connection, query)
    return Response(200, searchset(request, query, page, form))


async def page_of(connection: Connection, query: Query) -> Page:
    """One page; a pool's connection is as good as an own one."""
    return await search(cast(asyncpg.Connection, connection), query)


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


def require_types(grant: Grant, query: Query) -> None:
    """What the search includes must be readable, what it chains through must be searchable."""
    for inclusion in query.inclusions:
        for included in (inclusion.source_type,) if inclusion.reverse else inclusion.target_types:
            grant.require(included, "r")
    for chained in _chained(query.criteria):
        grant.require(chained, "s")


def searchset(request: Request, query: Query, page: Page, form: Form) -> bytes:
    """The Bundle: what was found is sent as it is stored."""
    start: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if page.total is not None:
        start["total"] = page.total
    used = _used(request, query)
    url = f"{request.base}/{request.type}?"
    start["link"] = [{"relation": "self", "url": (url + used).removesuffix("?")}]
    if page.next is not None:
        next_ = f"{used}&_cursor={page.next}" if used else f"_cursor={page.next}"
        start["link"].append({"relation": "next", "url": url + next_})
    base = request.base.encode()
    entries = [found_entry(base, body, b"match", form) for body in page.bodies]
    entries += [found_entry(base, body, b"include", form) for body in page.included]
    if query.ignored:
        outcome = dumps(operation_outcome(query.ignored))
        entries.append(b'{"resource":%b,"search":{"mode":"outcome"}}' % outcome)
    return with_entries(start, entries)


def _used(request: Request, query: Query) -> str:
    """The parameters that the search took: the client's own text where it took them all."""
    sent = request.query
    if request.method != "POST" and not query.ignored and "_cursor" not in sent and sent.isascii():
        return sent
    return urlencode(query.accepted)


def _chained(criteria: Sequence[Criterion]) -> Iterator[str]:
    for criterion in criteria:
        match criterion:
            case AnyOf(inner):
                yield from _chained(inner)
            case Not(one):
                yield from _chained((one,))
            case Chain(_, targets):
                for target in targets:
                    yield target.resource_type
                    yield from _chained(target.criteria)
            case Has(_, sources):
                yield sources.resource_type
                yield from _chained(sources.criteria)
            case Patients(targets=targets) if targets is not None:
                yield targets.resource_type
                yield from _chained(targets.criteria)
