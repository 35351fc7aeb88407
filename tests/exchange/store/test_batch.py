import math
from datetime import UTC, datetime

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from exchange.store.batch import Write, array_text, microseconds, rendered


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
async def test_integers_arrive_as_they_are(connection: asyncpg.Connection, numbers: list[int | None]) -> None:
    assert await connection.fetchval("SELECT $1::text::bigint[]", array_text(numbers)) == numbers


@given(st.lists(st.floats(allow_nan=False)))
async def test_floats_arrive_as_they_are(connection: asyncpg.Connection, numbers: list[float]) -> None:
    arrived = await connection.fetchval("SELECT $1::text::float8[]", array_text(numbers))
    assert arrived == numbers
    assert [math.copysign(1, number) for number in arrived] == [
        math.copysign(1, number) for number in numbers
    ]


def test_time_has_milliseconds_in_the_body() -> None:
    write = Write("update", "Patient", "a", b'{"meta":{', b"}}")
    instant = datetime(2026, 3, 1, 8, 30, 0, 7_000, UTC)
    assert (
        rendered(write, 3, instant) == b'{"meta":{"versionId":"3","lastUpdated":"2026-03-01T08:30:00.007Z"}}'
    )


def test_the_index_counts_microseconds() -> None:
    assert microseconds(datetime(1970, 1, 1, 0, 0, 1, 2, UTC)) == 1_000_002
    assert microseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000
