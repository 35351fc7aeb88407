"""Grouping must never be seen: each asker gets the answer, or the failure, that it would get alone."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.index.row import IndexRow
from exchange.store.batch import Write
from exchange.store.coalesce import Coalescer, Overloaded, Reader
from exchange.store.transact import transact

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def put(id_: str, content: bytes = b"1", row: IndexRow | None = None, action: str = "update") -> Write:
    return Write(action, "Patient", id_, b"{" + content, b"}", row or IndexRow())  # type: ignore[arg-type]


class Recorder:
    """Answers with the tenfold of each item; refuses groups with a 13; notes every group."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.under_way = self.most = 0

    async def answer(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.001)
        self.under_way -= 1
        if 13 in items:
            raise ValueError("13")
        return [item * 10 for item in items]


@given(items=st.lists(st.integers(1, 20), max_size=60), lanes=st.integers(1, 3), group=st.integers(1, 8))
async def test_everybody_gets_their_own_answer(items: list[int], lanes: int, group: int) -> None:
    recorder = Recorder()
    coalescer: Coalescer[int, int] = Coalescer(recorder.answer, lambda item: item, lanes, group)
    answers = await asyncio.gather(*map(coalescer.ask, items), return_exceptions=True)
    for item, answer in zip(items, answers, strict=True):
        assert isinstance(answer, ValueError) if item == 13 else answer == item * 10
    assert recorder.most <= lanes
    assert all(len(g) <= group and len(set(g)) == len(g) for g in recorder.groups)


async def test_those_who_come_meanwhile_make_one_group() -> None:
    recorder = Recorder()
    coalescer: Coalescer[int, int] = Coalescer(recorder.answer, lambda item: item, 1, 100)
    first = asyncio.create_task(coalescer.ask(1))
    await asyncio.sleep(0.0005)
    await asyncio.gather(first, *map(coalescer.ask, range(2, 10)))
    assert recorder.groups == [[1], list(range(2, 10))]


async def test_who_leaves_disturbs_nobody() -> None:
    recorder = Recorder()
    coalescer: Coalescer[int, int] = Coalescer(recorder.answer, lambda item: item, 1, 1)
    tasks = [asyncio.create_task(coalescer.ask(item)) for item in range(1, 5)]
    await asyncio.sleep(0.0005)
    tasks[0].cancel()  # its group is under way
    tasks[2].cancel()  # its turn has not come
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [a for a in answers if not isinstance(a, BaseException)] == [20, 40]
    assert recorder.groups == [[1], [2], [4]]


async def test_the_queue_is_bounded() -> None:
    recorder = Recorder()
    coalescer: Coalescer[int, int] = Coalescer(recorder.answer, lambda item: item, 1, 1, waiting=3)
    answers = await asyncio.gather(*map(coalescer.ask, range(1, 6)), return_exceptions=True)
    assert sum(isinstance(answer, Overloaded) for answer in answers) == 2


async def test_a_killed_flight_leaves_nobody_waiting() -> None:
    async def hang(items: Sequence[int]) -> list[int]:
        await asyncio.sleep(60)
        return list(items)

    coalescer: Coalescer[int, int] = Coalescer(hang, lambda item: item, 1, 10)
    asking = asyncio.create_task(coalescer.ask(1))
    await asyncio.sleep(0.001)
    (flight,) = coalescer._flights
    flight.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_reads(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await transact(connection, [put(str(n)) for n in range(20)], NOW)
    reader = Reader(pool)
    answers = await asyncio.gather(*(reader.read("Patient", str(n % 25)) for n in range(100)))
    assert [answer is not None for answer in answers] == [n % 25 < 20 for n in range(100)]


async def test_a_read_that_fails_fails_alone(pool: asyncpg.Pool) -> None:
    reader = Reader(pool)
    good, bad = await asyncio.gather(
        reader.read("Patient", "1"), reader.read("Patient", "\0"), return_exceptions=True
    )
    assert good is None
    assert isinstance(bad, asyncpg.PostgresError)
