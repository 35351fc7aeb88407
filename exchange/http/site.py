"""What stands behind all connections: FHIR, answered without a framework, and an ASGI app for the rest.

https://hl7.org/fhir/R4/http.html
"""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any, Final

from starlette.types import ASGIApp

from exchange.answer import Asked, Fhir
from exchange.app import ROOT, is_fhir
from exchange.encoding import WORTH_BYTES, takes_gzip
from exchange.http import asgi, read_lane, terminology_lane, write_lane
from exchange.http.body import too_large
from exchange.http.head import date_line
from exchange.http.known import Heads
from exchange.http.protocol import Connection, Incoming
from exchange.http.reply import rendered
from exchange.interactions.request import Response


class Site:
    """`fhir` answers what is under its root, `app` everything else."""

    def __init__(self, app: ASGIApp, fhir: Fhir | None, head_seconds: float) -> None:
        self.app, self.fhir, self.head_seconds = app, fhir, head_seconds
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.date = date_line(time.time())
        self.heads = Heads()
        self.closing = False

    def begin(self, request: Incoming) -> None:
        """Sees to it that the request will be answered; returns at once."""
        target, fhir = request.target, self.fhir
        if fhir is None or not is_fhir(target.path):
            self._start(asgi.respond(self.app, request, self.date))
            return
        headers = request.fields
        reply, otherwise = partial(self._tell, request, headers), partial(self._ask, fhir, request, headers)
        if "/$" in target.raw and terminology_lane.enter(fhir, request, reply, otherwise):
            return
        if not target.query and request.body is not None:
            write_lane.enter(fhir, request, reply, otherwise)
            return
        reads = not target.query and request.method in _READING
        if not reads or not read_lane.enter(fhir, target.raw, headers, reply):
            otherwise()

    def tick(self) -> None:
        """To be called at least once a second."""
        self.date = date_line(time.time())
        now = asyncio.get_running_loop().time()
        for connection in tuple(self.connections):
            connection.check(now)

    def _ask(self, fhir: Fhir, request: Incoming, headers: Mapping[str, str]) -> None:
        self._start(self._answer(fhir, request, headers))

    def _start(self, answering: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(answering)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, fhir: Fhir, request: Incoming, headers: Mapping[str, str]) -> None:
        limit = fhir.hub.settings.max_body_bytes
        target = request.target
        asked = Asked(
            request.method, target.path[len(ROOT) :], target.query, headers, partial(_body, request, limit)
        )
        try:
            self._reply(request, await fhir.answer(asked))
        except asyncio.CancelledError:
            request.connection.transport.abort()
            raise

    def _tell(self, request: Incoming, headers: Mapping[str, str], response: Response) -> None:
        accepted = headers.get("accept-encoding")
        if accepted is not None and len(response.body) >= WORTH_BYTES and takes_gzip(accepted):
            self._start(self._reply_packed(request, response, accepted))
        else:
            self._reply(request, response)

    async def _reply_packed(self, request: Incoming, response: Response, accepted: str) -> None:
        self._reply(request, await read_lane.packed(response, accepted))

    def _reply(self, request: Incoming, response: Response) -> None:
        """HEAD gets the headers that GET would."""
        stays = request.keep_alive and not self.closing
        head, request.keep_alive = rendered(response, self.date, stays)
        request.reply(head if request.method == "HEAD" else head + response.body)


async def _body(request: Incoming, limit: int) -> bytes:
    if request.body is None:
        return b""
    declared = next((value for name, value in request.headers if name == b"content-length"), b"0")
    if int(declared) > limit:
        raise too_large(limit)
    return await request.body.whole(limit)


_READING: Final = frozenset(("GET", "HEAD"))
