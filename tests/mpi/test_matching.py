"""Who is asked about is graded as the online decision would decide, by the active model."""

from typing import Any

from mpi.matching import matches
from mpi.models import activate, keep
from mpi.online_model import OnlineModel
from terminology.naming import identify
from tests.mpi.people import at, patient, record, tell

PHONE = [{"system": "phone", "value": "13912345678"}]
HOME = [{"text": "上海市黄浦区南京东路1号"}]


async def grades(connection: Any) -> list[str]:
    found = await matches(connection, patient("2", telecom=PHONE, address=HOME), identify)
    return [each.grade for each in found or ()]


async def test_the_active_model_grades(connection: Any) -> None:
    await tell(connection, record("1", telecom=PHONE, address=HOME))
    assert await grades(connection) == ["certain"]
    async with connection.transaction():
        digest = await keep(connection, OnlineModel(prior=-60.0), "somebody", at(0))
        await activate(connection, digest, "somebody", "trained elsewhere", at(0))
    assert await grades(connection) == []
