"""Which envelope the bytes of a channel get."""

from adapters.hospitals.hospital import Hospitals
from exchange.inbound.documents import CHANNELS, sealed_document
from exchange.inbound.envelope import Envelope, sealed


def sealed_by_channel(raw: bytes, channel: str, charset: str | None, hospitals: Hospitals) -> Envelope:
    """`channel` is where they came in; `charset` is the channel's."""
    if channel in CHANNELS:
        return sealed_document(raw, channel, charset, hospitals)
    return sealed(raw, channel, charset, hospitals)
