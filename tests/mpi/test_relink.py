"""The index decided anew: differences are asked about, what is settled stays, and nothing is moved."""

import random
from typing import Any

from mpi.correction import Decider, do_not_link, split
from mpi.decide import Cluster
from mpi.models import activate, keep
from mpi.neighbourhood import Neighbourhood
from mpi.normalisation.demographics import Demographics
from mpi.online_model import OnlineModel
from mpi.relink import Placed, differences, relink
from mpi.weigh import SCALE
from tests.mpi.people import at, links, questions, record, tell, valid_id

PHONE = [{"system": "phone", "value": "13912345678"}]
BY = Decider("somebody", "seen", at(1))


async def passed(connection: Any) -> tuple[int, int, int]:
    last = [told async for told in relink(connection, at(9))][-1]
    return last.records, last.together, last.apart


async def test_what_another_model_would_join_is_asked_about(connection: Any) -> None:
    digest = await keep(connection, OnlineModel(link_at=40.0), "somebody", at(0))
    await activate(connection, digest, "somebody", "strict", at(0))
    one = await tell(connection, record("1", telecom=PHONE))
    other = await tell(connection, record("2", telecom=PHONE))
    assert one.enterprise_id != other.enterprise_id
    await connection.execute("UPDATE mpi_review SET state = 'obsolete'")
    digest = await keep(connection, OnlineModel(), "somebody", at(1))
    await activate(connection, digest, "somebody", "as before", at(1))
    before = await links(connection)
    assert await passed(connection) == (2, 1, 0)
    assert await questions(connection) == [("ambiguous", "h1-2", {one.enterprise_id, other.enterprise_id})]
    await passed(connection)
    assert len(await questions(connection)) == 1
    assert await links(connection) == before


async def test_what_another_model_would_part_is_asked_about(connection: Any) -> None:
    one = await tell(connection, record("1", telecom=PHONE))
    await tell(connection, record("2", telecom=PHONE))
    digest = await keep(connection, OnlineModel(link_at=40.0), "somebody", at(1))
    await activate(connection, digest, "somebody", "strict", at(1))
    assert await passed(connection) == (2, 0, 1)
    assert await questions(connection) == [("inconsistent", "h1-2", {one.enterprise_id})]


async def test_what_humans_settled_is_not_asked_about(connection: Any) -> None:
    for number in ("1", "2"):
        await tell(connection, record(number, citizen=valid_id()))
    async with connection.transaction():
        await split(connection, ["h1-2"], BY)
    assert (await passed(connection))[1:] == (0, 0)
    await tell(connection, record("3", telecom=PHONE))
    async with connection.transaction():
        await do_not_link(connection, "h1-3", "h1-1", BY)
    assert (await passed(connection))[1:] == (0, 0)


def test_what_was_decided_in_order_is_decided_so_again() -> None:
    choose = random.Random(1)
    near, placed = Neighbourhood(), []
    for number in range(1, 60):
        told = Demographics(
            names=("王伟",),
            pinyin=("wangwei",),
            gender="male",
            birth_date=choose.choice(("1980-05-06", "1981-02-03")),
            citizen_ids=choose.choice(((), (valid_id("1980-05-06"),))),
            phones=choose.choice(((), ("13912345678",), ("13912345679",))),
        )
        placed.append((number, told))
        near.arrive(number, told, [1], number)
    persons = {member.record: person for person, members in near.members.items() for member in members}
    same = [Placed(number, persons[number], told, False) for number, told in placed]
    assert list(differences(same, SCALE)) == []
    assert Cluster(1, ()).person == 1
