"""The hospitals push: one MLLP connection each, the next message when the last is acknowledged.

HL7 Transport Specification: MLLP, Release 1; original acknowledgement mode (HL7 v2.5.1, 2.9.2).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from adapters.hl7v2.framing import Decoder, Oversized, frame
from exchange.demo.world import World

ATTEMPTS = 5
PAUSE = 0.5
ACKNOWLEDGEMENT_SECONDS = 60.0
MAX_ACKNOWLEDGEMENT = 64 * 1024


@dataclass(slots=True)
class Tally:
    """Acknowledgement codes so far (`AA`, `AE`, …), and how often a connection had to be made anew."""

    codes: Counter[str] = field(default_factory=Counter)
    reconnected: int = 0

    @property
    def acknowledged(self) -> int:
        return self.codes.total()

    @property
    def refused(self) -> int:
        return self.acknowledged - self.codes["AA"]


class NotAcknowledged(Exception):
    """The hub does not answer as MLLP asks."""

    def __str__(self) -> str:
        return self.__doc__ or ""


async def push(world: World, host: str, port: int, tell: Callable[[Tally], None]) -> Tally:
    """All hospitals at once; `tell` is called after each acknowledgement."""
    tally = Tally()
    async with asyncio.TaskGroup() as group:
        for hospital in world.hospitals:
            group.create_task(_push(world.messages[hospital.code], host, port, tally, tell))
    return tally


async def _push(
    messages: Iterable[bytes], host: str, port: int, tally: Tally, tell: Callable[[Tally], None]
) -> None:
    """What was sent and not acknowledged is sent again on a new connection: the hub knows it by its bytes."""
    remaining = iter(messages)
    message = next(remaining, None)
    failures = 0
    while message is not None:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            try:
                while message is not None:
                    tally.codes[await _exchange(reader, writer, message)] += 1
                    tell(tally)
                    failures = 0
                    message = next(remaining, None)
            finally:
                writer.close()
        except (OSError, EOFError):
            failures += 1
            if failures == ATTEMPTS:
                raise NotAcknowledged from None
            tally.reconnected += 1
            await asyncio.sleep(PAUSE * failures)


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> str:
    """MSA-1 of the acknowledgement."""
    writer.write(frame(message))
    await writer.drain()
    decoder = Decoder(MAX_ACKNOWLEDGEMENT)
    async with asyncio.timeout(ACKNOWLEDGEMENT_SECONDS):
        while not (frames := decoder.feed(chunk := await reader.read(65536))):
            if not chunk:
                raise EOFError
    answer = frames[0]
    if len(frames) > 1 or isinstance(answer, Oversized):
        raise NotAcknowledged
    return _code(answer, message)


def _code(answer: bytes, message: bytes) -> str:
    msa = next((line.split(b"|") for line in answer.split(b"\r") if line.startswith(b"MSA|")), None)
    if msa is None or len(msa) < 3 or msa[2] != message.split(b"|", 10)[9]:
        raise NotAcknowledged
    return msa[1].decode("ascii", "replace")
