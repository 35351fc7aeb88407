"""A cheap HTTP load generator: raw sockets, one request at a time on each, in a process of its own.

https://www.rfc-editor.org/rfc/rfc9112#section-9.3
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop

from benchmarks.workload import OPERATIONS

PREPARED = 400
GRACE = 60.0


@dataclass(slots=True)
class Figures:
    """What one measurement saw. `latencies` in seconds, sorted."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    bytes_read: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


class Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last is whole."""

    def __init__(
        self, requests: list[bytes], start: int, expected: int, figures: Figures, until: float
    ) -> None:
        self._requests, self._next = requests, start
        self._expected = b"HTTP/1.1 %d" % expected
        self._figures, self._until = figures, until
        self._buffer = b""
        self._missing = 0
        self._began = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is not derived from it
        self._send()

    def data_received(self, data: bytes) -> None:
        self._figures.bytes_read += len(data)
        if self._missing:
            self._missing -= len(data)
        else:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._missing = end + 4 + _content_length(self._buffer[:end]) - len(self._buffer)
            if not self._buffer.startswith(self._expected):
                self._figures.failures += 1
            self._buffer = b""
        if self._missing == 0:
            self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def _answered(self) -> None:
        now = time.perf_counter()
        self._figures.latencies.append(now - self._began)
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


def drive(name: str, port: int, token: str, clients: int, seconds: float, seed: int) -> Figures:
    """Measure one operation; to be called in a process that does nothing else."""
    operation = next(each for each in OPERATIONS if each.name == name)
    chance = random.Random(seed)
    requests = [operation.request(chance, token) for _ in range(PREPARED)]
    return uvloop.run(_drive(requests, operation.expected, port, clients, seconds))


async def _drive(requests: list[bytes], expected: int, port: int, clients: int, seconds: float) -> Figures:
    figures, loop = Figures(), asyncio.get_running_loop()
    began = time.perf_counter()
    connections = []
    for n in range(clients):
        start = n * len(requests) // clients
        _, connection = await loop.create_connection(
            lambda start=start: Connection(requests, start, expected, figures, began + seconds),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        connections.append(connection)
    async with asyncio.timeout(seconds + GRACE):
        await asyncio.gather(*(connection.closed for connection in connections))
    figures.seconds = time.perf_counter() - began
    figures.latencies.sort()
    return figures


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without Content-Length cannot be measured")
