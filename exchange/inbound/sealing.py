"""Which envelope the bytes of a channel get."""

from dataclasses import replace

from adapters.documents import HL7_V2, form_of
from adapters.hospitals.hospital import Hospitals
from exchange.inbound.documents import CHANNELS, sealed_document
from exchange.inbound.envelope import Envelope, sealed


def sealed_by_channel(raw: bytes, channel: str, charset: str | None, hospitals: Hospitals) -> Envelope:
    """`channel` is where they came in; `charset` is the channel's. A declared channel (`name@hospital`) takes
    every form, and may say whose all of it is."""
    _, declared, hospital = channel.partition("@")
    sender = hospitals.for_facility(hospital) if hospital else None
    if sender is not None:
        charset = charset or sender.charset
    is_document = channel in CHANNELS or (declared and form_of(raw) != HL7_V2)
    envelope: Envelope = (sealed_document if is_document else sealed)(raw, channel, charset, hospitals)
    return replace(envelope, hospital=sender) if sender is not None else envelope
