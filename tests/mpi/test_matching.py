"""Who is asked about is graded as the online decision would decide, by the active model."""

from typing import Any

from mpi.matching import matches, matches_of_several
from mpi.models import activate, keep
from mpi.online_model import OnlineModel
from terminology.naming import identify
from tests.mpi.people import at, patient, record, tell, valid_id

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


async def test_several_who_ask_at_once_get_what_each_gets_alone(connection: Any) -> None:
    told = [
        await tell(connection, record(str(number), name=name, birth_date=born, citizen=valid_id(born, order)))
        for number, (name, born, order) in enumerate(
            (("王伟", "1980-05-06", 101), ("李娜", "1980-05-06", 103), ("王伟", "1981-05-06", 105))
        )
    ]
    asked: list[tuple[dict[str, Any], list[str]]] = [
        (patient("x", name="王伟"), []),
        (patient("y", name="李娜", citizen=valid_id(order=103)), []),
        (patient("z", name=None, gender=None, birth_date=None), []),
        (patient("z", name=None, birth_date="1931-02-03"), [each.enterprise_id for each in told[1:]]),
        ({"resourceType": "Patient", "gender": "male"}, []),
    ]
    alone = [await matches(connection, one, identify, known) for one, known in asked]
    assert [len(each) if each is not None else None for each in alone] == [1, 1, 0, 2, None]
    assert await matches_of_several(connection, asked, identify) == alone
    assert await matches_of_several(connection, [], identify) == []


async def test_who_asks_by_a_number_alone_is_told_of_its_holder(connection: Any) -> None:
    await tell(connection, record("1", citizen=valid_id()))
    asked = patient("x", name=None, gender=None, birth_date=None, citizen=valid_id())
    assert [each.grade for each in await matches(connection, asked, identify) or ()] == ["certain"]
