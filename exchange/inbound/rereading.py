"""Messages that were processed before, told again; the latest are remembered.

A replay finds each message of a patient behind those before it, and would translate it once for each of them.
"""

from collections import OrderedDict
from typing import Final

from adapters.hospitals.hospital import Hospitals
from exchange.inbound.inbox import Pending
from exchange.inbound.sealing import sealed_by_channel
from exchange.inbound.work import Translate, Work, work_from_envelope

MOST: Final = 256
# A longer message would take much room.
LONGEST: Final = 64 * 1024


class Rereading:
    """Gives what a message says by the maps that are in force."""

    def __init__(self, hospitals: Hospitals, translate: Translate) -> None:
        self._hospitals = hospitals
        self._translate = translate
        self._known: OrderedDict[int, Work] = OrderedDict()

    def __call__(self, message: Pending) -> Work:
        envelope = sealed_by_channel(message.raw, message.channel, message.charset, self._hospitals)
        known = self._known.get(message.id)
        if known is not None and known.envelope.hospital == envelope.hospital:
            self._known.move_to_end(message.id)
            return known
        work = work_from_envelope(message.id, message.received, envelope, self._translate)
        if len(message.raw) <= LONGEST:
            self._known[message.id] = work
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        return work
