"""The MLLP listener: frames in, acknowledgements out, in the order of the frames.

HL7 Transport Specification: MLLP, Release 1. A connection may send ahead (up to WINDOW messages); accept and
application acknowledgements are each in the order of their messages.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from adapters.hl7v2.batch import is_batch
from adapters.hl7v2.framing import Decoder, Oversized, frame
from exchange.inbound.batch import envelopes_of, receive_batch
from exchange.inbound.budget import Budget
from exchange.inbound.reception import Delivery, Reception
from exchange.settings import Settings

WINDOW: Final = 32
CONNECTIONS: Final = 256
READ_BYTES: Final = 1 << 16
# All connections together may hold so many bytes of unfinished frames; one may always hold a little.
UNFINISHED_BYTES: Final = 256 << 20
IN_HAND_BYTES: Final = 256 << 20
LITTLE: Final = 1 << 20
Given = TypeVar("Given")
FINISH_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Listener:
    """A running listener; `connections` are the open ones."""

    reception: Reception
    port: int = 0
    unfinished: int = 0
    budget: Budget = field(default_factory=lambda: Budget(IN_HAND_BYTES))
    connections: set[asyncio.Task[None]] = field(default_factory=set)


@asynccontextmanager
async def listening(reception: Reception, door: socket.socket | None = None) -> AsyncIterator[Listener]:
    """Listens on the host and port of the settings (0: any free port), or on a bound socket; hangs up on
    everybody at the end."""
    settings = reception.hub.settings
    listener = Listener(reception)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        listener.connections.add(task)
        try:
            await _converse(listener, reader, writer)
        except asyncio.CancelledError:
            _log.debug("an MLLP connection ends with the hub")
        finally:
            listener.connections.discard(task)

    server = await asyncio.start_server(
        connected,
        *((settings.mllp_host, settings.mllp_port) if door is None else ()),
        sock=door,
        limit=READ_BYTES,
        ssl=tls(settings),
        ssl_handshake_timeout=settings.header_timeout if settings.mllp_tls_cert else None,
    )
    listener.port = server.sockets[0].getsockname()[1]
    reception.counts.gauges["mllp", "connections", ""] = lambda: len(listener.connections)
    try:
        yield listener
    finally:
        server.close()
        for task in listener.connections:
            task.cancel()
        await asyncio.gather(*listener.connections, return_exceptions=True)
        await server.wait_closed()


def tls(settings: Settings) -> ssl.SSLContext | None:
    """None without a certificate; with client authorities, clients must show a certificate of theirs."""
    if settings.mllp_tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.mllp_tls_cert, settings.mllp_tls_key)
    if settings.mllp_tls_client_ca is not None:
        context.load_verify_locations(settings.mllp_tls_client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def _converse(listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection from beginning to end, whatever the other side does."""
    if len(listener.connections) > CONNECTIONS:
        _log.warning("MLLP refuses a connection: %d are open", CONNECTIONS)
        writer.transport.abort()
        return
    _keep_alive(writer)
    connection = _Connection(listener, reader, writer)
    try:
        await connection.run()
    except* (ConnectionError, TimeoutError, ssl.SSLError):
        _log.info("an MLLP connection was lost")
        writer.transport.abort()
    except* Exception as errors:
        names = {type(error).__name__ for error in errors.exceptions}
        _log.error("an MLLP connection failed: %s", ", ".join(sorted(names)))
        writer.transport.abort()
    finally:
        listener.unfinished -= connection.unfinished
        listener.budget.give(connection.in_hand)
        if connection.decoder.junk or connection.decoder.partial:
            _log.info(
                "MLLP: %d bytes outside frames, unfinished frame: %s",
                connection.decoder.junk,
                connection.decoder.partial,
            )
        await _closed(writer)


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Lets what is written arrive; who does not take it within seconds is hung up on."""
    writer.close()
    try:
        async with asyncio.timeout(FINISH_SECONDS):
            await writer.wait_closed()
    except Exception:
        writer.transport.abort()


class _Connection:
    def __init__(
        self, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        settings = listener.reception.hub.settings
        self.decoder = Decoder(settings.max_message_bytes)
        self.unfinished = 0
        self.in_hand = 0
        self._listener = listener
        self._reader = reader
        self._writer = writer
        self._idle = settings.mllp_idle_timeout
        self._charset = settings.mllp_charset
        self._window = asyncio.Semaphore(WINDOW)
        self._deliveries: asyncio.Queue[tuple[asyncio.Task[Delivery], int] | None] = asyncio.Queue()
        self._results: asyncio.Queue[tuple[Delivery, int] | None] = asyncio.Queue()
        self._writing = asyncio.Lock()

    async def run(self) -> None:
        """Reads until the other side ends or falls silent, then sends what is still owed."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send_accepts())
            tasks.create_task(self._send_results())
            try:
                while data := await self._read():
                    for event in self.decoder.feed(data):
                        size = await self._enter(event)
                        self._deliveries.put_nowait((tasks.create_task(self._deliver(event)), size))
                    self._account()
            finally:
                self._deliveries.put_nowait(None)

    async def _read(self) -> bytes:
        """The next bytes; none when the other side ended, or was silent too long and we owe it nothing."""
        while True:
            try:
                return await asyncio.wait_for(self._reader.read(READ_BYTES), self._idle)
            except TimeoutError:
                if not self.in_hand:
                    return b""

    async def _deliver(self, event: bytes | Oversized) -> Delivery:
        reception = self._listener.reception
        if isinstance(event, Oversized):
            return reception.oversized(event.head, "mllp")
        if is_batch(event):
            return await receive_batch(
                reception, event, envelopes_of(reception, event, "mllp", self._charset)
            )
        return await reception.answer(reception.seal(event, "mllp", self._charset))

    async def _enter(self, event: bytes | Oversized) -> int:
        """Waits until there is room for one more message; its size."""
        size = 0 if isinstance(event, Oversized) else len(event)
        await self._window.acquire()
        await self._listener.budget.take(size)
        self.in_hand += size
        return size

    def _leave(self, size: int) -> None:
        self._window.release()
        self._listener.budget.give(size)
        self.in_hand -= size

    async def _send_accepts(self) -> None:
        while (item := await self._deliveries.get()) is not None:
            delivery = await _given(item[0])
            await self._send(delivery.accept)
            self._results.put_nowait((delivery, item[1]))
        self._results.put_nowait(None)

    async def _send_results(self) -> None:
        while (item := await self._results.get()) is not None:
            if item[0].application is not None:
                await self._send(await _given(item[0].application))
            self._leave(item[1])

    async def _send(self, payload: bytes | None) -> None:
        if payload:
            async with self._writing:
                self._writer.write(frame(payload))
                await asyncio.wait_for(self._writer.drain(), self._idle)

    def _account(self) -> None:
        """Bytes of unfinished frames, over all connections; who would take too much is hung up on."""
        now = self.decoder.buffered
        self._listener.unfinished += now - self.unfinished
        self.unfinished = now
        if now > LITTLE and self._listener.unfinished > UNFINISHED_BYTES:
            raise ConnectionError


async def _given(awaited: Awaitable[Given]) -> Given:
    """What was given up, and not by us, ends the connection: a task group would take it for done."""
    try:
        return await awaited
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionAbortedError from None


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Finds out that the other side is gone although nobody said so."""
    connection = writer.get_extra_info("socket")
    if connection is None:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
