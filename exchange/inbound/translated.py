"""What a message of any form becomes, by the maps of its hospital; pure."""

from datetime import datetime

from adapters.documents import translate_document
from adapters.hl7v2.parse import Message
from adapters.hl7v2.translate import translate
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.library import Library
from adapters.tables.translate import TableMaps
from adapters.translation import Translation
from exchange.inbound.sent import Sent


def translated(
    message: Message | Sent,
    hospital: Hospital,
    received: datetime,
    maps: Library,
    declared: TableMaps | None = None,
) -> Translation:
    """`hospital` is as it speaks through the interface that the message came by; `declared` is what a channel
    says of its tables, before the hospital's own."""
    if isinstance(message, Message):
        return translate(message, hospital, received, maps.v2.of(hospital))
    nobody = Hospitals(hospital.base)
    return translate_document(message.raw, maps.documents, nobody, hospital, message.charset, declared)
