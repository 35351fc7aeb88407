"""The clock of a hub that is wrong is told."""

from datetime import timedelta

import pytest

from exchange.clocks import agree
from exchange.hub import Hub, utc_now


async def test_clocks_that_agree(hub: Hub) -> None:
    assert await agree(hub.pool, utc_now)


@pytest.mark.parametrize("seconds", [-60, 60])
async def test_clocks_that_differ(hub: Hub, seconds: int, caplog: pytest.LogCaptureFixture) -> None:
    assert not await agree(hub.pool, lambda: utc_now() + timedelta(seconds=seconds))
    assert "s apart" in caplog.text
