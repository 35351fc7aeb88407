"""When the store stands still nothing piles up here: each way in stops reading, and loses nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from conformance.mllp import connected
from exchange.answer import Fhir
from exchange.app import build_app
from exchange.channels.declared import Folder
from exchange.channels.dropping import WINDOW as FOLDER_WINDOW
from exchange.channels.dropping import dropping
from exchange.http.listening import listening as http_listening
from exchange.http.site import Site
from exchange.hub import Hub
from exchange.inbound.budget import Budget
from exchange.inbound.http import hl7v2_router
from exchange.inbound.mllp import WINDOW, listening
from exchange.inbound.reception import Reception
from exchange.inbound.v3_http import v3_router
from exchange.server import bound, translating
from tests.adapters.v3.messages import registration
from tests.exchange.inbound.conftest import OpenReception
from tests.exchange.inbound.senders import message
from tests.exchange.inbound.test_http import TYPE, authorization

# Nobody can settle a message meanwhile, but messages can be kept.
STAND_STILL = "LOCK TABLE telling IN ACCESS EXCLUSIVE MODE"


@asynccontextmanager
async def standing_still(hub: Hub) -> AsyncIterator[None]:
    async with hub.pool.acquire() as connection, connection.transaction():
        await connection.execute(STAND_STILL)
        yield


async def kept(hub: Hub, least: int) -> int:
    async with asyncio.timeout(60):
        while True:
            count: int = await hub.pool.fetchval("SELECT count(*) FROM inbox")
            if count >= least:
                return count
            await asyncio.sleep(0.01)


async def test_a_connection_of_mllp(hub: Hub, reception: Reception) -> None:
    async with (
        listening(reception) as listener,
        connected("127.0.0.1", listener.port) as first,
        connected("127.0.0.1", listener.port) as second,
    ):
        async with standing_still(hub):
            for number in range(3 * WINDOW):
                await first.send(message(f"A{number}", str(number)))
            assert await kept(hub, WINDOW) == WINDOW
            await second.send(message("B", "another"))
            assert await kept(hub, WINDOW + 1) == WINDOW + 1
        answers = [await first.receive(60) for _ in range(3 * WINDOW)]
        assert all(b"MSA|AA|A" in answer for answer in answers)


@pytest.mark.parametrize("path", ["/hl7v2", "/v3"])
async def test_http(hub: Hub, open_with: OpenReception, path: str) -> None:
    """A body is not read before there is room for it."""
    async with open_with(translating(hub)) as reception:
        reception.budget = Budget(50_000)
        await _no_body_without_room(hub, reception, path)


async def _no_body_without_room(hub: Hub, reception: Reception, path: str) -> None:
    headers = await authorization(hub) | (TYPE if path == "/hl7v2" else {"Content-Type": "text/xml"})
    long = "长" * 6_500
    bodies = [message(str(n), str(n), f"{long}{n}") for n in range(12)]
    if path == "/v3":
        bodies = [registration(f"M{n}") + b" " * 19_000 for n in range(12)]
    app = build_app(hub, [hl7v2_router(reception), v3_router(reception)])
    with bound("127.0.0.1", 0) as door:
        port = door.getsockname()[1]
        async with (
            http_listening(Site(app, Fhir(hub), 10), door),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
        ):
            async with standing_still(hub):
                asked = [asyncio.create_task(client.post(path, content=b, headers=headers)) for b in bodies]
                assert await kept(hub, 2) == 2
                async with asyncio.timeout(60):
                    while reception.budget.waiting < 10:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
                assert await kept(hub, 2) == 2
            answers = await asyncio.gather(*asked)
    assert [answer.status_code for answer in answers] == [200] * 12
    assert await kept(hub, 12) == 12


async def test_a_folder(hub: Hub, reception: Reception, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir(mode=0o750)
    total = 3 * FOLDER_WINDOW
    (tmp_path / "drop" / "a.hl7").write_bytes(b"".join(message(str(n), str(n)) for n in range(total)))
    folder = Folder("lis", tmp_path / "drop", quiet=0.0, every=0.02)
    async with standing_still(hub):
        task = asyncio.create_task(dropping(reception, folder, Budget(1 << 20)))
        assert await kept(hub, FOLDER_WINDOW) == FOLDER_WINDOW
        await reception.receive(reception.seal(message("B", "another"), "test", None))
        assert await kept(hub, FOLDER_WINDOW + 1) == FOLDER_WINDOW + 1
    await kept(hub, total + 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
