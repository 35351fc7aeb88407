"""A worker process of a first load: does the tasks that it reads, says what came of each.

`python -m exchange.first_load.worker`; it ends when its input does.
"""

import asyncio
import gc
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import asyncpg

from exchange.domains import Domains, load_domains
from exchange.first_load import staging
from exchange.first_load.tasks import (
    LOADING,
    UNHURRIED,
    Came,
    Decide,
    Rescore,
    Show,
    StageLines,
    StageStored,
    Task,
    Tell,
)
from exchange.hub import Hub, open_hub
from exchange.loading.conversation import LENGTH, Opening, packed, unpacked
from mpi.first_load.outcome import decide_part
from mpi.models import scale_of
from mpi.relink import relink_part

PROGRAM: Final = "exchange.first_load.worker"
COLLECT_AFTER: Final = 16


@dataclass(slots=True)
class Hand:
    """What the tasks of one worker share. The hub takes seconds to open, and few tasks need it."""

    opening: Opening
    connection: asyncpg.Connection
    domains: Domains
    stack: AsyncExitStack
    hub: Hub | None = field(default=None)

    async def do(self, task: Task) -> Came:
        match task:
            case StageLines():
                return await staging.stage_lines(self.connection, task, self.domains)
            case StageStored():
                return await staging.stage_stored(self.connection, task, self.domains)
            case Decide():
                return await self._decide(task)
            case Rescore():
                return await self._rescore(task)
            case Tell() | Show():
                return await self._through_the_hub(task)

    async def _decide(self, task: Decide) -> Came:
        by = await scale_of(self.connection, task.model)
        async with self.connection.transaction():
            await self.connection.execute(UNHURRIED)
            outcome = await decide_part(self.connection, task.part, by)
        return Came(len(outcome.links), len(outcome.persons), len(outcome.questions))

    async def _rescore(self, task: Rescore) -> Came:
        by = await scale_of(self.connection, task.model)
        return Came(*await relink_part(self.connection, task.part, by, task.instant))

    async def _through_the_hub(self, task: Tell | Show) -> Came:
        from exchange.first_load import showing, telling

        if self.hub is None:
            settings = self.opening.settings.model_copy(update={"pool_size": 1})
            self.hub = await self.stack.enter_async_context(open_hub(settings, self.opening.dsn))
        if isinstance(task, Tell):
            return await telling.tell(self.hub, self.connection, task)
        return await showing.show(self.hub, self.connection, task)


async def work(source: BinaryIO, sink: BinaryIO) -> None:
    opening = _heard(source)
    if opening is None:
        return
    assert isinstance(opening, Opening)
    async with AsyncExitStack() as stack:
        connection = await asyncpg.connect(opening.dsn, server_settings=LOADING)
        stack.push_async_callback(connection.close)
        domains = load_domains(opening.settings.domains, opening.settings.base)
        hand = Hand(opening, connection, domains, stack)
        tasks = 0
        while isinstance(task := _heard(source), Task):
            sink.write(packed(await hand.do(task)))
            sink.flush()
            tasks += 1
            if tasks % COLLECT_AFTER == 0:
                gc.collect()


def _heard(source: BinaryIO) -> object:
    head = source.read(LENGTH.size)
    return unpacked(source.read(LENGTH.unpack(head)[0])) if len(head) == LENGTH.size else None


if __name__ == "__main__":
    gc.disable()
    asyncio.run(work(sys.stdin.buffer, sys.stdout.buffer))
