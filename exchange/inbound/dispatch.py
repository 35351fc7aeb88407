"""Takes kept messages, in the order they came for each patient, through translation into the store.

Several messages share a transaction if they tell of different patients; what fails together is repeated one
by one. A message that was kept but not settled (the hub was killed, the database was away) is found again by
`exchange.inbound.backlog`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from adapters.hospitals.hospital import Hospitals
from exchange.hub import Hub
from exchange.inbound.apply import Taken, apply, is_overtaken, is_transient
from exchange.inbound.envelope import Envelope
from exchange.inbound.inbox import Pending, Settled, acknowledgement_of
from exchange.inbound.job import Job, failed
from exchange.inbound.rereading import Rereading
from exchange.inbound.sealing import sealed_by_channel
from exchange.inbound.unchanged import Unchanged
from exchange.inbound.work import Translate, Work, work_from_envelope

LANES: Final = 2
BATCH: Final = 16
LOOK_AHEAD: Final = 4 * BATCH
ATTEMPTS: Final = 5
# So many messages are in hand at most: at 500 a second they take one.
IN_HAND: Final = 512
LONGEST_PAUSE: Final = 5.0
FINISH_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class Dispatcher:
    """`submit` hands over a kept message and gives the acknowledgement to come."""

    def __init__(self, hub: Hub, hospitals: Hospitals, translate: Translate) -> None:
        self._hub = hub
        self._hospitals = hospitals
        self._translate = translate
        self._reread = Rereading(hospitals, translate)
        self._jobs: dict[int, Job] = {}
        self._waiting: list[Job] = []
        self._busy: set[str] = set()
        self._wake = asyncio.Event()
        self._thinner = asyncio.Event()
        self._when_settled: list[Callable[[], None]] = []
        self._stopping = False
        self._unchanged = Unchanged()

    @property
    def in_hand(self) -> int:
        """How many messages are."""
        return len(self._jobs)

    def ids_in_hand(self) -> Collection[int]:
        return self._jobs.keys()

    def submit(self, id_: int, received: datetime, envelope: Envelope) -> asyncio.Future[bytes]:
        """The application acknowledgement, when the message is settled. Asking twice is asking once."""
        if (job := self._jobs.get(id_)) is not None:
            return job.settled
        job = Job(id_, received, envelope, asyncio.get_running_loop().create_future())
        self.take(job)
        return job.settled

    def take(self, job: Job) -> None:
        """The same for a message that somebody waits for already."""
        if job.id not in self._jobs:
            self._jobs[job.id] = job
            self._waiting.append(job)
            self._wake.set()

    def take_up(self, message: Pending, settled: asyncio.Future[bytes]) -> None:
        """The same for one that nobody has in hand."""
        envelope = sealed_by_channel(message.raw, message.channel, message.charset, self._hospitals)
        self.take(Job(message.id, message.received, envelope, settled))

    def when_settled(self, told: Callable[[], None]) -> None:
        """Called after each message that is settled."""
        self._when_settled.append(told)

    async def thinned(self, most: int) -> None:
        """Returns when at most so many messages are in hand."""
        while len(self._jobs) > most:
            self._thinner.clear()
            await self._thinner.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Dispatcher"]:
        """Lanes run meanwhile. At the end what is under way may finish; the rest waits in the inbox for the
        next start."""
        lanes = [asyncio.create_task(self._lane()) for _ in range(LANES)]
        try:
            yield self
        finally:
            self._stopping = True
            self._wake.set()
            await asyncio.wait(lanes, timeout=FINISH_SECONDS)
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            for job in self._jobs.values():
                job.settled.cancel()

    async def _lane(self) -> None:
        pause = 0.0
        while not self._stopping:
            await self._wake.wait()
            await self._prepare(BATCH)
            batch = self._take()
            if not batch:
                await self._prepare(LOOK_AHEAD)
                batch = self._take()
            if not batch:
                self._wake.clear()
                continue
            keys = _keys(batch)
            self._busy |= keys
            try:
                await self._process(batch)
                pause = 0.0
            except Exception as error:
                # What is not settled stays in the inbox, and here.
                pause = min(LONGEST_PAUSE, 2 * pause + 0.1)
                _log.warning("%d messages wait: %s", len(batch), type(error).__name__)
                self._waiting[:0] = [job for job in batch if job.id in self._jobs]
            finally:
                self._busy -= keys
                self._wake.set()
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311

    async def _prepare(self, most: int) -> None:
        """Translates what comes next, with turns for others in between. Both lanes do, and take from it."""
        while job := next((job for job in self._waiting[:most] if job.work is None), None):
            self._work(job)
            await asyncio.sleep(0)

    def _take(self) -> list[Job]:
        """The next messages whose patients nobody is busy with, and no earlier message waits for."""
        batch: list[Job] = []
        passed = set(self._busy)
        for job in self._waiting[:LOOK_AHEAD]:
            if job.work is None:
                break  # it may tell of the same patients as what follows it
            patients = job.work.patients
            if passed.isdisjoint(patients):
                batch.append(job)
            passed |= patients
            if len(batch) == BATCH:
                break
        taken = {job.id for job in batch}
        self._waiting = [job for job in self._waiting if job.id not in taken]
        return batch

    def _work(self, job: Job) -> Work:
        if job.work is None:
            try:
                job.work = work_from_envelope(job.id, job.received, job.envelope, self._translate)
            except Exception as error:
                job.work = failed(job, error)
        return job.work

    async def _process(self, batch: Sequence[Job]) -> None:
        """Settles the batch; what remains unsettled when this raises is to be tried later."""
        try:
            await self._repeat(batch)
        except Exception as error:
            if is_transient(error):
                raise
            if len(batch) > 1:
                for job in batch:
                    await self._process([job])
                return
            if is_overtaken(error):
                raise
            [job] = batch
            job.work = failed(job, error)
            await self._repeat(batch)

    async def _repeat(self, batch: Sequence[Job]) -> None:
        """Once more, as long as others come first."""
        for attempt in range(ATTEMPTS):
            try:
                self._tell(await self._apply(batch))
                return
            except Taken as taken:
                await self._look_up(taken.ids)
                batch = [job for job in batch if job.id not in taken.ids]
                if not batch:
                    return
            except Exception as error:
                if not is_overtaken(error) or attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.01 * random.random() * 2**attempt)  # noqa: S311

    async def _apply(self, batch: Sequence[Job]) -> list[Settled]:
        return await apply(self._hub, [self._work(job) for job in batch], self._reread, self._unchanged)

    def _tell(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            if one.faults:
                _log.info("message %d is quarantined: %s", one.id, " ".join(f.code for f in one.faults[:9]))
            self._finish(one.id, one.acknowledgement)

    async def _look_up(self, ids: set[int]) -> None:
        """Others settled these, or are about to."""
        async with self._hub.pool.acquire() as connection:
            for id_ in sorted(ids):
                acknowledgement = await acknowledgement_of(connection, id_)
                if acknowledgement is None:
                    raise ConnectionError("another hub is processing the message")
                self._finish(id_, acknowledgement)

    def _finish(self, id_: int, acknowledgement: bytes) -> None:
        job = self._jobs.pop(id_, None)
        if job is not None and not job.settled.done():
            job.settled.set_result(acknowledgement)
        self._thinner.set()
        for told in self._when_settled:
            told()


def _keys(batch: Sequence[Job]) -> set[str]:
    return {patient for job in batch if job.work for patient in job.work.patients}
