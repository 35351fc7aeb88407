"""python -m benchmarks.mllp_load PORT: hospitals that send over MLLP, in a process of their own; tells JSON.

HL7 Transport Specification: MLLP, Release 1. With a rate, messages are due at their moments, whether or not
the answers to earlier ones are there, and a latency counts from the moment at which the message was due.
Without, each connection sends its next message when the last was answered.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final, cast

import uvloop

from benchmarks.hospital_day import HospitalDay

START: Final = b"\x0b"
END: Final = b"\x1c\r"
TICK: Final = 0.004
GRACE: Final = 60.0


@dataclass(slots=True)
class Heard:
    """What the senders saw: latencies in seconds by the second in which the answer came."""

    began: float
    until: float
    sent: int = 0
    refused: int = 0
    by_second: list[list[float]] = field(default_factory=list)
    other: dict[str, int] = field(default_factory=dict)

    def note(self, code: str, latency: float) -> None:
        second = int(time.perf_counter() - self.began)
        while len(self.by_second) <= second:
            self.by_second.append([])
        self.by_second[second].append(latency)
        if code not in ("AA", "CA"):
            self.other[code] = self.other.get(code, 0) + 1


class Sender(asyncio.Protocol):
    """One connection; one message is under way at a time."""

    def __init__(self, day: HospitalDay, prepared: deque[bytes], heard: Heard, paced: bool) -> None:
        self._day, self._prepared, self._heard, self._paced = day, prepared, heard, paced
        self._due: deque[float] = deque()
        self._sent_at: float | None = None
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.idle = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self.idle.set()

    def ask(self, due: float) -> None:
        """A message is due."""
        self._due.append(due)
        if self._sent_at is None:
            self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (at := self._buffer.find(END)) >= 0:
            frame, self._buffer = self._buffer[:at], self._buffer[at + 2 :]
            self._answered(frame)

    def _answered(self, frame: bytes) -> None:
        place = frame.find(b"MSA|") + 4
        now = time.perf_counter()
        assert self._sent_at is not None
        self._heard.note(frame[place : place + 2].decode(), now - self._sent_at)
        self._sent_at = None
        if not self._paced and now < self._heard.until:
            self._due.append(now)
        if self._due:
            self._send()
        else:
            self.idle.set()

    def _send(self) -> None:
        if self._transport is None:
            return
        self.idle.clear()
        self._sent_at = self._due.popleft()
        message = self._prepared.popleft() if self._prepared else next(self._day)
        self._heard.sent += 1
        self._transport.write(START + message + END)


async def send(given: argparse.Namespace) -> Heard:
    """Until the time is over and what was asked is answered."""
    loop = asyncio.get_running_loop()
    heard = Heard(0, 0)
    each = int(given.rate * given.seconds / given.connections) + 1
    senders = []
    for number in range(1, given.connections + 1):
        day = HospitalDay(number, given.seed, given.mode == "enhanced")
        prepared = deque(next(day) for _ in range(each))
        sender = Sender(day, prepared, heard, given.rate > 0)
        await loop.create_connection(lambda sender=sender: sender, given.host, given.port)  # type: ignore[misc]
        senders.append(sender)
    sys.stdout.write("sending\n")
    sys.stdout.flush()
    heard.began = time.perf_counter()
    heard.until = heard.began + given.seconds
    if given.rate:
        await _pace(senders, heard, given.rate)
    else:
        for sender in senders:
            sender.ask(time.perf_counter())
    async with asyncio.timeout(given.seconds + GRACE):
        await asyncio.gather(*(sender.idle.wait() for sender in senders))
    return heard


async def _pace(senders: list[Sender], heard: Heard, rate: float) -> None:
    """Message n is due n / rate seconds after the beginning, at one connection after the other."""
    asked = 0
    while (now := time.perf_counter()) < heard.until:
        while (due := heard.began + asked / rate) <= now:
            senders[asked % len(senders)].ask(due)
            asked += 1
        await asyncio.sleep(TICK)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("port", type=int)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--connections", type=int, default=38)
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--rate", type=float, default=0)
    arguments.add_argument("--mode", choices=("original", "enhanced"), default="enhanced")
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    cpu = time.process_time()
    heard = uvloop.run(send(given))
    told = {
        "seconds": time.perf_counter() - heard.began,
        "sent": heard.sent,
        "other": heard.other,
        "cpu": time.process_time() - cpu,
        "by_second": [[round(each, 5) for each in second] for second in heard.by_second],
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
