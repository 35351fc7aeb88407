"""Files of a drop folder into the inbox: in their order, so many at once, and none before there is room.

Every message of a file is kept before the file leaves `.taken`; a file that is met again after a crash is
read again, and what the inbox has already it does not take twice.
"""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from exchange.channels.declared import Folder
from exchange.channels.drop_folder import DONE, FAILED, DropFolder, FolderError, TooLarge
from exchange.channels.parcels import Parcel, Unreadable, parcels
from exchange.channels.result import Result
from exchange.inbound.budget import Budget
from exchange.inbound.reception import Delivery, Reception

# Messages of one folder that may be in hand, and of a file that are read at a time.
WINDOW: Final = 64
STEP: Final = 32
SHORTEST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
# An archive may become so many times what a file may have.
UNPACKED: Final = 4

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A message of a file on its way; `row` is its number if it is a row."""

    row: str
    delivery: asyncio.Task[Delivery]


# Of a file: its messages, then why the rest was not read, or "".
_Told = asyncio.Queue[_Kept | str]


async def dropping(reception: Reception, folder: Folder, budget: Budget) -> None:
    """Looks into the folder for ever. What cannot be opened is tried again, less and less often."""
    pause = SHORTEST_PAUSE
    while True:
        opened = DropFolder(folder)
        try:
            await asyncio.to_thread(opened.open)
            pause = SHORTEST_PAUSE
            await _Dropping(reception, opened, budget).run()
        except* FolderError as errors:
            _log.error("channel %s: %s", folder.name, errors.exceptions[0])
        except* Exception as errors:
            names = {type(error).__name__ for error in errors.exceptions}
            _log.error("channel %s: %s", folder.name, ", ".join(sorted(names)))
        finally:
            opened.close()
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


class _Dropping:
    def __init__(self, reception: Reception, opened: DropFolder, budget: Budget) -> None:
        self._reception = reception
        self._opened = opened
        self._folder = opened.folder
        self._budget = budget
        self._most = reception.hub.settings.max_body_bytes
        self._files = asyncio.Semaphore(opened.folder.at_once)
        self._messages = asyncio.Semaphore(WINDOW)

    async def run(self) -> None:
        """What was left is first; then whatever comes."""
        async with asyncio.TaskGroup() as tasks:
            for name in await asyncio.to_thread(self._opened.left):
                await self._files.acquire()
                await self._receive(name, tasks)
            while True:
                for name in await asyncio.to_thread(self._opened.ready):
                    await self._files.acquire()
                    try:
                        await asyncio.to_thread(self._opened.take, name)
                    except FileNotFoundError:
                        self._files.release()
                        continue
                    await self._receive(name, tasks)
                await asyncio.sleep(self._folder.every)

    async def _receive(self, name: str, tasks: asyncio.TaskGroup) -> None:
        """Keeps all messages of a file; its answers are awaited beside the next file."""
        size = min(self._opened.size(name), self._most)
        await self._budget.take(size)
        raw = await self._read(name)
        if raw is None:
            self._leave(size)
            return
        told = _Told()
        tasks.create_task(self._settle(name, raw, told, size))
        await self._keep(name, raw, told, tasks)

    async def _read(self, name: str) -> bytes | None:
        try:
            return await asyncio.to_thread(self._opened.read, name, self._most)
        except (TooLarge, OSError) as error:
            told = f"a file has at most {self._most} bytes"
            reason = told if isinstance(error, TooLarge) else "the file cannot be read"
            await self._put_away(name, Result(reason=reason), None)
            return None

    async def _keep(self, name: str, raw: bytes, told: _Told, tasks: asyncio.TaskGroup) -> None:
        """Messages in their order, as there is room for them."""
        found = parcels(name, raw, self._folder.charset, self._folder.table, UNPACKED * self._most)
        reason: str | None = None
        while reason is None:
            some, reason = await asyncio.to_thread(_next, found)
            for parcel in some:
                await self._messages.acquire()
                row = parcel.control_id.rpartition("-")[2]
                told.put_nowait(_Kept(row, tasks.create_task(self._kept(parcel))))
        told.put_nowait(reason)

    async def _kept(self, parcel: Parcel) -> Delivery:
        """Tries for as long as it takes."""
        channel, charset, pause = self._folder.channel, self._folder.charset, SHORTEST_PAUSE
        if len(parcel.raw) > self._reception.hub.settings.max_message_bytes:
            return self._reception.oversized(parcel.raw[:4096], channel)
        envelope = self._reception.seal(parcel.raw, channel, charset)
        if parcel.control_id:
            envelope = replace(envelope, control_id=parcel.control_id, message_type=parcel.kind)
        while not (delivery := await self._reception.receive(envelope)).stored:
            _log.warning("channel %s: a message could not be kept yet", self._folder.name)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return delivery

    async def _settle(self, name: str, raw: bytes, told: _Told, size: int) -> None:
        result = Result()
        while not isinstance(one := await told.get(), str):
            result.add(one.row, await _answered(await one.delivery))
            self._messages.release()
        result.reason = one
        await self._put_away(name, result, result.answer(raw, self._reception.hub.clock()))
        self._leave(size)

    async def _put_away(self, name: str, result: Result, answer: bytes | None) -> None:
        reason = None if result.is_done else result.outcome()
        where = DONE if result.is_done else FAILED
        await asyncio.to_thread(self._opened.put_away, name, where, answer, reason)
        stored = result.received - result.refusals
        _log.info("channel %s: %d of %d messages stored", self._folder.name, stored, result.received)

    def _leave(self, size: int) -> None:
        self._budget.give(size)
        self._files.release()


def _next(found: Iterator[Parcel]) -> tuple[list[Parcel], str | None]:
    """Some more messages; with the last, why the rest cannot be read, or ""."""
    some: list[Parcel] = []
    try:
        for parcel in found:
            some.append(parcel)
            if len(some) == STEP:
                return some, None
    except Unreadable as error:
        return some, str(error)
    return some, ""


async def _answered(delivery: Delivery) -> bytes:
    """The application acknowledgement, or the accept one where only that is wanted."""
    answer = await delivery.application if delivery.application is not None else b""
    return answer or delivery.accept or b""
