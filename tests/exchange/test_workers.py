"""Several processes on one port: they share the work, are replaced when they die, and end with the first."""

import asyncio
import os
import re
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest

import conformance.mllp
from exchange.server import bound, running
from exchange.settings import Settings
from exchange.store import embedded
from exchange.trust.clients import Client, add_client, revoke_client
from exchange.trust.issuing import issue_token
from exchange.trust.scopes import parse_scopes
from exchange.workers import Opening, WorkerNotStarted, workers
from tests.exchange.inbound.senders import message

PROGRAM: Final = """
from pathlib import Path
import sys
from exchange.server import serve
from exchange.settings import Settings
serve(Settings(data_dir=Path(sys.argv[1]), http_port=0, mllp_port=0, workers=2))
"""
LISTENS: Final = re.compile(r"FHIR (http://127\.0\.0\.1:\d+/fhir).*mllp://127\.0\.0\.1:(\d+)")
# Connections: that the kernel gives all of them to one of two happens once in a million times.
MANY: Final = 20
# Nothing is encrypted here, and to read all authorities for each connection takes 75 ms.
PLAIN: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
COLOUR: Final = {
    "resourceType": "SearchParameter",
    "url": "http://example.org/colour",
    "name": "colour",
    "status": "active",
    "description": "the colour",
    "code": "colour",
    "base": ["Basic"],
    "type": "string",
    "expression": "Basic.extension('http://example.org/colour').value",
}


@dataclass(frozen=True, slots=True)
class Running:
    process: asyncio.subprocess.Process
    base: str
    mllp: int
    folder: Path

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if "exchange.worker" in _command(int(pid))]

    async def another_worker(self, than: int) -> int:
        while (found := self.workers()) in ([], [than]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return found[0]

    async def statuses(self, path: str, token: str = "") -> set[int]:
        """Of as many connections."""

        async def ask() -> int:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with httpx.AsyncClient(headers=headers, timeout=120, verify=PLAIN) as client:
                return (await client.get(f"{self.base}/{path}")).status_code

        return set(await asyncio.gather(*(ask() for _ in range(MANY))))

    async def until(self, path: str, token: str, status: int) -> None:
        """All of them answer so, as the first does who was told."""
        async with asyncio.timeout(60):
            while await self.statuses(path, token) != {status}:  # noqa: ASYNC110
                await asyncio.sleep(0.2)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def connections(pid: int) -> int:
    """Sockets that a process holds."""
    return sum(_target(each).startswith("socket:") for each in Path(f"/proc/{pid}/fd").iterdir())


def _target(link: Path) -> str:
    """ "" if it was closed since."""
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 120)).decode()
        found = LISTENS.search(line)
        assert found, line
        yield Running(process, found[1], int(found[2]), folder)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def test_two_on_one_port(tmp_path: Path) -> None:
    async with serving(tmp_path) as hub:
        token = await _token(hub)
        await _shares(hub, token)
        await _shares_mllp(hub)
        await _knows_what_the_other_was_told(hub, token)
        (worker,) = hub.workers()
        os.kill(worker, signal.SIGKILL)
        another = await asyncio.wait_for(hub.another_worker(worker), 60)
        assert await hub.statuses("Patient", token) == {200}
        hub.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(hub.process.wait(), 30) == 0
        assert not _command(another)
        assert hub.process.stderr is not None
        log = (await hub.process.stderr.read()).decode()
        assert f"worker {worker} ended by itself" in log
        assert "Traceback" not in log


async def _shares(hub: Running, token: str) -> None:
    (worker,) = hub.workers()
    before = connections(worker)
    headers = {"Authorization": f"Bearer {token}"}
    clients = [httpx.AsyncClient(headers=headers, verify=PLAIN) for _ in range(MANY)]
    for client in clients:
        assert (await client.get(f"{hub.base}/Patient/none")).status_code == 404
    assert 0 < connections(worker) - before < MANY + 12  # its own to the database among them
    for client in clients:
        await client.aclose()


async def _shares_mllp(hub: Running) -> None:
    (worker,) = hub.workers()
    before = connections(worker)
    async with AsyncExitStack() as stack:
        senders = [
            await stack.enter_async_context(conformance.mllp.connected("127.0.0.1", hub.mllp))
            for _ in range(MANY)
        ]
        answers = [await sender.ask(message(str(n), str(n)), 60) for n, sender in enumerate(senders)]
        assert {answer[answer.find(b"MSA|") :][4:6] for answer in answers} == {b"AA"}
        assert 0 < connections(worker) - before < MANY + 12


async def _knows_what_the_other_was_told(hub: Running, token: str) -> None:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        assert (await client.post(f"{hub.base}/SearchParameter", json=COLOUR)).status_code == 201
    await hub.until("Basic?colour=red", token, 200)
    some = await _token(hub, "some")
    assert await hub.statuses("Patient", some) == {200}
    async with _database(hub) as connection:
        await revoke_client(connection, "some", datetime.now(UTC))
    await hub.until("Patient", some, 401)


@asynccontextmanager
async def _database(hub: Running) -> AsyncIterator[asyncpg.Connection]:
    found = embedded.find_postmaster(hub.folder.resolve() / "postgres")
    assert found is not None
    connection = await asyncpg.connect(embedded.socket_dsn(found.sockets, embedded.USER))
    try:
        yield connection
    finally:
        await connection.close()


async def _token(hub: Running, name: str = "all") -> str:
    now = datetime.now(UTC)
    async with _database(hub) as connection:
        await add_client(connection, Client(name, name, None, parse_scopes("system/*.cruds"), None, now))
        return await issue_token(connection, name, hub.base, 600, now)


async def test_the_workers_end_with_the_first_whatever_becomes_of_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as hub:
        (worker,) = hub.workers()
        hub.process.kill()
        await hub.process.wait()
        async with asyncio.timeout(120):
            while _command(worker):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_no_other_hub_shares_the_port(tmp_path: Path) -> None:
    with bound("127.0.0.1", 0, socket.SO_REUSEPORT) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is in use"):
            async with running(Settings(data_dir=tmp_path, http_port=port, workers=2)):
                pass


async def test_a_worker_that_cannot_start_is_told(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, http_port=0, workers=2, hospitals=tmp_path / "none")
    with pytest.raises(WorkerNotStarted):
        async with workers(Opening(settings, "postgresql://nobody@127.0.0.1:1/none"), asyncio.Event()):
            pass
