"""Rows of binary COPY: PostgreSQL reads what was meant."""

import asyncpg

from mpi.first_load.binary import NULL, array, field, pieces


async def test_rows_are_read_as_they_were_meant(connection: asyncpg.Connection) -> None:
    await connection.execute("CREATE TEMPORARY TABLE told (name text, keys bigint[], rules smallint[])")
    rows = [
        (3).to_bytes(2)
        + field("王伟\t\\".encode())
        + array("bigint", [(-1).to_bytes(8, signed=True)] * 2)
        + NULL,
        (3).to_bytes(2) + NULL + array("bigint", []) + array("smallint", [(7).to_bytes(2)]),
    ]
    await connection.copy_to_table("told", source=pieces(iter(rows)), format="binary")
    found = [tuple(row) for row in await connection.fetch("SELECT * FROM told")]
    assert found == [("王伟\t\\", [-1, -1], None), (None, [], [7])]
