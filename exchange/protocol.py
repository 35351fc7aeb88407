"""uvicorn's HTTP/1.1 with a clock on everything a client can be slow at, and a bound on the request head.

https://www.rfc-editor.org/rfc/rfc9112
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from exchange.fhirjson import dumps
from exchange.interactions.request import CONTENT_TYPE
from exchange.outcome import operation_outcome
from terminology.issue import Issue

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_CONNECTIONS: Final = 2000
# A body, and the reading of a response, must go on at least this fast.
BYTES_PER_CHECK: Final = 16 * 1024
UNREAD_SECONDS: Final = 60.0


class BoundedHttp(HttpToolsProtocol):
    """One connection. It is cut when a head is not there after `head_seconds`, when a body brings less than
    BYTES_PER_CHECK in that time though we are reading, or when a response is not taken for UNREAD_SECONDS."""

    def __init__(self, *arguments: Any, head_seconds: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.head_seconds = head_seconds
        self._begun = False
        self._reading_body = False
        self._head_bytes = 0
        self._received = 0
        self._slow: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clocks()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if not self._reading_body:
            self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._begun and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(431, "The request's head is too long")
        elif self._slow is None and (self._begun or self._is_idle()):
            self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = True

    def on_headers_complete(self) -> None:
        self._begun, self._reading_body = False, True
        super().on_headers_complete()
        self._expect_body()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._reading_body, self._head_bytes = False, 0
        self._cancel_slow()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "This is not HTTP/1.1")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _expect_head(self) -> None:
        self._cancel_slow()
        self._slow = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _expect_body(self) -> None:
        self._cancel_slow()
        self._received = 0
        self._slow = self.loop.call_later(self.head_seconds, self._check_body)

    def _check_body(self) -> None:
        """A body that nobody waits for any more (the answer is out) has had its time too."""
        if self._is_idle() or (not self.flow.read_paused and self._received < BYTES_PER_CHECK):
            self.transport.abort()
        else:
            self._expect_body()

    def _is_idle(self) -> bool:
        """No request is being answered: what comes now belongs to another one, or to none."""
        return self.cycle is None or self.cycle.response_complete

    def _cancel_slow(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _stop_clocks(self) -> None:
        self._cancel_slow()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _refuse(self, status: int, diagnostics: str) -> None:
        """What uvicorn says in plain text, as an OperationOutcome."""
        self._stop_clocks()
        body = dumps(operation_outcome([Issue("error", "structure", diagnostics)]))
        headers = f"{CONTENT_TYPE[0]}: {CONTENT_TYPE[1]}\r\nContent-Length: {len(body)}\r\nConnection: close"
        self.transport.write(STATUS_LINE[status] + headers.encode() + b"\r\n\r\n" + body)
        self.transport.close()
