"""A batch (FHS, BHS): its messages one after the other, answered as a batch when all are done.

HL7 v2.8 chapter 2, 2.10.3 Batch protocol. Each message is kept, ordered and settled as if it had come alone.
"""

import asyncio
from collections.abc import Sequence

from adapters.hl7v2.batch import batch_acknowledgement, messages_of
from exchange.inbound.envelope import Envelope
from exchange.inbound.reception import Delivery, Reception


def envelopes_of(reception: Reception, raw: bytes, channel: str, charset: str | None) -> list[Envelope]:
    """Those of the batch's messages, in their order."""
    return [reception.seal(one, channel, charset) for one in messages_of(raw)]


async def receive_batch(reception: Reception, raw: bytes, envelopes: Sequence[Envelope]) -> Delivery:
    """Returns when all messages are durable. Messages that ask for no answer have none in the batch's."""
    deliveries = await asyncio.gather(*(reception.answer(envelope) for envelope in envelopes))
    moment = reception.hub.clock().strftime("%Y%m%d%H%M%S%z")
    answer = asyncio.ensure_future(_answered(raw, deliveries, moment))
    return Delivery(None, answer, all(delivery.stored for delivery in deliveries))


async def _answered(raw: bytes, deliveries: Sequence[Delivery], moment: str) -> bytes:
    answers = [
        await delivery.application if delivery.application is not None else delivery.accept
        for delivery in deliveries
    ]
    return batch_acknowledgement(raw, [answer for answer in answers if answer], moment)
