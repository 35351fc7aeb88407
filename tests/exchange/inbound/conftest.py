"""A hub that receives messages."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from adapters.hospitals.hospital import Hospitals
from exchange.hub import Hub, open_hub
from exchange.inbound.reception import Reception, open_reception
from exchange.inbound.work import Translate
from exchange.settings import Settings
from tests.exchange.inbound.senders import translate_simply

OpenReception = Callable[..., AbstractAsyncContextManager[Reception]]
HOSPITALS = Hospitals("https://base.example")


@pytest.fixture
async def hub(database_url: str, tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub with nothing in it, that will listen on any port."""
    settings = Settings(
        data_dir=tmp_path,
        base="https://base.example",
        pool_size=8,
        http_port=0,
        mllp_port=0,
        mllp_idle_timeout=5,
        max_message_bytes=100_000,
    )
    async with open_hub(settings, database_url) as opened:
        yield opened


@pytest.fixture
def open_with(hub: Hub) -> OpenReception:
    """Opens a reception over the hub, with a translation of the test's own."""

    @asynccontextmanager
    async def opened(translate: Translate = translate_simply) -> AsyncIterator[Reception]:
        async with open_reception(hub, HOSPITALS, translate) as reception:
            yield reception

    return opened


@pytest.fixture
async def reception(open_with: OpenReception) -> AsyncIterator[Reception]:
    async with open_with() as opened:
        yield opened
