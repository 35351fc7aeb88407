"""A kept message in hand: what is known of it, and who waits for its acknowledgement."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from exchange.inbound.envelope import Envelope
from exchange.inbound.findings import INTERNAL
from exchange.inbound.work import Work

SHORTEST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Job:
    """`work` is None until it is translated. It is not to be tried again before the loop's clock says
    `not_before`; `failures` are how often it, or what shared its transaction, failed."""

    id: int
    received: datetime
    envelope: Envelope
    settled: asyncio.Future[bytes]
    work: Work | None = None
    failures: int = 0
    not_before: float = 0.0

    def put_off(self, now: float) -> None:
        """It failed, and is tried again later and later."""
        self.not_before = now + min(LONGEST_PAUSE, SHORTEST_PAUSE * 2.0**self.failures)
        self.failures = min(self.failures + 1, 16)


def failed(job: Job, error: Exception) -> Work:
    """The message met a defect of the hub: it is quarantined, and the log names the defect, not its text."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
    _log.error("message %d: %s at %s", job.id, type(error).__name__, where)
    return Work(job.id, job.received, job.envelope, None, INTERNAL, frozenset())
