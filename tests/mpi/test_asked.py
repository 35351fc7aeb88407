"""A pair of persons is asked about once, and again only on stronger evidence."""

from typing import Any

import pytest

from mpi.correction import Decider
from mpi.decide import Cluster, Member, decide
from mpi.normalisation.demographics import Demographics, demographics_from_patient
from mpi.review import Answer, decide_review
from mpi.review_queue import FIRST, WAITING, queue
from terminology.naming import identify
from tests.mpi.people import at, patient, questions, record, tell, valid_id

HOME: dict[str, Any] = {
    "telecom": [{"system": "phone", "value": "13912345678"}],
    "address": [{"text": "上海市黄浦区南京东路1号"}],
}
ELDER, LIKE = "王子安", "王子轩"


async def alike(connection: Any) -> None:
    """Somebody with a number, and a record of the same household that looks like a slip of the pen."""
    await tell(connection, record("1", name=ELDER, citizen=valid_id(), **HOME))
    await tell(connection, record("2", name=LIKE, **HOME), 1)


def facts(**told: Any) -> Demographics:
    return demographics_from_patient(patient(**told), identify)


async def test_later_visits_do_not_ask_again_and_make_it_weigh_more(connection: Any) -> None:
    await alike(connection)
    ((_, patient_id, persons),) = await questions(connection)
    assert (patient_id, len(persons)) == ("h1-2", 2)
    (before,) = await queue(connection, WAITING, FIRST, 10)
    for number in (3, 4):
        await tell(connection, record(str(number), name=ELDER, citizen=valid_id(), **HOME), number)
    assert await questions(connection) == [("ambiguous", "h1-2", persons)]
    (after,) = await queue(connection, WAITING, FIRST, 10)
    assert after.priority > before.priority


async def test_stronger_evidence_asks_again(connection: Any) -> None:
    await tell(connection, record("1", name=ELDER, citizen=valid_id(), **HOME))
    await tell(connection, record("2", name=LIKE, card="E1000001", **HOME), 1)
    await tell(connection, record("3", name=ELDER, citizen=valid_id(), **HOME), 2)
    assert len(await questions(connection)) == 1
    await tell(connection, record("4", name=ELDER, citizen=valid_id(), card="E1000001", **HOME), 3)
    assert [patient_id for _, patient_id, _ in await questions(connection)] == ["h1-2", "h1-4"]


@pytest.mark.parametrize("state", ["skipped", "decided"])
async def test_what_somebody_has_looked_at_is_not_brought_up_by_later_visits(
    connection: Any, state: str
) -> None:
    await alike(connection)
    (asked,) = await queue(connection, WAITING, FIRST, 10)
    if state == "decided":
        async with connection.transaction():
            by = Decider("dr-li", "twins", at(2))
            await decide_review(connection, asked.review, Answer("different"), by)
    else:
        await connection.execute("UPDATE mpi_review SET state = 'skipped'")
    await tell(connection, record("3", name=ELDER, citizen=valid_id(), **HOME), 3)
    assert await questions(connection) == []


async def test_a_revision_does_not_ask_what_another_record_asks(connection: Any) -> None:
    await alike(connection)
    before = await questions(connection)
    revised = record("1", name=ELDER, citizen=valid_id(), gender="male", active=True, **HOME)
    revised.patient["telecom"] = [*HOME["telecom"], {"system": "phone", "value": "13912345670"}]
    await tell(connection, revised, 2)
    assert await questions(connection) == before


def test_who_looks_alike_but_has_another_number_is_not_asked_about() -> None:
    elder = facts(name=ELDER, citizen=valid_id(order=101), card="E1000001", **HOME)
    younger = facts(name=LIKE, citizen=valid_id(order=303), **HOME)
    unnumbered = facts(name=LIKE, **HOME)
    record = facts(name=ELDER, card="E1000001", **HOME)
    for other, asked in ((younger, ()), (unnumbered, (2,))):
        decision = decide(record, [Cluster(1, (Member(1, elder),)), Cluster(2, (Member(2, other),))])
        assert (decision.kind, decision.person, decision.review) == ("link", 1, asked)


async def test_what_was_held_back_is_asked_when_the_standing_question_is_withdrawn(connection: Any) -> None:
    await tell(connection, record("1", name=ELDER, citizen=valid_id(), **HOME))
    for number in ("2", "3"):
        await tell(connection, record(number, name=LIKE, card="E1000001", **HOME), int(number))
    ((_, asking, persons),) = await questions(connection)
    assert asking == "h1-2"
    elsewhere = record(
        "2", name=LIKE, card="E1000001", telecom=[], address=[{"text": "北京市东城区东四北大街2号"}]
    )
    await tell(connection, elsewhere, 5)
    assert await questions(connection) == [("ambiguous", "h1-3", persons)]
    assert await questions(connection, "obsolete") == [("ambiguous", "h1-2", persons)]
