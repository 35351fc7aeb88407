"""https://hl7.org/fhir/R4/http.html#history"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.entries import with_entries
from exchange.interactions.form import Form, form_of
from exchange.interactions.request import FORM_PARAMETERS, Request, Response, etag, instant_of, instant_text
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from exchange.store.fetch import LATEST, Stored, count_versions, history

COUNT: Final = 50
MAX_COUNT: Final = 1000


async def history_instance(hub: Hub, request: Request) -> Response:
    """The versions of one resource, latest first; a page ends where the next begins, whatever is written."""
    async with hub.pool.acquire() as connection:
        return await read_history(hub, connection, request)


async def read_history(hub: Hub, connection: Connection, request: Request) -> Response:
    """The same on an open connection."""
    request.grant.require(request.type, "r")
    _refuse_unknown(request)
    count, before, since = _count(request), _before(request), _since(request)
    total = await count_versions(connection, request.type, request.id)
    versions = await history(connection, request.type, request.id, count + 1, before)
    if total == 0:
        raise FhirError("not-found", f"{request.type}/{request.id} is not known")
    shown = [stored for stored in versions[:count] if since is None or stored.updated >= since]
    more = len(versions) > count and len(shown) == count
    links = [("self", _url(request, None))]
    if more:
        links.append(("next", _url(request, shown[-1].version)))
    form = form_of(request.parameters, hub.definitions)
    return Response(200, _bundle(request, None if since else total, links, shown, form))


def _bundle(
    request: Request, total: int | None, links: list[tuple[str, str]], shown: Sequence[Stored], form: Form
) -> bytes:
    start: dict[str, Any] = {"resourceType": "Bundle", "type": "history"}
    if total is not None:
        start["total"] = total
    start["link"] = [{"relation": relation, "url": url} for relation, url in links]
    name = f"{request.type}/{request.id}"
    return with_entries(start, [_entry(f"{request.base}/{name}", name, stored, form) for stored in shown])


def _entry(full_url: str, name: str, stored: Stored, form: Form) -> bytes:
    resource = b"" if stored.body is None else b'"resource":%b,' % form(stored.body)
    method, status = (
        ("DELETE", "204") if stored.body is None else ("PUT", "201" if stored.version == 1 else "200")
    )
    rest = {
        "request": {"method": method, "url": name},
        "response": {
            "status": status,
            "etag": etag(stored.version),
            "lastModified": instant_text(stored.updated),
        },
    }
    return b'{"fullUrl":%b,%b%b' % (dumps(full_url), resource, dumps(rest)[1:])


def _url(request: Request, before: int | None) -> str:
    kept = [(name, value) for name, value in request.parameters if name != "_cursor"]
    if before is not None:
        kept.append(("_cursor", str(before)))
    query = f"?{urlencode(kept)}" if kept else ""
    return f"{request.base}/{request.type}/{request.id}/_history{query}"


def _refuse_unknown(request: Request) -> None:
    for name, _ in request.parameters:
        if name not in _KNOWN:
            raise FhirError("invalid", "A history has no such parameter", name[:64])


def _count(request: Request) -> int:
    text = request.parameter("_count")
    if text is None:
        return COUNT
    if not text.isdecimal() or len(text) > 9 or int(text) == 0:
        raise FhirError("invalid", "_count is a number of entries", "_count")
    return min(int(text), MAX_COUNT)


def _before(request: Request) -> int:
    text = request.parameter("_cursor")
    if text is None:
        return LATEST
    if not text.isdecimal() or len(text) > 9:
        raise FhirError("invalid", "This is no cursor of ours", "_cursor")
    return int(text)


def _since(request: Request) -> datetime | None:
    text = request.parameter("_since")
    return None if text is None else instant_of(text, "_since")


_KNOWN: Final = frozenset(("_count", "_since", "_cursor")) | FORM_PARAMETERS
