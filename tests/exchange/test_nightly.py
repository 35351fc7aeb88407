"""Every night names are counted anew, once, and only for a model that somebody activated."""

from datetime import UTC, datetime, timedelta

import pytest

from exchange.hub import Hub
from exchange.nightly import refresh_names, until
from mpi.models import activate, active, keep
from mpi.online_model import OnlineModel
from mpi.store import resolve_all
from terminology.naming import identify
from tests.mpi.people import record


async def test_names_are_counted_once_a_night(hub: Hub) -> None:
    assert await refresh_names(hub) is None
    async with hub.pool.acquire() as connection, connection.transaction():
        told = [record(str(number), name=name) for number, name in enumerate(("王伟", "王伟", "李娜"))]
        await resolve_all(connection, told, hub.clock(), identify)
        digest = await keep(connection, OnlineModel(link_at=11.0), "somebody", hub.clock())
        await activate(connection, digest, "somebody", "trained", hub.clock())
    made = await refresh_names(hub)
    async with hub.pool.acquire() as connection:
        name, model = await active(connection)
    assert name == made != digest
    assert model.link_at == 11.0
    assert model.names.whole["王伟"] == pytest.approx(0.667, abs=0.001)
    assert await refresh_names(hub) is None


@pytest.mark.parametrize(("hour", "hours"), [(3, 15.5), (12, 0.5), (11, 23.5), (0, 12.5)])
def test_the_next_night(hour: int, hours: float) -> None:
    assert until(datetime(2026, 3, 1, 11, 30, tzinfo=UTC), hour) == timedelta(hours=hours)
