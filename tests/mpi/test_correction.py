"""Humans' decisions: they hold against every rule, and can be taken back."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mpi.correction import (
    Decider,
    NotPossible,
    UnknownIdentity,
    allow_link,
    do_not_link,
    link,
    split,
    unite,
    unmerge,
)
from mpi.history import records_at
from tests.mpi.people import at, combine, keys, keys_of, links, record, tell, valid_id
from tests.mpi.test_reach import consistent


async def act(connection: Any, correct: Callable[..., Awaitable[Any]], *arguments: Any, minutes: int) -> Any:
    async with connection.transaction():
        done = await correct(connection, *arguments, Decider("dr-li", "seen the papers", at(minutes)))
    assert await consistent(connection)
    return done


async def test_a_split_off_record_stays_apart_whatever_it_shares(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1", citizen=valid_id()))
    await tell(connection, record(hospital="h2", citizen=valid_id()))
    apart = await act(connection, split, ["h2-1"], minutes=1)
    assert set(apart.affected) == {first.enterprise_id, apart.enterprise_id}
    assert await keys_of(connection, apart.enterprise_id) == keys(apart.enterprise_id, "h2-1")
    again = await tell(connection, record(hospital="h2", citizen=valid_id(), card="E1000001"), minutes=2)
    other = await tell(connection, record(hospital="h1", citizen=valid_id(), card="E1000002"), minutes=3)
    assert again.enterprise_id == apart.enterprise_id
    assert other.enterprise_id == first.enterprise_id
    newcomer = await tell(connection, record(hospital="h3", citizen=valid_id()), minutes=4)
    assert newcomer.decision.kind == "review"


async def test_linking_by_hand_undoes_a_split(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1", citizen=valid_id()))
    await tell(connection, record(hospital="h2", citizen=valid_id()))
    apart = await act(connection, split, ["h2-1"], minutes=1)
    back = await act(connection, link, "h2-1", first.enterprise_id, minutes=2)
    assert back.enterprise_id == first.enterprise_id
    assert set((await links(connection)).values()) == {first.enterprise_id}
    assert await connection.fetchval("SELECT count(*) FROM mpi_do_not_link WHERE recorded_to IS NULL") == 0
    assert await keys_of(connection, apart.enterprise_id) == await keys_of(connection, first.enterprise_id)


async def test_past_states_can_be_shown(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1", citizen=valid_id()))
    await tell(connection, record(hospital="h2", citizen=valid_id()), minutes=5)
    await act(connection, split, ["h2-1"], minutes=10)

    async def shown(believed: int, valid: int) -> list[str]:
        return await records_at(connection, first.enterprise_id, at(believed), at(valid))

    assert await shown(1, 1) == ["h1-1"]
    assert await shown(7, 7) == ["h1-1", "h2-1"]
    assert await shown(12, 12) == ["h1-1"]
    assert await shown(12, 7) == ["h1-1", "h2-1"]


async def test_an_undone_merge_never_held(connection: Any) -> None:
    kept = await tell(connection, record("1"))
    lost = await tell(connection, record("2"))
    await combine(connection, record("1"), record("2"), minutes=5)
    undone = await act(connection, unmerge, "h1-2", minutes=10)
    assert undone.enterprise_id == lost.enterprise_id
    assert await records_at(connection, kept.enterprise_id, at(7), at(7)) == ["h1-1", "h1-2"]
    assert await records_at(connection, kept.enterprise_id, at(11), at(7)) == ["h1-1"]
    assert await records_at(connection, lost.enterprise_id, at(11), at(7)) == ["h1-2"]


async def test_two_identities_are_united(connection: Any) -> None:
    kept = await tell(connection, record(hospital="h1"))
    lost = await tell(connection, record(hospital="h2"))
    united = await act(connection, unite, kept.enterprise_id, lost.enterprise_id, minutes=1)
    assert united.enterprise_id == kept.enterprise_id
    assert await keys_of(connection, lost.enterprise_id) == keys(
        kept.enterprise_id, lost.enterprise_id, "h1-1", "h2-1"
    )
    again = await act(connection, unite, kept.enterprise_id, lost.enterprise_id, minutes=2)
    assert again.enterprise_id == kept.enterprise_id


async def test_records_kept_apart_are_not_linked_until_allowed(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1", citizen=valid_id()))
    second = await tell(connection, record(hospital="h2"))
    await act(connection, do_not_link, "h1-1", "h2-1", minutes=1)
    await act(connection, do_not_link, "h2-1", "h1-1", minutes=1)
    told = await tell(connection, record(hospital="h2", citizen=valid_id()), minutes=2)
    assert told.enterprise_id == second.enterprise_id
    await act(connection, allow_link, "h2-1", "h1-1", minutes=3)
    told = await tell(connection, record(hospital="h2", citizen=valid_id(), card="E1000001"), minutes=4)
    assert told.enterprise_id == first.enterprise_id


async def test_what_is_not_possible(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1", citizen=valid_id()))
    await tell(connection, record(hospital="h2", citizen=valid_id()))
    await tell(connection, record("2"))
    await combine(connection, record("3"), record("4"))
    attempts: list[tuple[Any, ...]] = [
        (split, ["h1-1", "h2-1"]),
        (split, ["h1-1", "h1-2"]),
        (split, []),
        (do_not_link, "h1-1", "h2-1"),
        (link, "h1-4", first.enterprise_id),
    ]
    for attempt in attempts:
        with pytest.raises(NotPossible):
            await act(connection, *attempt, minutes=1)
    for unknown in ((link, "h1-1", "nobody"), (link, "h9-9", first.enterprise_id), (unmerge, "h9-9")):
        with pytest.raises(UnknownIdentity):
            await act(connection, *unknown, minutes=1)
