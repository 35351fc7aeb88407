"""A request as an ASGI app sees it: for the routes beside FHIR's.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import logging
import traceback

from starlette.types import ASGIApp, Message, Scope

from exchange.http.head import STATUS_LINES
from exchange.http.protocol import Incoming

_log = logging.getLogger(__name__)


async def respond(app: ASGIApp, request: Incoming, date: str) -> None:
    """Runs the app for one request. What it fails to say ends the connection."""
    exchange = Exchange(request, date)
    try:
        await app(_scope(request), exchange.receive, exchange.send)
    except Exception as error:
        if not request.connection.is_lost:
            places = traceback.extract_tb(error.__traceback__)
            _log.error("%s in the app at %s", type(error).__name__, places[-1].name if places else "")
    finally:
        if not exchange.is_complete:
            request.keep_alive = False
            request.connection.finish()


class Exchange:
    """`receive` and `send` of one request."""

    def __init__(self, request: Incoming, date: str) -> None:
        self._request, self._connection, self._date = request, request.connection, date
        self._head: bytes | None = None
        self._is_chunked = False
        self._is_read = False
        self.is_complete = False

    async def receive(self) -> Message:
        if self._is_read or self.is_complete:
            await self._connection.lost()
            return {"type": "http.disconnect"}
        try:
            data, more = await self._request.body.piece() if self._request.body is not None else (b"", False)
        except ConnectionAbortedError:
            return {"type": "http.disconnect"}
        self._is_read = not more
        return {"type": "http.request", "body": data, "more_body": more}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = self._rendered(message["status"], message.get("headers", ()))
        elif message["type"] == "http.response.body":
            await self._send_body(message.get("body", b""), message.get("more_body", False))

    async def _send_body(self, data: bytes, more: bool) -> None:
        """The head goes out with the first of the body."""
        if self._request.method == "HEAD":
            data = b""
        elif self._is_chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
            data += b"" if more else b"0\r\n\r\n"
        head, self._head = self._head or b"", b""
        self._connection.write(head + data)
        if not more:
            self.is_complete = True
            self._connection.finish()
        else:
            await self._connection.drained()

    def _rendered(self, status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        request = self._request
        names = {name.lower() for name, _ in headers}
        if (b"connection", b"close") in {(name.lower(), value.lower()) for name, value in headers}:
            request.keep_alive = False
        elif not request.keep_alive:
            headers = [*headers, (b"connection", b"close")]
        if b"content-length" not in names and status not in (204, 304):
            self._is_chunked = request.version == "1.1"
            request.keep_alive = request.keep_alive and self._is_chunked
            if self._is_chunked:
                headers = [*headers, (b"transfer-encoding", b"chunked")]
        lines = b"".join(b"%b: %b\r\n" % (name.lower(), value) for name, value in headers)
        return (STATUS_LINES[status] + self._date).encode() + lines + b"\r\n"


def _scope(request: Incoming) -> Scope:
    transport = request.connection.transport
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": request.version,
        "method": request.method,
        "scheme": "http",
        "path": request.target.path,
        "raw_path": request.target.raw.encode("latin-1"),
        "query_string": request.target.query.encode("latin-1"),
        "root_path": "",
        "headers": list(request.headers),
        "client": _address(transport.get_extra_info("peername")),
        "server": _address(transport.get_extra_info("sockname")),
        "state": {},
    }


def _address(name: object) -> tuple[str, int] | None:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
