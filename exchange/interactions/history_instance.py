"""https://hl7.org/fhir/R4/http.html#history"""

from exchange.hub import Hub
from exchange.interactions.form import form_of
from exchange.interactions.request import Request, Response
from exchange.interactions.versions import ask_of, bundle
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from exchange.store.fetch import count_versions
from exchange.store.history import EVER, LAST_VERSION, of_one


async def history_instance(hub: Hub, request: Request) -> Response:
    """The versions of one resource, latest first; a page ends where the next begins, whatever is written."""
    async with hub.pool.acquire() as connection:
        return await read_history(hub, connection, request)


async def read_history(hub: Hub, connection: Connection, request: Request) -> Response:
    """The same on an open connection."""
    request.grant.require(request.type, "r")
    ask, before = ask_of(hub, request), _before(request)
    total: int | None = await count_versions(connection, request.type, request.id)
    if total == 0:
        raise FhirError("not-found", f"{request.type}/{request.id} is not known")
    versions = await of_one(connection, request.type, request.id, ask.count + 1, before, ask.span)
    shown = versions[: ask.count]
    following = str(shown[-1].version) if len(versions) > len(shown) else None
    if ask.span != EVER:
        total = None if following or before != LAST_VERSION else len(shown)
    form = form_of(request.parameters, hub.definitions)
    url = f"{request.type}/{request.id}/_history"
    return Response(200, bundle(request, url, shown, following, total, form))


def _before(request: Request) -> int:
    text = request.parameter("_cursor")
    if text is None:
        return LAST_VERSION
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise FhirError("invalid", "This is no cursor of ours", "_cursor")
    return int(text)
