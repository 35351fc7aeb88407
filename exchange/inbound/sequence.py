"""The sequence number protocol: a link's messages are taken in the order of MSH-13, each once.

HL7 v2.8 chapter 2, 2.10.1 Sequence number protocol. A link is a sender (MSH-3 and MSH-4) on a channel. The
number that it expects next is stored in the transaction that keeps the message, before anybody is told.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.fault import APPLICATION_INTERNAL_ERROR, DATA_TYPE_ERROR
from exchange.inbound.envelope import Envelope
from exchange.store.connection import Connection

Meaning = Literal["next", "again", "start", "resynchronise", "wrong"]
# The receiver takes whatever number comes.
ANY: Final = -1
_NUMBER: Final = re.compile(r"-1|\d{1,15}", re.ASCII)

# The link is ours until the transaction ends, also if nobody spoke on it yet.
LOCK: Final = """
INSERT INTO sequence_link (channel, sender) VALUES ($1, $2)
ON CONFLICT (channel, sender) DO UPDATE SET expected = sequence_link.expected
RETURNING coalesce(expected, -1)"""

EXPECT: Final = "UPDATE sequence_link SET expected = nullif($3, -1) WHERE channel = $1 AND sender = $2"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a number means, and the MSA-4 to answer it with. `fault` says what is wrong with it."""

    meaning: Meaning
    answer: int
    fault: Fault | None = None


def turn(sent: str, expected: int) -> Turn:
    """Pure. `expected` is ANY on a link that has no number yet."""
    if not _NUMBER.fullmatch(sent):
        return Turn("wrong", expected, Fault(DATA_TYPE_ERROR, "MSH-13 is no sequence number", "MSH-13"))
    number = int(sent)
    if number == 0:
        return Turn("start", expected)
    if number == ANY:
        return Turn("resynchronise", ANY)
    if expected in (ANY, number):
        return Turn("next", number)
    if number == expected - 1:
        return Turn("again", expected)
    told = f"{number} came where {expected} is expected"
    return Turn("wrong", expected, Fault(APPLICATION_INTERNAL_ERROR, told, "MSH-13"))


def taken(told: Turn) -> Turn:
    """The number was that of another message already."""
    said = f"{told.answer - 1} was another message"
    return Turn("wrong", told.answer, Fault(APPLICATION_INTERNAL_ERROR, said, "MSH-13"))


def number_of(envelope: Envelope) -> str:
    """MSH-13; "" where there is none."""
    return envelope.header[_FIELD].strip() if len(envelope.header) > _FIELD else ""


async def expected(connection: Connection, envelope: Envelope) -> int:
    """What the link expects; it is locked until the transaction ends."""
    found: int = await connection.fetchval(LOCK, envelope.channel, envelope.sender)
    return found


async def expect(connection: Connection, envelope: Envelope, number: int) -> None:
    """What the link expects from now on."""
    await connection.execute(EXPECT, envelope.channel, envelope.sender, number)


_FIELD: Final = 13
