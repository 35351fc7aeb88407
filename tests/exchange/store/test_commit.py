"""Sharing a commit must never be seen but in the time it takes."""

import asyncio
from datetime import UTC, datetime

import asyncpg

from exchange.search.index.row import IndexRow
from exchange.store.batch import Write
from exchange.store.commit import TOGETHER, Committer

NOW = datetime(2026, 3, 1, tzinfo=UTC)
IMPOSSIBLE = IndexRow(identifiers=((1, "", "\0"),))


def put(id_: str, content: bytes = b"1", row: IndexRow | None = None, action: str = "update") -> Write:
    return Write(action, "Patient", id_, b"{" + content, b"}", row or IndexRow())  # type: ignore[arg-type]


def creations(name: str, count: int) -> list[Write]:
    return [put(f"{name}-{n}", action="create") for n in range(count)]


async def test_concurrent_writes_of_one_resource_are_versions_in_turn(pool: asyncpg.Pool) -> None:
    committer = Committer(pool)
    written = await asyncio.gather(
        *(committer.commit(put(str(n % 5), str(n).encode()), NOW) for n in range(100))
    )
    for id_ in range(5):
        versions = sorted(w.version for n, w in enumerate(written) if n % 5 == id_)
        assert versions == list(range(1, 21))
    assert {w.status for w in written} == {"created", "updated"}


async def test_a_write_that_fails_fails_alone(pool: asyncpg.Pool) -> None:
    committer = Committer(pool)
    impossible = IndexRow(identifiers=((1, "", "\0"),))
    outcomes = await asyncio.gather(
        *(committer.commit(put(str(n), row=impossible if n == 5 else None), NOW) for n in range(10)),
        return_exceptions=True,
    )
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Exception)] == [5]
    assert await pool.fetchval("SELECT count(*) FROM resource") == 9


async def test_creations_commit_without_a_transaction_of_their_own(pool: asyncpg.Pool) -> None:
    committer = Committer(pool)
    written = await asyncio.gather(*(committer.commit(put(str(n), action="create"), NOW) for n in range(30)))
    assert {w.status for w in written} == {"created"}
    assert await pool.fetchval("SELECT count(*) FROM resource_index") == 30


async def test_creations_that_come_together_stay_together(pool: asyncpg.Pool) -> None:
    committer = Committer(pool)
    sizes = [1, 20, 3, TOGETHER + 1, 0, 7] * 5
    written = await asyncio.gather(
        *(committer.create(creations(str(n), size), NOW) for n, size in enumerate(sizes))
    )
    assert [len(each) for each in written] == sizes
    for n, each in enumerate(written):
        assert [(w.status, w.body and w.body[:2]) for w in each] == [("created", b"{1")] * sizes[n]
    assert await pool.fetchval("SELECT count(*) FROM resource_index") == sum(sizes)


async def test_creations_fail_alone_and_as_a_whole(pool: asyncpg.Pool) -> None:
    committer = Committer(pool)
    asked = [creations(str(n), 5) for n in range(10)]
    asked[3][4] = put("3-4", row=IMPOSSIBLE, action="create")
    asked[6][0] = asked[5][0]
    outcomes = await asyncio.gather(*(committer.create(each, NOW) for each in asked), return_exceptions=True)
    failed = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Exception)]
    assert failed in ([3, 5], [3, 6])
    assert await pool.fetchval("SELECT count(*) FROM resource") == 40


async def test_a_creation_that_meets_its_id_is_a_conflict(pool: asyncpg.Pool) -> None:
    committer = Committer(pool)
    await committer.commit(put("a", action="create"), NOW)
    again = await asyncio.gather(
        *(committer.commit(put(id_, b"2", action="create"), NOW) for id_ in ("a", "b", "c"))
    )
    assert [each.status for each in again] == ["conflict", "created", "created"]


async def test_every_connection_goes_back(pool: asyncpg.Pool) -> None:
    committer = Committer(pool)
    for _ in range(5):
        await asyncio.gather(
            *(committer.commit(put(str(n)), NOW) for n in range(300)),
            *(committer.create(creations("x", 2), NOW) for _ in range(40)),
            return_exceptions=True,
        )
    assert pool.get_idle_size() == pool.get_size()
