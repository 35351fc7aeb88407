"""PostgreSQL reads of our literals what was written."""

from typing import Any
from uuid import uuid4

from mpi.literals import octets, plain, texts

TEXTS = [
    "",
    "a",
    '"',
    "\\",
    '\\"',
    "a,b",
    "{}",
    "NULL",
    "null",
    " ",
    "\n\t",
    "王小明",
    "😀",
    None,
    "\\x61",
    "'",
]


async def test_texts(connection: Any) -> None:
    assert await connection.fetchval("SELECT $1::text::text[]", texts(TEXTS)) == TEXTS
    assert await connection.fetchval("SELECT $1::text::text[]", texts([])) == []


async def test_octets(connection: Any) -> None:
    told = [b"", b"\x00\xff", '{"a":"王\\""}'.encode()]
    assert await connection.fetchval("SELECT $1::text::bytea[]", octets(told)) == told


async def test_what_needs_no_quotes(connection: Any) -> None:
    numbers = [0, -(1 << 63), (1 << 63) - 1]
    assert await connection.fetchval("SELECT $1::text::bigint[]", plain(numbers)) == numbers
    keys = [uuid4(), uuid4()]
    assert await connection.fetchval("SELECT $1::text::uuid[]", plain(keys)) == keys
    weights = [0.1, -1e300, None, 12.345678901234567]
    assert await connection.fetchval("SELECT $1::text::float8[]", plain(weights)) == weights
    assert await connection.fetchval("SELECT $1::text::boolean[]", plain([True, False])) == [True, False]
