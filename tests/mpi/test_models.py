"""Models are kept, and activated explicitly."""

from typing import Any

import pytest

from mpi.models import UnknownModel, activate, active, keep, models
from mpi.online_model import HAND_SET, OnlineModel
from tests.mpi.people import at


async def test_a_model_decides_only_when_it_is_activated(connection: Any) -> None:
    digest = await keep(connection, OnlineModel(review_at=1.0), "somebody", at(0))
    assert await active(connection) == (None, HAND_SET)
    await activate(connection, digest, "somebody", "trained", at(1))
    assert await active(connection) == (digest, OnlineModel(review_at=1.0))
    other = await keep(connection, OnlineModel(review_at=3.0), "somebody", at(2))
    assert await keep(connection, OnlineModel(review_at=3.0), "another", at(3)) == other
    assert [(each.digest, each.activated) for each in await models(connection)] == [
        (digest, at(1)),
        (other, None),
    ]


async def test_a_model_that_nobody_kept_cannot_be_activated(connection: Any) -> None:
    with pytest.raises(UnknownModel):
        await activate(connection, "none", "somebody", "", at(0))
