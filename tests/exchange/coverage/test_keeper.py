"""Counts are in the database after a flush, and only once."""

from datetime import UTC, date, datetime

import asyncpg
import pytest

from adapters.translation import Coverage, Fields, Residue, Translation
from exchange.coverage import store
from exchange.coverage.keeper import MOST_GROUPS, OTHERS, CoverageCounts, kept_coverage
from exchange.coverage.metrics import MOST, families
from exchange.coverage.store import Asked, Covered
from exchange.coverage.tally import Count, Group

MADE = Translation(
    (),
    (),
    Coverage(3, 1, 1),
    (Residue("ZPI[2]-3.1", "secret"),),
    fields=Fields((("PID", b"\x01\x01\x00\x01"), ("ZPI", b"\x01\x00\x00\x01")), (("PID-1", "counts only"),)),
)


def clock() -> datetime:
    return datetime(2026, 3, 20, tzinfo=UTC)


async def found(pool: asyncpg.Pool, asked: Asked = Asked()) -> list[tuple[str, str, str, int]]:
    async with pool.acquire() as connection:
        read = await store.read(connection, asked)
    return [(each.field, each.disposition, each.reason, each.number) for each in read]


async def test_what_was_counted_is_written_once(pool: asyncpg.Pool) -> None:
    counts = CoverageCounts(pool, clock)
    async with kept_coverage(counts):
        for _ in range(2):
            counts.count("h1", "ADT^A04", MADE)
        await counts.flush()
        await counts.flush()
        counts.count("h1", "ADT^A04", MADE)
    assert await found(pool) == [
        ("", "ignored", "", 3),
        ("", "mapped", "", 9),
        ("", "message", "", 3),
        ("", "residue", "", 3),
        ("PID-1", "ignored", "counts only", 3),
        ("PID-3", "mapped", "", 3),
        ("ZPI-3", "residue", "", 3),
    ]
    assert await found(pool, Asked(field="PID")) == [
        ("PID-1", "ignored", "counts only", 3),
        ("PID-3", "mapped", "", 3),
    ]
    for nothing in (Asked("h2"), Asked("h1", "ADT^A01"), Asked(since=date(2026, 3, 21))):
        assert await found(pool, nothing) == []


async def test_what_could_not_be_written_is_written_later(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = CoverageCounts(pool, clock)
    counts.count("h1", "ADT^A04", MADE)

    async def away(*given: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError

    with monkeypatch.context() as patched:
        patched.setattr("exchange.coverage.store.add", away)
        await counts.try_to_flush()
    counts.count("h1", "ADT^A04", MADE)
    await counts.flush()
    assert ("", "message", "", 2) in await found(pool)


async def test_days_of_long_ago_become_months(pool: asyncpg.Pool) -> None:
    days = (date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 9), date(2026, 3, 1), date(2026, 3, 9))
    rows = [(Group("h1", "ADT^A04", day), Count("PID-3", "mapped", "", 2)) for day in days]
    async with pool.acquire() as connection:
        await store.add(connection, rows)
        for _ in range(2):
            await store.compact(connection, date(2026, 2, 15))
        kept = await connection.fetch("SELECT day, number FROM coverage ORDER BY day")
    assert [tuple(each) for each in kept] == [
        (date(2026, 1, 1), 6), (date(2026, 3, 1), 2), (date(2026, 3, 9), 2)]  # fmt: skip


async def test_senders_that_nobody_knows_do_not_fill_the_memory(pool: asyncpg.Pool) -> None:
    counts = CoverageCounts(pool, clock)
    for n in range(MOST_GROUPS + 5):
        counts.count(f"h{n}", "ADT^A04", MADE)
    await counts.flush()
    async with pool.acquire() as connection:
        read = [each for each in await store.totals(connection) if each.disposition == "message"]
    assert len(read) == MOST_GROUPS + 1
    assert [each.number for each in read if each.hospital == OTHERS] == [5]


def test_metrics_have_no_more_labels_than_can_be_kept() -> None:
    found = [
        Covered(f"h{n}", "ADT^A04", "", disposition, "", n + 1)
        for n in range(MOST + 3)
        for disposition in ("message", "mapped")
    ]
    [messages, values] = families(found)
    assert len(messages.samples) == MOST + 1
    assert sum(each.value for each in values.samples) == sum(n + 1 for n in range(MOST + 3))
    assert {each.labels["disposition"] for each in values.samples} == {"mapped"}
