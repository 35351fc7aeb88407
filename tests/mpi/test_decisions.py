"""A decision that is taken back leaves no trace in what is believed, only in the log."""

import json
import random
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from mpi.correction import (
    Correction,
    Decider,
    NotPossible,
    do_not_link,
    link,
    split,
    undo,
    unite,
    unlink,
)
from mpi.decisions import NotInForce, UnknownDecision, merge_of
from mpi.history import decisions_of, links_of, person_at, records_at
from tests.mpi.people import START, at, combine, keys, keys_of, links, questions, record, tell, valid_id
from tests.mpi.test_reach import HOSPITALS, LOCAL_IDS, a_record, consistent, correct

BELIEVED = """
SELECT json_agg(l ORDER BY record) FROM (
    SELECT record, person, rule, model, match_weight, actor, reason, decision, valid_from
    FROM mpi_link WHERE valid_to IS NULL AND recorded_to IS NULL) l
UNION ALL
SELECT json_agg(p ORDER BY person) FROM (
    SELECT person, replaced_by, replaced FROM mpi_person WHERE replaced_by IS NOT NULL AND created < $1) p
UNION ALL
SELECT json_agg(r ORDER BY record) FROM (SELECT record, merged_into FROM mpi_record) r
UNION ALL
SELECT json_agg(d ORDER BY low, high) FROM (
    SELECT low, high, actor, reason FROM mpi_do_not_link WHERE recorded_to IS NULL) d
"""


async def believed(connection: Any) -> str:
    """All that says who is who, byte for byte; when the hub came to believe it is not part of it. An identity
    that a decision made and that was taken back resolves for ever: such are left out."""
    return json.dumps([row[0] for row in await connection.fetch(BELIEVED, at(50))])


def by(minutes: int, actor: str = "dr-li") -> Decider:
    return Decider(actor, "seen the papers", at(minutes))


async def done(connection: Any, what: Any) -> Any:
    async with connection.transaction():
        return await what


async def random_history(connection: Any, choose: random.Random, steps: int) -> None:
    for minutes in range(steps):
        match choose.randrange(4):
            case 0 | 1:
                await tell(connection, a_record(choose, choose.choice(HOSPITALS)), minutes)
            case 2:
                hospital = choose.choice(HOSPITALS)
                survivor, loser = choose.sample(LOCAL_IDS, 2)
                kept, given_up = (record(each, hospital=hospital, name="王伟") for each in (survivor, loser))
                await combine(connection, kept, given_up, minutes)
            case _:
                await correct(connection, choose, minutes)


async def a_decision(connection: Any, choose: random.Random, minutes: int) -> Correction | None:
    """Some decision that can be made in this state."""
    told = sorted(await links(connection))
    rows = await connection.fetch("SELECT enterprise_id FROM mpi_person ORDER BY person")
    identities = [row["enterprise_id"] for row in rows]
    if len(told) < 2:
        return None
    one, two = choose.sample(told, 2)
    attempts: list[tuple[Any, ...]] = [
        (unite, choose.choice(identities), choose.choice(identities)),
        (link, one, choose.choice(identities)),
        (split, [one]),
        (unlink, one, two),
        (do_not_link, one, two),
    ]
    chosen, *arguments = choose.choice(attempts)
    with suppress(NotPossible):
        made: Correction = await done(connection, chosen(connection, *arguments, by(minutes)))
        return made
    return None


async def merge_and_back(connection: Any, seed: int) -> None:
    choose = random.Random(seed)
    await random_history(connection, choose, 14)
    before, reached = await believed(connection), await consistent(connection)
    assert reached
    made = await a_decision(connection, choose, 50)
    if made is None or made.decision is None:
        return
    nested = await a_decision(connection, choose, 51)
    if nested is not None and nested.decision is not None:
        await done(connection, undo(connection, nested.decision, by(52)))
    await done(connection, undo(connection, made.decision, by(53)))
    assert await believed(connection) == before
    assert await consistent(connection)


async def test_taking_back_restores_the_links_byte_for_byte(connection: Any) -> None:
    """Property over random histories; each rolled back, so that all start from nothing."""
    for seed in range(25):
        transaction = connection.transaction()
        await transaction.start()
        try:
            await merge_and_back(connection, seed)
        finally:
            await transaction.rollback()


async def test_a_merge_is_found_by_the_identity_that_it_gave_up(connection: Any) -> None:
    kept = await tell(connection, record(hospital="h1", citizen=valid_id()))
    lost = await tell(connection, record(hospital="h2"))
    before = await believed(connection)
    made = await done(connection, unite(connection, kept.enterprise_id, lost.enterprise_id, by(1)))
    number = await merge_of(connection, lost.enterprise_id)
    assert number == made.decision
    assert number is not None
    undone = await done(connection, undo(connection, number, by(2, "dr-wu")))
    assert set(undone.affected) == {kept.enterprise_id, lost.enterprise_id}
    assert await believed(connection) == before
    assert await keys_of(connection, lost.enterprise_id) == keys(lost.enterprise_id, "h2-1")
    assert await merge_of(connection, lost.enterprise_id) is None
    log = await decisions_of(connection, lost.enterprise_id, 10)
    assert [(row.kind, row.actor) for row in log] == [("undo", "dr-wu"), ("merge", "dr-li")]
    assert log[1].undone_by == log[0].decision


async def test_the_last_decision_goes_first(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1"))
    second = await tell(connection, record(hospital="h2"))
    third = await tell(connection, record(hospital="h3"))
    one = await done(connection, unite(connection, first.enterprise_id, second.enterprise_id, by(1)))
    two = await done(connection, unite(connection, third.enterprise_id, first.enterprise_id, by(2)))
    with pytest.raises(NotInForce, match=f"decision {two.decision}"):
        await done(connection, undo(connection, one.decision, by(3)))
    await done(connection, undo(connection, two.decision, by(3)))
    await done(connection, undo(connection, one.decision, by(4)))
    with pytest.raises(NotInForce):
        await done(connection, undo(connection, one.decision, by(5)))
    with pytest.raises(UnknownDecision):
        await done(connection, undo(connection, 999, by(5)))


async def test_who_came_since_is_asked_about(connection: Any) -> None:
    kept = await tell(connection, record(hospital="h1"))
    lost = await tell(connection, record(hospital="h2", citizen=valid_id()))
    made = await done(connection, unite(connection, kept.enterprise_id, lost.enterprise_id, by(1)))
    newcomer = await tell(connection, record(hospital="h3", citizen=valid_id()), 2)
    assert newcomer.enterprise_id == kept.enterprise_id
    await done(connection, undo(connection, made.decision, by(3)))
    assert (await links(connection))["h3-1"] == kept.enterprise_id
    assert ("unmerge-left-records", "h2-1", {kept.enterprise_id}) in await questions(connection)


async def test_any_past_state_can_be_shown(connection: Any) -> None:
    kept = await tell(connection, record(hospital="h1"))
    lost = await tell(connection, record(hospital="h2"))
    made = await done(connection, unite(connection, kept.enterprise_id, lost.enterprise_id, by(60)))
    await done(connection, undo(connection, made.decision, by(70)))
    assert await person_at(connection, "h2-1", at(55), at(55)) == lost.enterprise_id
    assert await person_at(connection, "h2-1", at(65), at(65)) == kept.enterprise_id
    assert await person_at(connection, "h2-1", at(75), at(65)) == lost.enterprise_id
    assert await records_at(connection, kept.enterprise_id, at(65), at(65)) == ["h1-1", "h2-1"]
    assert await person_at(connection, "h2-1", START - timedelta(1), at(75)) is None
    told = await links_of(connection, "h2-1", 10)
    assert [row.enterprise_id for row in told if row.recorded_to is None] == [lost.enterprise_id]
    assert {row.rule for row in told} == {"first", "manual"}


async def test_a_large_identity_is_taken_apart_quickly(connection: Any) -> None:
    """50 records; the bound finds what runs away, the figure is a benchmark's."""
    kept = await tell(connection, record(hospital="h0"))
    lost = await tell(connection, record(hospital="h100", citizen=valid_id()))
    for number in range(101, 150):
        await tell(connection, record(hospital=f"h{number}", citizen=valid_id()))
    before = await believed(connection)
    made = await done(connection, unite(connection, kept.enterprise_id, lost.enterprise_id, by(1)))
    start = time.process_time()
    await done(connection, undo(connection, made.decision, by(2)))
    assert time.process_time() - start < 5
    assert await believed(connection) == before
