"""Loads into a database of the test's own. A lone worker is a thread: a process takes a second to start."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from exchange.fhirjson import loads
from exchange.loading.conversation import Opening
from exchange.loading.finding import Finding
from exchange.loading.run import Listener, Tally, Target, load
from exchange.loading.sources import sources_of
from exchange.loading.worker import work
from exchange.loading.workers import Worker, workers
from exchange.settings import Settings
from exchange.store.packing import unpack

Resource = dict[str, Any]


def _run(end: socket.socket) -> None:
    with end.makefile("rb") as source, end.makefile("wb") as sink:
        asyncio.run(work(source, sink))


@asynccontextmanager
async def threads(openings: Sequence[Opening]) -> AsyncIterator[list[Worker]]:
    started, hands, ends = [], [], []
    for opening in openings:
        ours, theirs = socket.socketpair()
        started.append(threading.Thread(target=_run, args=(theirs,)))
        started[-1].start()
        hands.append(Worker(*await asyncio.open_connection(sock=ours)))
        ends.append(theirs)
        await hands[-1].open(opening)
    try:
        yield hands
    finally:
        for worker in hands:
            worker.sink.close()
        for thread, end in zip(started, ends, strict=True):
            await asyncio.to_thread(thread.join)
            end.close()


class Store:
    """A folder of files, and the database that they are loaded into."""

    def __init__(self, dsn: str, connection: asyncpg.Connection, folder: Path) -> None:
        self.dsn, self.connection, self.folder = dsn, connection, folder
        self.findings: list[tuple[str, Finding]] = []

    def put(self, name: str, *documents: Any) -> Path:
        path = self.folder / name
        path.write_bytes(b"\n".join(json.dumps(document).encode() for document in documents))
        return path

    async def load(self, *, number: int = 1, stop: asyncio.Event | None = None, **wanted: Any) -> Tally:
        self.findings = []
        listener = Listener(lambda tally: None, lambda path, found: self.findings.append((path.name, found)))
        target = Target(Settings(data_dir=self.folder), self.dsn, number, **wanted)
        hands = threads if number == 1 else workers
        return await load(sources_of([self.folder]), target, listener, stop, hands)

    async def body(self, id_: str) -> Resource:
        return loads(unpack(await self.connection.fetchval("SELECT body FROM resource WHERE id = $1", id_)))

    def told(self) -> list[str]:
        return [finding.told(name) for name, finding in self.findings]


@pytest.fixture
def store(database_url: str, connection: asyncpg.Connection, tmp_path: Path) -> Store:
    return Store(database_url, connection, tmp_path)
