"""A bound on every request body, as sent and as unpacked: pure ASGI.

https://www.rfc-editor.org/rfc/rfc9110#status.413
"""

import zlib
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exchange.outcome import FhirError

# gzip, by zlib's convention of adding 16 to the window bits.
_GZIP: Final = 16 + zlib.MAX_WBITS
_CLOSE: Final = (("Connection", "close"),)


class BodyCap:
    """Lets the app receive at most `limit` bytes, and unpacks gzip; FhirError where there would be more."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        encoding = length = b""
        for name, value in scope["headers"]:
            if name == b"content-encoding":
                encoding = value.strip().lower()
            elif name == b"content-length":
                length = value
        if length.isdigit() and (len(length) > 18 or int(length) > self.limit):
            raise self._too_large()
        if encoding in (b"", b"identity"):
            await self.app(scope, self._counted(receive), send)
        elif encoding in (b"gzip", b"x-gzip"):
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _AS_SENT]
            await self.app(scope, self._unpacked(receive), send)
        else:
            raise FhirError("media-type", "The only Content-Encoding is gzip", "Content-Encoding")

    def _counted(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise self._too_large()
            return message

        return counted

    def _unpacked(self, receive: Receive) -> Receive:
        unpacker = zlib.decompressobj(_GZIP)
        unpacked = 0

        async def unpack() -> Message:
            nonlocal unpacked
            message = await receive()
            if message["type"] != "http.request":
                return message
            try:
                body = unpacker.decompress(message.get("body", b""), self.limit + 1 - unpacked)
            except zlib.error:
                raise FhirError("unreadable", "The body is not gzip", "Content-Encoding") from None
            unpacked += len(body)
            if unpacked > self.limit or unpacker.unconsumed_tail:
                raise self._too_large()
            if unpacker.unused_data or not (message.get("more_body") or unpacker.eof):
                raise FhirError(
                    "unreadable", "The gzip body does not end where it should", "Content-Encoding"
                )
            return {**message, "body": body}

        return unpack

    def _too_large(self) -> FhirError:
        return FhirError("too-large", f"A body has at most {self.limit} bytes", headers=_CLOSE)


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


_AS_SENT: Final = frozenset((b"content-encoding", b"content-length"))
