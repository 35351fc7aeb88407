"""The queue of questions: what is asked first, what an answer does, and who may give it."""

from typing import Any

import pytest

from mpi.correction import Decider, unite
from mpi.explain import explain
from mpi.labels import labelled_pairs
from mpi.review import Answer, NotDecidable, Outcome, decide_review, escalate_review, skip_review
from mpi.review_queue import FIRST, STATES, WAITING, UnknownReview, counts, question, queue
from tests.mpi.people import at, combine, links, questions, record, tell, valid_id

SOMEBODY = Answer("same")
NOBODY = Answer("different")


def by(actor: str, minutes: int = 30) -> Decider:
    return Decider(actor, "seen the papers", at(minutes))


async def answered(connection: Any, review: int, answer: Answer, actor: str = "dr-li") -> Outcome:
    async with connection.transaction():
        return await decide_review(connection, review, answer, by(actor))


async def first_question(connection: Any) -> int:
    (found, *_) = await queue(connection, WAITING, FIRST, 10)
    return found.review


async def a_question(connection: Any) -> tuple[str, str]:
    """Two identities that one newcomer matches: by citizen id, and with another name."""
    one = await tell(connection, record(hospital="h1", citizen=valid_id()))
    other = await tell(
        connection, record(hospital="h2", citizen=valid_id(), name="李娜", birth_date="1991-01-01")
    )
    return one.enterprise_id, other.enterprise_id


async def two_clusters(connection: Any) -> tuple[str, str]:
    """Two identities with two records each, and an open question whether they are one."""
    one, other = await a_question(connection)
    for number, person in enumerate((one, other)):
        fresh = await tell(connection, record(hospital=f"h{number + 5}"))
        async with connection.transaction():
            await unite(connection, person, fresh.enterprise_id, by("dr-wu", 5))
    return one, other


async def test_the_queue_is_ranked_by_what_an_answer_is_worth(connection: Any) -> None:
    await a_question(connection)
    await tell(connection, record(hospital="h3", name="张三", birth_date="1970-02-02"))
    await tell(connection, record(hospital="h4", name="张三", birth_date="1970-02-02", gender="male"))
    found = await queue(connection, WAITING, FIRST, 10)
    priorities = [each.priority for each in found]
    assert priorities == sorted(priorities, reverse=True)
    assert all(each.probability is not None and 0 <= each.probability <= 1 for each in found)
    assert (await counts(connection))["open"] == len(found)
    after = found[0].priority, found[0].review
    assert [each.review for each in await queue(connection, WAITING, after, 10)] == [
        each.review for each in found[1:]
    ]


async def test_a_question_is_explained_field_by_field(connection: Any) -> None:
    await a_question(connection)
    asked = await question(connection, await first_question(connection))
    (told, *_) = await explain(connection, asked)
    assert told.steps[0].field == "prior"
    assert told.bits == pytest.approx(sum(step.bits for step in told.steps), abs=0.01)
    by_field = {step.field: step for step in told.steps}
    assert by_field["citizen-id"].one == by_field["citizen-id"].other == valid_id()
    assert by_field["name"].level == "different"
    assert told.conflicts


async def test_yes_links_and_labels(connection: Any) -> None:
    one, _ = await a_question(connection)
    outcome = await answered(connection, await first_question(connection), SOMEBODY)
    assert outcome.state == "decided"
    assert outcome.correction is not None
    assert set((await links(connection)).values()) == {one}
    async with connection.transaction():
        pairs = [pair async for pair in labelled_pairs(connection)]
    assert [(pair.one_id, pair.other_id, pair.is_match) for pair in pairs] == [("h1-1", "h2-1", True)]
    assert pairs[0].one.citizen_ids == pairs[0].other.citizen_ids


async def test_no_keeps_apart_whatever_is_told_later(connection: Any) -> None:
    one, other = await a_question(connection)
    await answered(connection, await first_question(connection), NOBODY)
    told = await tell(connection, record(hospital="h2", citizen=valid_id()), 40)
    assert told.enterprise_id == other
    assert (await links(connection))["h1-1"] == one
    assert await queue(connection, ("open",), FIRST, 10) == [] or await questions(connection)


async def test_a_later_judgement_closes_the_earlier(connection: Any) -> None:
    await a_question(connection)
    review = await first_question(connection)
    await answered(connection, review, NOBODY)
    with pytest.raises(NotDecidable):
        await answered(connection, review, SOMEBODY)
    await connection.execute("UPDATE mpi_review SET state = 'open'")
    await answered(connection, review, SOMEBODY, "dr-wu")
    rows = await connection.fetch(
        "SELECT is_match, recorded_to IS NULL AS current FROM mpi_label ORDER BY label"
    )
    assert [tuple(row) for row in rows] == [(False, False), (True, True)]


async def test_two_clusters_take_two_people(connection: Any) -> None:
    one, other = await two_clusters(connection)
    review = await first_question(connection)
    assert (await answered(connection, review, SOMEBODY)).state == "proposed"
    assert len(set((await links(connection)).values())) == 2
    with pytest.raises(NotDecidable, match="another person"):
        await answered(connection, review, SOMEBODY)
    outcome = await answered(connection, review, SOMEBODY, "dr-wu")
    assert outcome.state == "decided"
    assert len(set((await links(connection)).values())) == 1
    row = await connection.fetchrow(
        "SELECT actor, confirmed_by FROM mpi_decision WHERE kind = 'merge' ORDER BY decision DESC LIMIT 1"
    )
    assert tuple(row) == ("dr-li", "dr-wu")
    assert {one, other} >= set((await links(connection)).values())


async def test_who_disagrees_escalates(connection: Any) -> None:
    await two_clusters(connection)
    review = await first_question(connection)
    await answered(connection, review, SOMEBODY)
    assert (await answered(connection, review, NOBODY, "dr-wu")).state == "escalated"
    assert len(set((await links(connection)).values())) == 2
    with pytest.raises(NotDecidable):
        await answered(connection, review, NOBODY, "dr-wu")
    assert (await answered(connection, review, NOBODY, "dr-he")).state == "decided"


async def test_skipped_and_escalated_questions_wait(connection: Any) -> None:
    await a_question(connection)
    review = await first_question(connection)
    assert (await skip_review(connection, review, by("dr-li"))).state == "skipped"
    assert (await escalate_review(connection, review, by("dr-li"))).state == "escalated"
    with pytest.raises(NotDecidable):
        await answered(connection, review, SOMEBODY)
    assert [each.state for each in await queue(connection, STATES, FIRST, 9)] == ["escalated"]
    assert (await answered(connection, review, SOMEBODY, "dr-wu")).state == "decided"


async def test_a_hospitals_wrong_merge_is_undone_by_an_answer(connection: Any) -> None:
    await tell(connection, record("1", citizen=valid_id()))
    await tell(connection, record("2", citizen=valid_id(order=103)))
    await combine(connection, record("1", citizen=valid_id()), record("2", citizen=valid_id(order=103)), 1)
    (found,) = [each for each in await queue(connection, WAITING, FIRST, 9) if each.kind == "merge-conflict"]
    await answered(connection, found.review, NOBODY)
    assert len(set((await links(connection)).values())) == 2


async def test_what_cannot_be_answered(connection: Any) -> None:
    await a_question(connection)
    review = await first_question(connection)
    with pytest.raises(NotDecidable, match="not about"):
        await answered(connection, review, Answer("same", "nobody"))
    with pytest.raises(UnknownReview):
        await answered(connection, 999, SOMEBODY)
