"""An MLLP client of the judge's own: sends frames, reads frames.

HL7 Transport Specification: MLLP, Release 1.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c\r"
MOST_BYTES: Final = 1 << 24


class MllpClient:
    """One open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, message: bytes) -> None:
        self._writer.write(START + message + END)
        await self._writer.drain()

    async def receive(self, seconds: float) -> bytes:
        """The next frame's content. Raises TimeoutError, or EOFError if the other side has ended."""
        async with asyncio.timeout(seconds):
            content = await self._reader.readuntil(END)
        start = content.find(START)
        if start != 0:
            raise ValueError("bytes outside a frame")
        return content[1 : -len(END)]

    async def ask(self, message: bytes, seconds: float) -> bytes:
        """Sends a message and waits for the next frame."""
        await self.send(message)
        return await self.receive(seconds)


@asynccontextmanager
async def connected(host: str, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[MllpClient]:
    """A connection, closed at the end."""
    reader, writer = await asyncio.open_connection(host, port, ssl=tls, limit=MOST_BYTES)
    try:
        yield MllpClient(reader, writer)
    finally:
        writer.close()
        with suppress(Exception):
            await writer.wait_closed()
