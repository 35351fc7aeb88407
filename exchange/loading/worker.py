"""A worker process: takes chunks from standard input, stores them, says on standard output what came of it.

`python -m exchange.loading.worker`; it ends when its input does.
"""

import asyncio
import gc
import sys
from collections.abc import Mapping
from typing import BinaryIO, Final

from exchange.hub import open_hub
from exchange.loading.chunks import Chunk, lines_of
from exchange.loading.conversation import (
    LENGTH,
    Answer,
    Done,
    Opening,
    Question,
    Sayable,
    Spoken,
    Task,
    packed,
    unpacked,
)
from exchange.loading.finding import Finding
from exchange.loading.foreseen import foreseen, is_settled
from exchange.loading.matches import Matches
from exchange.loading.preparing import Prepared, Reading, prepare, read_chunk
from exchange.loading.storing import Storage

# A chunk's resources are trees, which need no collector, and many; what else there is can wait for so many.
COLLECT_AFTER: Final = 64


async def work(source: BinaryIO, sink: BinaryIO) -> None:
    """Opening, then for each chunk Task → Question, Answer → Done, until the source ends."""
    opening = _heard(source)
    if opening is None:  # what should have been loaded into could not be opened
        return
    assert isinstance(opening, Opening)
    settings = opening.settings.model_copy(update={"pool_size": 1})
    async with open_hub(settings, opening.dsn) as hub, hub.pool.acquire() as connection:
        storage = Storage(hub, connection, opening.hospital, opening.number, opening.number_of_workers)
        matches = Matches(hub.search)
        chunks = 0
        while (task := _heard(source)) is not None:
            assert isinstance(task, Task)
            reading = read_chunk(task.chunk, hub.write)
            answer = _asked(source, sink, reading)
            found = await matches.of(connection, reading.asked(), answer.known)
            if not is_settled(reading, found):
                found = await foreseen(connection, hub.search, reading, found, hub.clock())
            if not answer.last and len(found) < len(reading.asked()):
                _say(sink, Done(None))
            else:
                prepared = prepare(reading, found, hub.write)
                if opening.with_text:
                    prepared = _with_text(task.chunk, prepared)
                _say(sink, Done(await storage.store(task, prepared)))
            chunks += 1
            if chunks % COLLECT_AFTER == 0:
                gc.collect()


def _asked(source: BinaryIO, sink: BinaryIO, reading: Reading) -> Answer:
    _say(sink, Question(reading.declared, frozenset(reading.asked())))
    answer = _heard(source)
    assert isinstance(answer, Answer)
    return answer


def _with_text(chunk: Chunk, prepared: Prepared) -> Prepared:
    """Findings that quote their lines."""
    wanted = {finding.line for finding in prepared.findings if finding.line}
    if not wanted:
        return prepared
    texts: Mapping[int, str] = {
        line: text.decode(errors="replace")
        for line, text in lines_of(chunk.read(), chunk.first_line or 1)
        if line in wanted
    }
    findings = [Finding(each.line, each.issue, texts.get(each.line)) for each in prepared.findings]
    return Prepared(prepared.made, findings, prepared.rejected)


def _heard(source: BinaryIO) -> Sayable | None:
    head = source.read(LENGTH.size)
    return unpacked(source.read(LENGTH.unpack(head)[0])) if len(head) == LENGTH.size else None


def _say(sink: BinaryIO, said: Spoken) -> None:
    sink.write(packed(said))
    sink.flush()


if __name__ == "__main__":
    gc.disable()
    asyncio.run(work(sys.stdin.buffer, sys.stdout.buffer))
