"""A bound on every request body, as sent and as unpacked.

https://www.rfc-editor.org/rfc/rfc9110#status.413 · https://www.rfc-editor.org/rfc/rfc9110#name-content-encoding
"""

import zlib
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exchange.outcome import FhirError

_CLOSE: Final = (("Connection", "close"),)


class Unpacking:
    """A body as it is unpacked, of at most `limit` bytes; FhirError where there would be more."""

    def __init__(self, encoding: str, limit: int) -> None:
        """`encoding` is what Content-Encoding says; FhirError for one that there is not."""
        if encoding not in _ENCODINGS:
            raise FhirError("media-type", "The Content-Encodings are gzip and deflate", "Content-Encoding")
        self._is_gzip = encoding != "deflate"
        self._limit = limit
        self._packed = b""
        self._unpacker: Any = None
        self._unpacked = 0

    def feed(self, data: bytes, more: bool) -> bytes:
        """What came of the next part; `more` is False for the last one."""
        if self._unpacker is None:
            data = self._packed + data
            if len(data) < 2 and more:
                self._packed = data
                return b""
            self._unpacker = zlib.decompressobj(_GZIP if self._is_gzip else _deflate_bits(data))
        try:
            body: bytes = self._unpacker.decompress(data, self._limit + 1 - self._unpacked)
        except zlib.error:
            raise _unreadable("The body is not packed as it says") from None
        self._unpacked += len(body)
        if self._unpacked > self._limit or self._unpacker.unconsumed_tail:
            raise too_large(self._limit)
        if self._unpacker.unused_data or not (more or self._unpacker.eof):
            raise _unreadable("The packed body does not end where it should")
        return body


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The whole body."""
    name = encoding.strip().lower()
    return body if name in _NONE else Unpacking(name, limit).feed(body, False)


def too_large(limit: int) -> FhirError:
    """Nothing more of it will be read."""
    return FhirError("too-large", f"A body has at most {limit} bytes", headers=_CLOSE)


class BodyCap:
    """Lets the app receive at most `limit` bytes, unpacked; FhirError where there would be more."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        encodings = []
        for name, value in scope["headers"]:
            if name == b"content-encoding":
                encodings.append(value.decode("latin-1").strip().lower())
            elif name == b"content-length" and _is_over(value, self.limit):
                raise too_large(self.limit)
        encoding = ", ".join(encodings)
        if encoding in _NONE:
            await self.app(scope, self._counted(receive), send)
        else:
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _AS_SENT]
            await self.app(scope, self._unpacked(receive, Unpacking(encoding, self.limit)), send)

    def _counted(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise too_large(self.limit)
            return message

        return counted

    def _unpacked(self, receive: Receive, unpacking: Unpacking) -> Receive:
        async def unpack() -> Message:
            message = await receive()
            if message["type"] != "http.request":
                return message
            body = unpacking.feed(message.get("body", b""), bool(message.get("more_body")))
            return {**message, "body": body}

        return unpack


async def read_body(receive: Receive) -> bytes:
    """All of it."""
    message = await receive()
    if not message.get("more_body"):
        whole: bytes = message.get("body", b"")
        return whole
    parts = [message.get("body", b"")]
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        parts.append(message.get("body", b""))
    return b"".join(parts)


def _deflate_bits(start: bytes) -> int:
    """Some senders leave out zlib's two bytes around what is deflated."""
    has_head = len(start) >= 2 and start[0] & 15 == 8 and (start[0] << 8 | start[1]) % 31 == 0
    return zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS


def _is_over(length: bytes, limit: int) -> bool:
    return length.isdigit() and (len(length) > 18 or int(length) > limit)


def _unreadable(diagnostics: str) -> FhirError:
    return FhirError("unreadable", diagnostics, "Content-Encoding")


_GZIP: Final = 16 + zlib.MAX_WBITS
_NONE: Final = ("", "identity")
_ENCODINGS: Final = frozenset(("gzip", "x-gzip", "deflate"))
_AS_SENT: Final = frozenset((b"content-encoding", b"content-length"))
