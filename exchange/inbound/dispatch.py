"""Takes kept messages, in the order they came for each patient, through translation into the store.

Several messages share a transaction if they tell of different patients; what fails together is repeated one
by one. What fails alone, or is in another process's hand, is put off and lets others pass. A message that was
kept but not settled (the hub was killed) is found again by `exchange.inbound.backlog`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from adapters.hospitals.hospital import Hospitals
from exchange.hub import Hub
from exchange.inbound.apply import Overtaken, Taken, apply, is_overtaken
from exchange.inbound.envelope import Envelope
from exchange.inbound.inbox import Pending, Settled, acknowledgement_of
from exchange.inbound.job import Job, failed
from exchange.inbound.outage import is_transient
from exchange.inbound.rereading import Rereading
from exchange.inbound.sealing import sealed_by_channel
from exchange.inbound.turns import turns_for_others
from exchange.inbound.unchanged import Unchanged
from exchange.inbound.work import Translate, Work, work_from_envelope

LANES: Final = 2
BATCH: Final = 16
LOOK_AHEAD: Final = 4 * BATCH
ATTEMPTS: Final = 5
# So many messages are in hand at most: at 500 a second they take one.
IN_HAND: Final = 512
# How often it is asked what became of a message that another process has in hand.
ELSEWHERE_SECONDS: Final = 0.3
# How often the log is told of what is put off.
TELL_SECONDS: Final = 1.0
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
        self._told, self._put_off_since = float("-inf"), 0
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
        while not self._stopping:
            batch = await self._next()
            if not batch:
                self._wake.clear()
                await self._woken()
                continue
            keys = _keys(batch)
            self._busy |= keys
            try:
                await self._process(batch)
            except asyncio.CancelledError as error:
                # Not ours: a lane that ended would leave its messages in nobody's hand.
                if self._stopping or _is_cancelled():
                    raise
                self._put_off(batch, error)
            finally:
                self._waiting[:0] = [job for job in batch if job.id in self._jobs]
                self._busy -= keys
                self._wake.set()

    async def _woken(self) -> None:
        """Until there is something to do, or what was put off is due."""
        due = min((job.not_before for job in self._waiting if job.not_before), default=None)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                await self._wake.wait()

    async def _next(self) -> list[Job]:
        """The next batch. Both lanes translate what comes next, with turns for others in between, and take
        from it."""
        batch: list[Job] = []
        for most in (BATCH, LOOK_AHEAD):
            while job := next((job for job in self._ahead(most) if job.work is None), None):
                self._work(job)
                await turns_for_others()
            if batch := self._take():
                break
        return batch

    def _ahead(self, most: int) -> Iterator[Job]:
        """Those in front: so many that may be taken, and what was put off among them."""
        now = asyncio.get_running_loop().time()
        for job in self._waiting:
            most -= job.not_before <= now
            if most < 0:
                return
            yield job

    def _take(self) -> list[Job]:
        """The next messages whose patients nobody is busy with, and no earlier message waits for. What failed
        before is taken alone."""
        batch: list[Job] = []
        passed, now = set(self._busy), asyncio.get_running_loop().time()
        for job in self._ahead(LOOK_AHEAD):
            if job.work is None:
                break  # it may tell of the same patients as what follows it
            patients = job.work.patients
            if job.not_before <= now and passed.isdisjoint(patients) and not (job.failures and batch):
                batch.append(job)
                if job.failures or len(batch) == BATCH:
                    break
            passed |= patients
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
        """Settles what can be settled now; the rest is put off."""
        try:
            await self._repeat(batch)
        except Exception as error:
            if is_transient(error) or (len(batch) == 1 and is_overtaken(error)):
                self._put_off(batch, error)
            elif len(batch) > 1:
                for job in batch:
                    await self._process([job])
            elif batch[0].failures:
                batch[0].work = failed(batch[0], error)
                self._put_off(batch, error)
            else:
                self._put_off(batch, error)  # once more, before it is held against the message

    def _put_off(self, batch: Sequence[Job], error: BaseException) -> None:
        now = asyncio.get_running_loop().time()
        left = [job for job in batch if job.id in self._jobs]
        for job in left:
            job.put_off(now)
        self._put_off_since += len(left)
        if now >= self._told + TELL_SECONDS:
            _log.warning("%d messages wait: %s", self._put_off_since, type(error).__name__)
            self._told, self._put_off_since = now, 0

    async def _repeat(self, batch: Sequence[Job]) -> None:
        """Once more, as long as others come first; without those that others have."""
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
        raise Overtaken

    async def _apply(self, batch: Sequence[Job]) -> list[Settled]:
        return await apply(self._hub, [self._work(job) for job in batch], self._reread, self._unchanged)

    def _tell(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            if one.faults:
                _log.info("message %d is quarantined: %s", one.id, " ".join(f.code for f in one.faults[:9]))
            self._finish(one.id, one.acknowledgement)

    async def _look_up(self, ids: set[int]) -> None:
        """Others settled these; what they are about to settle is asked for again soon."""
        soon = asyncio.get_running_loop().time() + ELSEWHERE_SECONDS
        async with self._hub.pool.acquire() as connection:
            for id_ in sorted(ids):
                acknowledgement = await acknowledgement_of(connection, id_)
                if acknowledgement is not None:
                    self._finish(id_, acknowledgement)
                elif (job := self._jobs.get(id_)) is not None:
                    job.not_before = soon

    def _finish(self, id_: int, acknowledgement: bytes) -> None:
        job = self._jobs.pop(id_, None)
        if job is not None and not job.settled.done():
            job.settled.set_result(acknowledgement)
        self._thinner.set()
        for told in self._when_settled:
            told()


def _keys(batch: Sequence[Job]) -> set[str]:
    return {patient for job in batch if job.work for patient in job.work.patients}


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
