"""What is quarantined, over HTTP: `GET /quarantine`, and decisions about it.

GET  /quarantine                  what waits (hospital, type, since, count)   system/quarantine.r
GET  /quarantine/{id}             one message, its copies and decisions       system/quarantine.r
GET  /quarantine/{id}/raw         its bytes; that they were read is noted     system/quarantine.u
POST /quarantine/{id}/copy        the corrected bytes are sent on             system/quarantine.u
POST /quarantine/{id}/resend      it is processed again as it is              system/quarantine.u
POST /quarantine/{id}/discard     it is not to be processed                   system/quarantine.u
POST /quarantine/{id}/restore     it is quarantined again                     system/quarantine.u

Each decision has a `reason`. A client of one hospital sees and decides about that hospital's messages only.

https://www.rfc-editor.org/rfc/rfc9110#section-9
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request, Response

from adapters.hospitals.hospital import Hospitals
from exchange.hub import Hub
from exchange.inbound import quarantine
from exchange.inbound.http import read_body
from exchange.inbound.quarantine import NoSuchMessage, Undecidable, Why
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from exchange.trust.authenticate import authenticate
from exchange.trust.grant import Grant
from exchange.trust.scopes import QUARANTINE

MOST: Final = 1000
_MOVES: Final[Mapping[str, Callable[[Connection, int, Why], Awaitable[None]]]] = {
    "resend": quarantine.resend,
    "discard": quarantine.discard,
    "restore": quarantine.restore,
}
_LONGEST: Final = 2000
_GREATEST: Final = 2**63 - 1


def quarantine_router(hub: Hub, hospitals: Hospitals) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/quarantine", tags=["quarantine"])

    @router.get("")
    async def listed(request: Request) -> Response:
        grant = await _granted(hub, request, "r")
        told = request.query_params
        hospital = grant.hospital or told.get("hospital")
        asked = hospital, told.get("type"), _since(told.get("since")), _count(told.get("count"))
        async with hub.pool.acquire() as connection:
            found = await quarantine.quarantined(connection, *asked)
        return _json([_described(dict(each)) for each in found])

    @router.get("/{id_}")
    async def one(id_: int, request: Request) -> Response:
        grant = await _granted(hub, request, "r")
        async with hub.pool.acquire() as connection:
            return _json(_described(await _own(connection, id_, grant)))

    @router.get("/{id_}/raw")
    async def raw(id_: int, request: Request) -> Response:
        grant = await _granted(hub, request, "u")
        async with hub.pool.acquire() as connection, connection.transaction():
            await _own(connection, id_, grant)
            kept = await quarantine.read(connection, id_, _why(hub, grant, request, ""))
        return Response(kept.raw, media_type="application/octet-stream")

    @router.post("/{id_}/copy")
    async def copy(id_: int, request: Request) -> Response:
        grant = await _granted(hub, request, "u")
        why = _why(hub, grant, request)
        body = await read_body(request, hub.settings.max_message_bytes)
        async with hub.pool.acquire() as connection, connection.transaction():
            await _own(connection, id_, grant)
            try:
                made = await quarantine.correct(connection, id_, body, hospitals, why, grant.hospital)
            except Undecidable as error:
                raise FhirError("conflict", str(error)) from error
        return _json({"id": made, "original": id_}, 201)

    @router.post("/{id_}/{action}")
    async def moved(id_: int, action: str, request: Request) -> Response:
        grant = await _granted(hub, request, "u")
        if action not in _MOVES:
            raise FhirError("unknown-path", "There is no such decision")
        why = _why(hub, grant, request)
        async with hub.pool.acquire() as connection, connection.transaction():
            await _own(connection, id_, grant)
            try:
                await _MOVES[action](connection, id_, why)
            except Undecidable as error:
                raise FhirError("conflict", str(error)) from error
            return _json(_described(await quarantine.one(connection, id_)))

    return router


async def _granted(hub: Hub, request: Request, letter: str) -> Grant:
    grant = await authenticate(hub.trust, request.headers.get("authorization"))
    grant.require(QUARANTINE, letter)
    return grant


async def _own(connection: Connection, id_: int, grant: Grant) -> dict[str, Any]:
    """What another hospital sent does not exist for a client of one hospital."""
    try:
        found = await quarantine.one(connection, max(0, min(id_, _GREATEST)))
    except NoSuchMessage as error:
        raise FhirError("not-found", str(error)) from error
    if grant.hospital not in (None, found["hospital"]):
        raise FhirError("not-found", NoSuchMessage.__doc__ or "")
    return found


def _why(hub: Hub, grant: Grant, request: Request, reason: str | None = None) -> Why:
    told = request.query_params.get("reason", "").strip() if reason is None else reason
    if reason is None and not 0 < len(told) <= _LONGEST:
        raise FhirError("invalid", "A decision has a reason", "reason")
    return Why(f"client:{grant.client_id}", told, hub.clock())


def _since(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise FhirError("invalid", "since is a date or a dateTime", "since") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _count(text: str | None) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise FhirError("invalid", "count is a number", "count")
    return min(int(text or 100), MOST)


def _described(found: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL gives the issues as text."""
    return found | {"issues": msgspec.Raw((found["issues"] or "[]").encode())}


def _json(content: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
