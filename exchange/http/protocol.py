"""HTTP/1.1 on one connection: requests one after another, with a clock on everything a client can be slow at,
and a bound on everything it can make us hold. The parser is llhttp; who answers is the site's business.

https://www.rfc-editor.org/rfc/rfc9112
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from exchange.http.body import Body
from exchange.http.head import Refused, Target, joined, refusal, require_sound, target_of
from exchange.http.known import Heads

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_CONNECTIONS: Final = 2000
# Requests of one connection that wait for their turn.
MAX_PIPELINED: Final = 128
KEEP_ALIVE_SECONDS: Final = 60.0
# A body, and the reading of a response, must go on at least this fast.
BYTES_PER_CHECK: Final = 16 * 1024
UNREAD_SECONDS: Final = 60.0
# What a client still sends after its last response is taken for so long: a reset could overtake the response.
LINGER_SECONDS: Final = 2.0
NEVER: Final = float("inf")


class Incoming:
    """A request on its way. Who answers it calls `reply` once, or `connection.write` and then
    `connection.finish`; if `keep_alive` is False then, the connection ends."""

    __slots__ = ("body", "connection", "fields", "headers", "keep_alive", "method", "target", "version")

    def __init__(
        self,
        connection: "Connection",
        method: str,
        target: Target,
        version: str,
        headers: Sequence[tuple[bytes, bytes]],
        fields: Mapping[str, str],
    ) -> None:
        """`headers` as they came, with names in lower case, and the same joined by name; `body` is None where
        none can come."""
        self.connection, self.method, self.target = connection, method, target
        self.version, self.headers, self.fields = version, headers, fields
        self.keep_alive = True
        self.body: Body | None = None

    def reply(self, response: bytes) -> None:
        """The whole response."""
        self.connection.write(response)
        self.connection.finish()


class Site(Protocol):
    """What a connection belongs to."""

    head_seconds: float
    connections: set["Connection"]
    heads: Heads
    closing: bool

    @property
    def date(self) -> str:
        """The Date header's line."""

    def begin(self, request: Incoming) -> None:
        """Sees to it that the request will be answered; returns at once."""


class Connection(asyncio.Protocol):
    """One connection. It is cut when a head is not there after `head_seconds`, when a body brings less than
    BYTES_PER_CHECK in that time though we are reading, or when a response is not taken for UNREAD_SECONDS.
    The site calls `check` again and again: one clock for all costs less than timers for each."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._loop = asyncio.get_running_loop()
        self._parser: Any = HttpRequestParser(self)
        # What has not been answered, the first of it under way; and what has not been received whole.
        self._requests: deque[Incoming] = deque()
        self._receiving: Incoming | None = None
        self._refused: Refused | None = None
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = self._body_bytes = self._begun = 0
        self._has_body = self._in_head = self._idle = self._last = self._started = False
        self._reading = True
        self._due = self._unread_due = NEVER
        self._waiting: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self._site.connections.add(self)
        self._due = self._loop.time() + self._site.head_seconds
        if len(self._site.connections) > MAX_CONNECTIONS:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._site.connections.discard(self)
        self._parser = None  # it holds us, and we hold it
        self._unread_due = NEVER
        self._wake()
        for request in self._requests:
            if request.body is not None:
                request.body.lose()

    def data_received(self, data: bytes) -> None:
        if self._last and self._receiving is None:
            return  # nothing belongs to what comes after the last request
        alone, begun = not self._requests and self._is_between, self._begun
        if alone and (known := self._site.heads.find(data)):
            method, url, head = known
            self._take(Incoming(self, method.decode(), target_of(url), "1.1", head.lines, head.fields))
            return
        if self._receiving is None:
            self._head_bytes += len(data)
        else:
            self._body_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # the answer is given in HTTP/1.1, and it is the last one
        except HttpParserError as error:
            self._fail(error)
        lone = alone and self._begun == begun + 1 and not self._has_body
        if lone and self._is_between and not self._last:
            self._site.heads.learn(data, self._headers)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse_next(Refused(431, "The request's head is too long"))
        elif self._idle:
            self._idle = False
            self._due = self._loop.time() + self._site.head_seconds

    def eof_received(self) -> bool:
        """A client that has said everything may still want to hear the answers."""
        if self._receiving is not None and self._receiving.body is not None:
            self._receiving.body.lose()
        self._receiving, self._last = None, True
        return bool(self._requests)

    @property
    def _is_between(self) -> bool:
        """Whether what comes next begins a request."""
        return not self._in_head and self._receiving is None

    # The parser tells

    def on_message_begin(self) -> None:
        self._url, self._headers, self._in_head, self._has_body = b"", [], True, False
        self._begun += 1

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # a trailer is no header
            self._headers.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        self._in_head = False
        parser, headers, version = self._parser, self._headers, self._parser.get_http_version()
        if self._head_bytes > MAX_HEAD_BYTES and sum(map(_length, headers)) > MAX_HEAD_BYTES:
            raise Refused(431, "The request's head is too long")
        self._has_body = require_sound(version, headers)
        method, target = parser.get_method().decode(), target_of(self._url)
        request = Incoming(self, method, target, version, headers, joined(headers))
        request.keep_alive = version == "1.1" and parser.should_keep_alive() and not parser.should_upgrade()
        self._receiving, self._last = request, not request.keep_alive
        if self._has_body:
            request.body = Body(self, all(name != b"expect" for name, _ in headers))
            self._take(request)

    def on_body(self, data: bytes) -> None:
        if self._receiving is not None and self._receiving.body is not None:
            self._receiving.body.feed(data)
            if self._receiving.body.is_full:
                self.regulate()

    def on_message_complete(self) -> None:
        request, self._receiving = self._receiving, None
        self._head_bytes = self._body_bytes = 0
        if request is None:
            return
        if request.body is None:
            self._take(request)
            return
        request.body.end()
        if not self._requests:
            self._expect_request()
        elif self._requests[0] is request:
            self._due = NEVER

    # Who answers calls

    def write(self, data: bytes) -> None:
        """The next part of what is under way."""
        if not self.is_lost:
            self.transport.write(data)

    def finish(self) -> None:
        """What is under way has been answered."""
        request = self._requests.popleft()
        if request.body is not None:
            request.body.discard()
        if self._parser is None:
            return
        if not request.keep_alive or self._site.closing:
            self._close()
        elif self._requests:
            self._start_next()
        elif self._refused is not None:
            self._refuse(self._refused)
        elif self._last:
            self._close()
        else:
            self._expect_request()

    async def drained(self) -> None:
        """Returns once the client has taken enough of what was written, or is gone."""
        while self._unread_due != NEVER:
            await self._woken()

    async def lost(self) -> None:
        """Returns once the connection is no more."""
        while self._parser is not None:
            await self._woken()

    @property
    def is_lost(self) -> bool:
        """Whether nothing that is written will arrive."""
        return self._parser is None or self.transport.is_closing()

    def invite(self) -> None:
        self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def shutdown(self) -> None:
        """Ends it unless something is under way; then that was the last."""
        if not self._requests:
            self.transport.close()

    # Flow control

    def pause_writing(self) -> None:
        self._unread_due = self._loop.time() + UNREAD_SECONDS
        self.regulate()

    def resume_writing(self) -> None:
        self._unread_due = NEVER
        self._wake()
        self.regulate()
        if self._requests and not self._started:
            self._start_next()

    def regulate(self) -> None:
        """Reads only while what comes can be used, or thrown away."""
        receiving = self._receiving.body if self._receiving is not None else None
        full = receiving is not None and receiving.is_full
        reading = not (full or len(self._requests) > 1 or self._unread_due != NEVER)
        if reading != self._reading and not self.is_lost:
            self._reading = reading
            (self.transport.resume_reading if reading else self.transport.pause_reading)()

    # The clock

    def check(self, now: float) -> None:
        """Ends it if the client's time is over. A body may go on while it comes fast enough and somebody
        waits for it."""
        if now < self._due and now < self._unread_due:
            return
        body = self._receiving.body if self._receiving is not None else None
        goes_on = not self._reading or self._body_bytes >= BYTES_PER_CHECK
        if now < self._unread_due and body is not None and not body.unwanted and goes_on:
            self._body_bytes = 0
            self._due = now + self._site.head_seconds
        else:
            self.transport.abort()

    def _expect_request(self) -> None:
        """Idle from now on, unless the client is in the middle of a head, or of a body that nobody wants."""
        self._idle = self._is_between
        self._due = self._loop.time() + (KEEP_ALIVE_SECONDS if self._idle else self._site.head_seconds)

    # The order of requests

    def _take(self, request: Incoming) -> None:
        """Its head is here: it is its turn, or it has to wait for it."""
        self._idle = False
        if len(self._requests) >= MAX_PIPELINED:
            raise Refused(503, "Too many requests at once on one connection")
        self._requests.append(request)
        if len(self._requests) == 1:
            self._start_next()
        else:
            self.regulate()

    def _start_next(self) -> None:
        """Nothing is answered to a client that has not taken the answers before."""
        self._started = self._unread_due == NEVER
        if not self._started:
            return
        request = self._requests[0]
        waits = request.body is not None and not request.body.ended
        self._due = self._loop.time() + self._site.head_seconds if waits else NEVER
        if not self._reading:
            self.regulate()
        self._site.begin(request)

    # Ends

    def _fail(self, error: HttpParserError) -> None:
        """What cannot be read is told in its turn, and is the last."""
        if self._last and self._receiving is None:
            return  # nobody asked for what comes after the last request
        cause = error.__context__
        self._refuse_next(cause if isinstance(cause, Refused) else Refused(400, "This is not HTTP/1.1"))

    def _refuse_next(self, refused: Refused) -> None:
        if self._receiving is not None and self._receiving.body is not None:
            self._receiving.body.lose()
        self._receiving, self._in_head, self._last = None, False, True
        if self._requests:
            self._refused = refused
        else:
            self._refuse(refused)

    def _refuse(self, refused: Refused) -> None:
        self._refused, self._last = None, True
        self.write(refusal(refused.status, refused.diagnostics, self._site.date))
        self._linger()

    def _close(self) -> None:
        self._last = True
        if self._receiving is not None:
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Says that this was all, and takes what still comes for a while."""
        self._receiving, self._in_head, self._idle = None, False, False
        self._due = self._loop.time() + LINGER_SECONDS
        if not self.is_lost:
            self.transport.write_eof()

    # Waiting

    async def _woken(self) -> None:
        if self._waiting is None or self._waiting.done():
            self._waiting = self._loop.create_future()
        await asyncio.shield(self._waiting)

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def _length(header: tuple[bytes, bytes]) -> int:
    return len(header[0]) + len(header[1]) + 4
