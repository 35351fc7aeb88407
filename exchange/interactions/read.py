"""https://hl7.org/fhir/R4/http.html#read"""

from collections.abc import Mapping

from exchange.hub import Hub
from exchange.interactions.form import Form, form_of
from exchange.interactions.request import Request, Response, etag, is_unmodified
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from exchange.store.fetch import Stored, fetch


async def read(hub: Hub, request: Request) -> Response:
    """The current version; concurrent reads share a statement."""
    request.grant.require(request.type, "r")
    return _current(hub, request, await hub.reader.read(request.type, request.id))


async def read_current(hub: Hub, connection: Connection, request: Request) -> Response:
    """The same inside a transaction."""
    request.grant.require(request.type, "r")
    (stored,) = await fetch(connection, [(request.type, request.id)])
    return _current(hub, request, stored)


def answered(stored: Stored | None, name: str, headers: Mapping[str, str], form: Form) -> Response:
    """What a read of `name` (`Patient/1`) gives."""
    there = require_there(stored, name)
    if is_unmodified(headers, there.version, there.updated):
        return Response(304, b"", there.version, there.updated)
    return Response(200, form(there.body or b""), there.version, there.updated)


def require_there(stored: Stored | None, name: str, expression: str = "") -> Stored:
    """Raises 404 for what never was, 410 for what has been deleted."""
    if stored is None:
        raise FhirError("not-found", f"{name} is not known", expression)
    if stored.body is None:
        headers = (("ETag", etag(stored.version)),)
        raise FhirError("deleted", f"{name} has been deleted", expression, headers=headers)
    return stored


def _current(hub: Hub, request: Request, stored: Stored | None) -> Response:
    form = form_of(request.parameters, hub.definitions)
    return answered(stored, f"{request.type}/{request.id}", request.headers, form)
