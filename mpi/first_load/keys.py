"""The keys of a first load: a table of their own, whole and indexed, that takes the place of the empty one.

Nothing refers to keys, and they are as much as all else together; so a session of its own makes them
meanwhile. Until they are needed nobody sees them, and what a load that was killed has left is made anew.
Named SQL.

https://www.postgresql.org/docs/18/sql-altertable.html
"""

from typing import Final

from mpi.rows import Connection

DROP: Final = "DROP TABLE IF EXISTS mpi_staged_key"
BEGIN: Final = "CREATE TABLE mpi_staged_key (LIKE mpi_key INCLUDING ALL EXCLUDING INDEXES)"
FILL: Final = """
INSERT INTO mpi_staged_key (key, rule, record)
SELECT unnest(s.keys), unnest(s.rules), l.record FROM mpi_staged s JOIN mpi_staged_link l USING (number)
"""
INDEX: Final = (
    "CREATE INDEX mpi_staged_key_record ON mpi_staged_key (record)",
    "ALTER TABLE mpi_staged_key ADD CONSTRAINT mpi_staged_key_pkey PRIMARY KEY (key, rule, record)",
)
TIDY: Final = "VACUUM (ANALYZE) mpi_staged_key"
REPLACE: Final = (
    "DROP TABLE mpi_key",
    "ALTER TABLE mpi_staged_key RENAME TO mpi_key",
    "ALTER INDEX mpi_staged_key_pkey RENAME TO mpi_key_pkey",
    "ALTER INDEX mpi_staged_key_record RENAME TO mpi_key_record",
)


async def begin(connection: Connection) -> None:
    """An empty table; before anybody locks that of the index."""
    await connection.execute(DROP)
    await connection.execute(BEGIN)


async def fill(connection: Connection) -> None:
    await connection.execute(FILL)
    for statement in INDEX:
        await connection.execute(statement)


async def tidy(connection: Connection) -> None:
    """For the planner and index-only scans; outside a transaction."""
    await connection.execute(TIDY)


async def replace(connection: Connection) -> None:
    """What was filled is the index's from now on; inside the transaction that places all else."""
    for statement in REPLACE:
        await connection.execute(statement)


async def forget(connection: Connection) -> None:
    await connection.execute(DROP)
