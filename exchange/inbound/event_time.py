"""When that happened of which a message tells: it says by which version of a map its codes are understood.

HL7 v2.8 chapter 3, 3.4.1 EVN: event occurred (EVN-6), recorded (EVN-2); MSH-7 where there is no such segment.
"""

from datetime import datetime
from typing import Final

from adapters.hl7v2.functions.times import normal_date_time
from adapters.hl7v2.parse import Message
from adapters.hl7v2.translate import time_zone
from adapters.hospitals.hospital import Hospital
from exchange.local_codes.maps import first_instant

PLACES: Final = ("EVN-6.1", "EVN-2.1", "MSH-7.1")


def event_date_time(message: Message, hospital: Hospital) -> str:
    """The first of them that is a dateTime; empty if none is."""
    zone = time_zone(hospital.timezone)
    return next((told for place in PLACES if (told := normal_date_time(message.text(place), zone))), "")


def event_time(message: Message, hospital: Hospital, received: datetime) -> datetime:
    """The same as an instant; that of the receipt if there is none."""
    return first_instant(event_date_time(message, hospital), time_zone(hospital.timezone)) or received
