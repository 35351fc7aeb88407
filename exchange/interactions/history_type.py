"""https://hl7.org/fhir/R4/http.html#history, of one type and of all"""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from exchange.hub import Hub
from exchange.interactions.form import form_of
from exchange.interactions.request import Request, Response
from exchange.interactions.versions import ask_of, bundle
from exchange.outcome import FhirError
from exchange.store.history import Place, Version, of_types
from exchange.trust.refusal import InsufficientScope


async def history_type(hub: Hub, request: Request) -> Response:
    """The versions of all resources of a type, latest first, deletions among them."""
    request.grant.require(request.type, "r")
    request.grant.require(request.type, "s")
    return await _history(hub, request, f"{request.type}/_history", (request.type,))


async def history_system(hub: Hub, request: Request) -> Response:
    """The same of every type that the caller may both read and search."""
    permitted = [type_ for type_ in hub.definitions.resource_types if _permits(request, type_)]
    if not permitted:
        raise InsufficientScope("system/*.rs")
    return await _history(hub, request, "_history", permitted)


async def _history(hub: Hub, request: Request, url: str, types: Collection[str]) -> Response:
    """A page ends where the next begins, whatever is written meanwhile."""
    ask, before = ask_of(hub, request), _before(request)
    async with hub.pool.acquire() as connection:
        versions = await of_types(connection, types, ask.count + 1, before, ask.span)
    shown = versions[: ask.count]
    following = _cursor(shown[-1]) if len(versions) > len(shown) else None
    total = len(shown) if following is None and request.parameter("_cursor") is None else None
    form = form_of(request.parameters, hub.definitions)
    return Response(200, bundle(request, url, shown, following, total, form))


def _permits(request: Request, type_: str) -> bool:
    return request.grant.permits(type_, "r") and request.grant.permits(type_, "s")


def _cursor(last: Version) -> str:
    return f"{(last.updated - _EPOCH) // _MILLISECOND}-{last.rid}-{last.version}"


def _before(request: Request) -> Place:
    text = request.parameter("_cursor")
    if text is None:
        return Place()
    found = _CURSOR.fullmatch(text)
    if not found:
        raise FhirError("invalid", "This is no cursor of ours", "_cursor")
    return Place(_EPOCH + int(found[1]) * _MILLISECOND, int(found[2]), int(found[3]))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_CURSOR: Final = re.compile(r"([0-9]{1,14})-([0-9]{1,18})-([0-9]{1,9})", re.ASCII)
