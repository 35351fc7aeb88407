"""Where a message stands among all that tell of the same: by its own time, then by what tells equals apart.

HL7 v2.8 chapter 2, 2.14.9.7 MSH-7, 2.14.9.13 MSH-13; chapter 3, 3.4.1.2 EVN-2 Recorded Date/Time.

EVN-6 says when something happened, and a correction of last week's admission is newer than yesterday's
transfer: so what was recorded later stands later. A place is bytes that sort as the messages do.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.hl7v2.functions.times import normal_date_time
from adapters.hl7v2.parse import Message
from adapters.hl7v2.translate import time_zone
from adapters.hospitals.hospital import Hospital
from exchange.inbound.envelope import Envelope
from exchange.local_codes.maps import first_instant

Place = bytes

# A sender may say what else its messages are ordered by (`order_by` of its file).
PLACES: Final = ("EVN-2.1", "MSH-7.1", "OBR-22.1")
# A clock that is further ahead is wrong; it must not keep later messages out for ever.
AHEAD: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1900, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# A day alone, or an hour, says too little to tell messages apart.
_TO_THE_MINUTE: Final = re.compile(r"\d{12}|\d{4}-\d\d?-\d\d?[T ]\d\d?:\d\d")
# Short ids and those with letters are as often names as they are counters.
_COUNTED: Final = re.compile(r"\d{5,18}", re.ASCII)
_DIGITS: Final = 18
# Table 0123: what is final comes after what is not, a correction after what is final.
_STATUS: Final = {"F": 1, "C": 2, "X": 2, "D": 2, "W": 2}


def place_of(envelope: Envelope, received: datetime, number: int) -> Place:
    """The place of a message with this number in the inbox: later ones are greater."""
    message = envelope.message
    sent = message if isinstance(message, Message) else None
    moment = _moment(envelope, sent)
    if moment is None or moment > received + AHEAD:
        moment = received
    reported = _first(sent, ("OBR-22.1",), envelope.hospital) if sent is not None else None
    status = sent.text("OBR-25") if sent is not None else ""
    parts = (
        _microseconds(moment),
        _microseconds(reported) if reported is not None else 0,
        _STATUS.get(status, 0),
        _sequence(sent.text("MSH-13") if sent is not None else ""),
        int(envelope.control_id) if _COUNTED.fullmatch(envelope.control_id) else 0,
        number,
    )
    return b"".join(part.to_bytes(8, "big") for part in parts)


def _moment(envelope: Envelope, sent: Message | None) -> datetime | None:
    if sent is None:
        return _precise(envelope.written, envelope.hospital) if envelope.written else None
    return _first(sent, envelope.hospital.order_by or PLACES, envelope.hospital)


def _first(message: Message, places: Sequence[str], hospital: Hospital) -> datetime | None:
    """The first of the places that names a minute at least."""
    found = (_precise(message.text(place), hospital) for place in places)
    return next((moment for moment in found if moment is not None), None)


def _precise(text: str, hospital: Hospital) -> datetime | None:
    if not _TO_THE_MINUTE.match(text):
        return None
    zone = time_zone(hospital.timezone)
    return first_instant(normal_date_time(text, zone), zone)


def _microseconds(moment: datetime) -> int:
    return max(0, (moment - _EPOCH) // _MICROSECOND)


def _sequence(text: str) -> int:
    """MSH-13, of which 0 and -1 are no places (2.10.1)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
