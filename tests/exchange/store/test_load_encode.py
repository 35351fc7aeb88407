"""What PostgreSQL reads back from rows in the binary format of COPY."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from exchange.store.load_encode import BLOCK, HEADER, TRAILER, encoder

TYPES = ("int2", "int8?", "uuid?", "float8", "int4", "text", "text?", "bytea", "int8[]", "text[]")
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
INT8 = st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(
    st.tuples(
        st.integers(-(2**15), 2**15 - 1),
        st.none() | INT8,
        st.none() | st.uuids(),
        st.floats(allow_nan=False),
        st.integers(-(2**31), 2**31 - 1),
        TEXTS,
        st.none() | TEXTS,
        st.binary(max_size=20),
        st.lists(INT8, max_size=5),
        st.lists(TEXTS, max_size=5),
    ),
    max_size=8,
)


async def _stream(pieces: list[bytes]) -> AsyncIterator[bytes]:
    yield HEADER
    for piece in pieces:
        yield piece
    yield TRAILER


async def test_rows_come_back_as_they_were(connection: asyncpg.Connection) -> None:
    columns = ", ".join(f"c{n} {name.removesuffix('?')}" for n, name in enumerate(TYPES))
    await connection.execute(f"CREATE TABLE t ({columns})")
    encode = encoder(TYPES)
    seen: list[int] = []

    @given(ROWS)
    def collect(rows: list[tuple[object, ...]]) -> None:
        collected.append(rows)

    collected: list[list[tuple[object, ...]]] = []
    collect()
    for rows in collected:
        await connection.execute("DELETE FROM t")
        await connection.copy_to_table("t", source=_stream(encode(rows)), format="binary")
        found = [tuple(row) for row in await connection.fetch("SELECT * FROM t")]
        assert sorted(map(repr, found)) == sorted(map(repr, rows))
        seen.append(len(rows))
    assert max(seen) > 1


async def test_many_rows_of_fixed_size_are_packed_in_blocks(connection: asyncpg.Connection) -> None:
    await connection.execute("CREATE TABLE t (a int8, b uuid, c int2)")
    rows = [(n, UUID(int=n) if n % 3 else None, n % 7) for n in range(3 * BLOCK + 5)]
    pieces = encoder(("int8", "uuid?", "int2"))(rows)
    await connection.copy_to_table("t", source=_stream(pieces), format="binary")
    assert [tuple(row) for row in await connection.fetch("SELECT * FROM t ORDER BY a")] == rows
    assert len(pieces) < 10
