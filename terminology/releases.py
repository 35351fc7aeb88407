"""Large code systems between memory and the database. Functions take an open connection and never commit.

https://hl7.org/fhir/R4/codesystem.html
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from terminology.code_system import Header

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

BEGIN: Final = """
INSERT INTO concept_release (url, version, header, loaded) VALUES ($1, $2, $3::jsonb, $4) RETURNING release"""

PUT: Final = "INSERT INTO concept_part (release, part, body) VALUES ($1, $2, $3)"

FINISH: Final = "UPDATE concept_release SET finished = true, concepts = $2 WHERE release = $1"

# The same version loaded before, and what was given up half way: both go when a release is finished.
SUPERSEDED: Final = """
SELECT o.release FROM concept_release o JOIN concept_release n
    ON n.release = $1 AND o.url = n.url AND o.version = n.version AND o.release < n.release"""

REMOVE_PARTS: Final = "DELETE FROM concept_part WHERE release = ANY($1::bigint[])"

REMOVE: Final = "DELETE FROM concept_release WHERE release = ANY($1::bigint[])"

THERE: Final = "SELECT release, header FROM concept_release WHERE finished ORDER BY release"

PARTS: Final = "SELECT body FROM concept_part WHERE release = $1 ORDER BY part"


@dataclass(frozen=True, slots=True)
class Stored:
    release: int
    header: Header


async def begin(connection: Connection, header: Header, now: datetime) -> int:
    """The number of a release that is not there for anybody yet."""
    said = json.dumps(asdict(header), ensure_ascii=False)
    release: int = await connection.fetchval(BEGIN, header.url, header.version, said, now)
    return release


async def put(connection: Connection, release: int, part: int, body: bytes) -> None:
    await connection.execute(PUT, release, part, body)


async def finish(connection: Connection, release: int, concepts: int) -> None:
    """In place of the same version loaded before; call inside a transaction."""
    await connection.execute(FINISH, release, concepts)
    gone = [each["release"] for each in await connection.fetch(SUPERSEDED, release)]
    await remove(connection, gone)


async def remove(connection: Connection, releases: Sequence[int]) -> None:
    await connection.execute(REMOVE_PARTS, releases)
    await connection.execute(REMOVE, releases)


async def there(connection: Connection) -> list[Stored]:
    return [Stored(each["release"], _header(each["header"])) for each in await connection.fetch(THERE)]


async def parts_of(connection: Connection, release: int) -> list[bytes]:
    return [each["body"] for each in await connection.fetch(PARTS, release)]


def _header(said: Any) -> Header:
    return Header(**(json.loads(said) if isinstance(said, str) else said))
