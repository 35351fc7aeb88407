"""Jobs in the database: asked for, taken, told of, ended.

https://www.postgresql.org/docs/18/sql-select.html#SQL-FOR-UPDATE-SHARE
"""

import json
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from exchange.jobs.job import Cancelled, Job, Kickoff, State
from exchange.store.connection import Connection
from exchange.trust.grant import Grant

COLUMNS: Final = (
    "id, kind, client, hospital, allowed, request, state, progress, told, result, status, created, updated"
)

ENQUEUE: Final = """
INSERT INTO job (id, kind, client, hospital, allowed, request, state, created, updated)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $7)"""

# How many jobs of a client are not at their end.
OPEN: Final = "SELECT count(*) FROM job WHERE client = $1 AND state IN ('waiting', 'running')"

# The oldest job that nobody works at.
CLAIM: Final = f"""
UPDATE job SET state = 'running', lease = $2, updated = $1 WHERE id = (
    SELECT id FROM job
    WHERE state = 'waiting' OR (state = 'running' AND lease < $1)
    ORDER BY created LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING {COLUMNS}"""  # noqa: S608 - fixed

TELL: Final = """
UPDATE job SET progress = $2, told = $3, updated = $4, lease = $5 WHERE id = $1 AND state = 'running'
RETURNING id"""

RENEW: Final = "UPDATE job SET lease = $2 WHERE id = $1 AND state = 'running' RETURNING id"

END: Final = """
UPDATE job SET state = $2, result = $3, status = $4, updated = $5, lease = NULL
WHERE id = $1 AND state = 'running' RETURNING id"""

# The job is left to whoever comes next.
RELEASE: Final = "UPDATE job SET state = 'waiting', lease = NULL WHERE id = $1 AND state = 'running'"

CANCEL: Final = "UPDATE job SET state = 'cancelled', updated = $2, lease = NULL WHERE id = $1"

OF_CLIENT: Final = f"SELECT {COLUMNS} FROM job WHERE id = $1 AND client = $2"  # noqa: S608 - fixed

# Jobs that ended, or were given up, long ago.
EXPIRE: Final = """
DELETE FROM job WHERE updated < $1 AND state NOT IN ('waiting', 'running') RETURNING id"""


async def enqueue(connection: Connection, id_: UUID, asked: Kickoff, instant: datetime) -> None:
    """The job waits for a hub to take it."""
    grant = asked.grant
    allowed = sorted(f"{kind}.{letter}" for kind, letter in grant.allowed)
    given = (asked.kind, grant.client_id, grant.hospital, allowed, json.dumps(asked.request))
    await connection.execute(ENQUEUE, id_, *given, instant)


async def count_open(connection: Connection, client: str) -> int:
    """How many jobs of a client are under way or waiting."""
    count: int = await connection.fetchval(OPEN, client)
    return count


async def claim(connection: Connection, instant: datetime, lease: timedelta) -> Job | None:
    """A job to work at; nobody else gets it before the lease is over."""
    record = await connection.fetchrow(CLAIM, instant, instant + lease)
    return None if record is None else _job(record)


async def tell(
    connection: Connection,
    id_: UUID,
    progress: dict[str, Any],
    told: str,
    instant: datetime,
    lease: timedelta,
) -> None:
    """Raises Cancelled if the job is not to go on."""
    given = (json.dumps(progress), told, instant, instant + lease)
    if await connection.fetchval(TELL, id_, *given) is None:
        raise Cancelled


async def renew(connection: Connection, id_: UUID, until: datetime) -> bool:
    """Whether the job is still ours to work at."""
    return await connection.fetchval(RENEW, id_, until) is not None


async def end(
    connection: Connection,
    id_: UUID,
    state: State,
    result: bytes,
    status: int,
    instant: datetime,
) -> bool:
    """Whether it was still running: a job that was cancelled meanwhile stays so."""
    return await connection.fetchval(END, id_, state, result.decode(), status, instant) is not None


async def release(connection: Connection, id_: UUID) -> None:
    """Another hub may go on with the job, or this one when it starts again."""
    await connection.execute(RELEASE, id_)


async def cancel(connection: Connection, id_: UUID, instant: datetime) -> None:
    """Whoever works at it stops when it next tells of it."""
    await connection.execute(CANCEL, id_, instant)


async def job_of(connection: Connection, id_: UUID, client: str) -> Job | None:
    """The job, if this client asked for it."""
    record = await connection.fetchrow(OF_CLIENT, id_, client)
    return None if record is None else _job(record)


async def expire(connection: Connection, before: datetime) -> list[UUID]:
    """Forgets jobs that ended before; gives back which."""
    return [record["id"] for record in await connection.fetch(EXPIRE, before)]


def _job(record: Any) -> Job:
    pairs = (pair.rpartition(".") for pair in record["allowed"])
    grant = Grant(
        record["client"], record["hospital"], frozenset((kind, letter) for kind, _, letter in pairs)
    )
    return Job(
        record["id"],
        record["kind"],
        grant,
        json.loads(record["request"]),
        record["state"],
        _value(record["progress"]),
        record["told"],
        None if record["result"] is None else record["result"].encode(),
        record["status"],
        record["created"],
        record["updated"],
    )


def _value(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)
