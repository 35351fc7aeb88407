import math
from uuid import UUID

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from exchange.store.arrays import array_text, array_texts, float_array_text

integers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@given(st.lists(st.none() | integers))
async def test_integers_arrive_as_they_are(connection: asyncpg.Connection, values: list[int | None]) -> None:
    assert await connection.fetchval("SELECT $1::text::bigint[]", array_text(values)) == values


@given(st.lists(st.none() | texts | st.sampled_from(["NULL", "null", "", "{", '"', "\\", "a,b", "\n"])))
async def test_texts_arrive_as_they_are(connection: asyncpg.Connection, values: list[str | None]) -> None:
    assert await connection.fetchval("SELECT $1::text::text[]", array_text(values)) == values


@given(st.lists(st.none() | st.uuids()))
async def test_uuids_arrive_as_they_are(connection: asyncpg.Connection, values: list[UUID | None]) -> None:
    assert await connection.fetchval("SELECT $1::text::uuid[]", array_text(values)) == values


@given(st.lists(st.lists(integers)))
async def test_arrays_arrive_as_texts(connection: asyncpg.Connection, rows: list[list[int]]) -> None:
    arrived = await connection.fetchval("SELECT $1::text::text[]", array_texts(rows))
    assert [await connection.fetchval("SELECT $1::text::bigint[]", each) for each in arrived] == rows


@given(st.lists(st.floats(allow_nan=False)))
async def test_floats_arrive_as_they_are(connection: asyncpg.Connection, values: list[float]) -> None:
    arrived = await connection.fetchval("SELECT $1::text::float8[]", float_array_text(values))
    assert arrived == values
    assert [math.copysign(1, each) for each in arrived] == [math.copysign(1, each) for each in values]
