"""PostgreSQL's plans of what the patient index asks, while the index is young. Named SQL.

Statements are planned once, by how large the tables were. Autovacuum looks once a minute: a load would have
told many thousands by then by plans that read whole tables. https://www.postgresql.org/docs/18/sql-analyze.html
"""

from typing import Final

from mpi.rows import Connection

ENOUGH: Final = 1000
"""As many records tell what the tables will be like."""

TABLES: Final = ("mpi_record", "mpi_person", "mpi_link", "mpi_key", "mpi_reach", "mpi_review")
YOUNG: Final = "SELECT NOT EXISTS (SELECT FROM mpi_record OFFSET $1)"
ANALYZE: Final = f"ANALYZE {', '.join(TABLES)}"


async def are_to_be_made(connection: Connection) -> bool:
    """Whether there are fewer records than tell anything."""
    young: bool = await connection.fetchval(YOUNG, ENOUGH)
    return young


async def make(connection: Connection) -> None:
    """Plans that are in use are made anew too, in every session."""
    await connection.execute(ANALYZE)
