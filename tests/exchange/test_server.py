"""The hub as a process: it opens its doors, says where, and leaves nothing behind."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from exchange.http.listening import listening
from exchange.http.site import Site
from exchange.server import running
from exchange.settings import Settings

PROGRAM = """
from pathlib import Path
import sys
from exchange.server import serve
from exchange.settings import Settings
serve(Settings(data_dir=Path(sys.argv[1]), http_port=0, mllp_port=0))
"""
LISTENS = re.compile(r"FHIR (http://127\.0\.0\.1:\d+/fhir) · HL7 v2 mllp://127\.0\.0\.1:(\d+)")


@asynccontextmanager
async def process(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A hub of its own, in a process group of its own; killed if it did not end."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        str(folder),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            os.killpg(started.pid, signal.SIGKILL)
            await started.wait()


def using(folder: Path) -> list[str]:
    """Command lines of processes that name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(folder) in line:
                found.append(line)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_serves_and_stops(tmp_path: Path, number: signal.Signals) -> None:
    async with process(tmp_path) as hub:
        assert hub.stdout is not None
        assert hub.stderr is not None
        line = (await asyncio.wait_for(hub.stdout.readline(), 60)).decode()
        found = LISTENS.search(line)
        assert found, line + (await hub.stderr.read()).decode()
        async with httpx.AsyncClient(base_url=found[1] + "/") as client:
            metadata = await client.get("metadata")
            assert metadata.json()["implementation"]["url"] == found[1]
            assert "date" in metadata.headers
            assert "server" not in metadata.headers
            assert (await client.get("Patient", params={"name": "司马相如"})).status_code == 401
            _, writer = await asyncio.open_connection("127.0.0.1", int(found[2]))
            os.killpg(hub.pid, number)  # as a terminal does: the whole group gets it
            assert await asyncio.wait_for(hub.wait(), 30) == 0
        writer.close()
        log = (await hub.stderr.read()).decode()
        assert "name=" not in log
        assert "Traceback" not in log
    assert using(tmp_path) == []


async def test_it_stops_while_it_starts(tmp_path: Path) -> None:
    async with process(tmp_path) as hub:
        while not using(tmp_path / "postgres"):  # noqa: ASYNC110 - another process tells us nothing
            await asyncio.sleep(0.05)
        hub.send_signal(signal.SIGTERM)
        await asyncio.wait_for(hub.wait(), 30)
    async with asyncio.timeout(120):  # a server that was just starting dies with the hub, but not at once
        while using(tmp_path):  # noqa: ASYNC110 - another process tells us nothing
            await asyncio.sleep(0.05)


async def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is in use") as raised:
            async with running(Settings(data_dir=tmp_path, http_port=port)):
                pass
    assert "YILIAN_HTTP_PORT" in str(raised.value.strerror)
    assert not (tmp_path / "postgres").exists()


async def test_the_doors_of_a_running_hub(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data_dir=tmp_path, database_url=database_url, http_port=0, mllp_port=0)
    async with running(settings) as actual, httpx.AsyncClient(base_url=actual.fhir_url + "/") as client:
        assert actual.http_port != 0
        assert actual.mllp_port != 0
        assert json.loads((await client.get("metadata")).content)["resourceType"] == "CapabilityStatement"
        refused = await client.post(actual.fhir_url.replace("/fhir", "/hl7v2"), content=b"MSH|^~\\&|")
        assert refused.status_code == 401
        assert refused.json()["resourceType"] == "OperationOutcome"
    for port in (actual.http_port, actual.mllp_port):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


async def test_requests_under_way_may_finish(tmp_path: Path) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def slow(scope, receive, send):  # type: ignore[no-untyped-def]
        started.set()
        await go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}/"
    async with httpx.AsyncClient() as client:
        async with listening(Site(slow, None, 5), door):
            request = asyncio.create_task(client.get(url))
            await started.wait()
            asyncio.get_running_loop().call_later(0.2, go.set)
        assert (await request).text == "ok"
