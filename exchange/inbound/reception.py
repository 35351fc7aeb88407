"""The front door of messages, whatever brought them: keep, tell so, process, tell the result.

HL7 v2.8 chapter 2, 2.9.2: original mode (one reply, after processing) and enhanced mode (accept and
application acknowledgement).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Final

from adapters.hl7v2.acknowledge import Code, Fault
from adapters.hl7v2.fault import APPLICATION_INTERNAL_ERROR, UNSUPPORTED_MESSAGE_TYPE
from adapters.hospitals.hospital import Hospitals
from exchange.channels.counting import Counts
from exchange.hub import Hub
from exchange.inbound.answered import code_of
from exchange.inbound.backlog import Backlog
from exchange.inbound.budget import Budget
from exchange.inbound.dispatch import Dispatcher
from exchange.inbound.envelope import Envelope
from exchange.inbound.findings import INTERNAL, UNAVAILABLE, UNSETTLED
from exchange.inbound.in_sequence import Links, Numbered
from exchange.inbound.in_time import InTime
from exchange.inbound.inbox import Inbox, Receipt
from exchange.inbound.presence import present
from exchange.inbound.query import answered, is_query
from exchange.inbound.sealing import sealed_by_channel
from exchange.inbound.work import Translate
from profiles.recurring import compile_recurring

# Bytes of messages that came by HTTP and are not answered yet.
IN_HAND_BYTES: Final = 256 << 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What to answer: `accept` now, `application` when it is there; None where the sender asks for none.

    `stored` is False if the message could not be kept: it must be sent again.
    """

    accept: bytes | None
    application: Awaitable[bytes] | None
    stored: bool = True


class Reception:
    """Takes messages of any channel."""

    def __init__(self, hub: Hub, hospitals: Hospitals, backlog: Backlog) -> None:
        self.hub = hub
        self.hospitals = hospitals
        self._backlog = backlog
        self._inbox = Inbox(hub.pool, backlog.presence.number)
        self.counts = Counts()
        self.budget = Budget(IN_HAND_BYTES)
        numbered = frozenset(hub.settings.sequence_numbers.split())
        self._links = Links(hub.pool, numbered, backlog.presence.number)

    @property
    def in_hand(self) -> int:
        """How many kept messages this process is busy with."""
        return self._backlog.in_hand

    def seal(self, raw: bytes, channel: str, charset: str | None) -> Envelope:
        """What is known of the bytes at once. `charset` is the channel's, where it overrides MSH-18."""
        return sealed_by_channel(raw, channel, charset, self.hospitals)

    async def receive(self, envelope: Envelope) -> Delivery:
        """Returns when the message is durable. What is called first is kept and processed first."""
        if envelope.is_acknowledgement:
            return Delivery(None, None)
        if is_query(envelope):
            return Delivery(None, self._queried(envelope))
        async with self._backlog.gate.passing():
            return await self._kept(envelope, self.hub.clock())

    async def answer(self, envelope: Envelope) -> Delivery:
        """The same for a sender who waits: of a message that is not settled in time he hears that it is kept,
        and that he is to send it again."""
        delivery = await self.receive(envelope)
        if delivery.application is None or not delivery.stored:
            return delivery
        seconds = self.hub.settings.answer_timeout
        return replace(
            delivery, application=InTime(delivery.application, seconds, partial(self._late, envelope))
        )

    def _late(self, envelope: Envelope) -> bytes:
        if not envelope.wants_application(False):
            return b""
        return envelope.answer("AR", self.hub.clock(), UNSETTLED)

    async def _kept(self, envelope: Envelope, instant: datetime) -> Delivery:
        try:
            if self._links.numbers(envelope):
                numbered = await self._links.kept(envelope, instant)
                if numbered.receipt is None:
                    return _out_of_turn(numbered, instant)
                envelope, receipt = numbered.envelope, _again(numbered, numbered.receipt)
            else:
                receipt = await self._inbox.keep(envelope, instant)
        except Exception as error:
            _log.warning("a message could not be kept: %s", type(error).__name__)
            self.counts.add(envelope.channel, "failed")
            return _unstored(envelope, instant)
        self.counts.add(envelope.channel, "received" if receipt.new else "repeated")
        if receipt.state == "received":
            settled = self._backlog.submit(receipt.id, receipt.received, envelope)
            if receipt.new:
                settled.add_done_callback(partial(self._count, envelope.channel, monotonic()))
            return Delivery(_accept(envelope, receipt), _application(envelope, settled))
        if receipt.new:
            self.counts.settled(envelope.channel, receipt.acknowledgement_code or "", 0.0)
        return _known(envelope, receipt)

    def _count(self, channel: str, since: float, settled: asyncio.Future[bytes]) -> None:
        if not settled.cancelled() and settled.exception() is None:
            code = code_of(settled.result())
            self.counts.settled(channel, code, monotonic() - since)
            self.counts.add(channel, "acknowledged", code)

    async def _queried(self, envelope: Envelope) -> bytes:
        if envelope.channel == "mllp" and not self.hub.settings.mllp_queries:
            fault = Fault(UNSUPPORTED_MESSAGE_TYPE, "queries are not answered on this port", "MSH-9")
            return envelope.answer("AR", self.hub.clock(), (fault,))
        try:
            return await answered(self.hub, envelope)
        except Exception as error:
            _log.warning("a query could not be answered: %s", type(error).__name__)
            return envelope.answer("AE", self.hub.clock(), INTERNAL)

    def oversized(self, head: bytes, channel: str) -> Delivery:
        """The answer to a message that is too long to be kept; `head` is how it begins."""
        envelope = self.seal(head, channel, None)
        limit = self.hub.settings.max_message_bytes
        fault = Fault(APPLICATION_INTERNAL_ERROR, f"a message may have at most {limit} bytes")
        return _refused(envelope, self.hub.clock(), "AE", (fault,))


@asynccontextmanager
async def open_reception(hub: Hub, hospitals: Hospitals, translate: Translate) -> AsyncIterator[Reception]:
    """The reception; what was kept but not settled is worked off meanwhile, before what comes new, together
    with whatever other processes receive."""
    judging = replace(hub, check=compile_recurring(hub.definitions))
    async with (
        present(hub.dsn) as presence,
        Dispatcher(judging, hospitals, translate).running() as dispatcher,
    ):
        backlog = Backlog(hub, dispatcher, presence)
        async with backlog.worked_off():
            yield Reception(hub, hospitals, backlog)


def _out_of_turn(numbered: Numbered, instant: datetime) -> Delivery:
    """A general acknowledgement of what only asks for the number, or a refusal."""
    envelope, fault = numbered.envelope, numbered.turn.fault
    if fault is not None:
        return _refused(envelope, instant, "AE", (fault,))
    if envelope.wants_accept(True):
        return Delivery(envelope.answer("CA", instant), None)
    settled: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    settled.set_result(envelope.answer("AA", instant))
    return Delivery(None, settled)


def _again(numbered: Numbered, receipt: Receipt) -> Receipt:
    """Who sends a message again learns by MSA-4 that it was accepted then."""
    if numbered.turn.meaning != "again" or receipt.acknowledgement_code != "AA":
        return receipt
    return replace(receipt, acknowledgement=numbered.envelope.answer("AA", receipt.received))


def _accept(envelope: Envelope, receipt: Receipt) -> bytes | None:
    """CA; of a message sent again the very same bytes as before, since `received` is then."""
    return envelope.answer("CA", receipt.received) if envelope.wants_accept(True) else None


def _application(envelope: Envelope, settled: asyncio.Future[bytes]) -> Awaitable[bytes] | None:
    """The result if MSH-16 asks for it in any case, or asks for this kind of result."""
    always = envelope.wants_application(True) and envelope.wants_application(False)
    if always:
        return asyncio.shield(settled)
    if envelope.wants_application(True) or envelope.wants_application(False):
        return asyncio.ensure_future(_chosen(envelope, settled))
    return None


async def _chosen(envelope: Envelope, settled: asyncio.Future[bytes]) -> bytes:
    """The result, or b"" where MSH-16 asks for the other kind only."""
    acknowledgement = await asyncio.shield(settled)
    succeeded = b"MSA" + acknowledgement[3:4] + b"AA" in acknowledgement
    return acknowledgement if envelope.wants_application(succeeded) else b""


def _known(envelope: Envelope, receipt: Receipt) -> Delivery:
    """The answer to a message that is settled already: as before."""
    code: Code = receipt.acknowledgement_code or "AE"
    if envelope.faults:
        return _refused(envelope, receipt.received, code, tuple(envelope.faults), receipt.acknowledgement)
    settled: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    settled.set_result(receipt.acknowledgement or b"")
    wanted = envelope.wants_application(code == "AA")
    return Delivery(_accept(envelope, receipt), settled if wanted else None)


def _unstored(envelope: Envelope, instant: datetime) -> Delivery:
    """A sender who asks to hear of what was kept hears CE, of which nothing else is known; others AR."""
    code: Code = "AE" if envelope.wants_accept(False) else "AR"
    return replace(_refused(envelope, instant, code, UNAVAILABLE), stored=False)


def _refused(
    envelope: Envelope, instant: datetime, code: Code, faults: tuple[Fault, ...], reply: bytes | None = None
) -> Delivery:
    """Refused before it was processed: CE or CR in the enhanced mode, AE or AR in the original one."""
    if envelope.wants_accept(False):
        accept: Code = "CR" if code == "AR" else "CE"
        return Delivery(envelope.answer(accept, instant, faults), None)
    if not envelope.wants_application(False):
        return Delivery(None, None)
    settled: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    settled.set_result(reply or envelope.answer(code, instant, faults))
    return Delivery(None, settled)
