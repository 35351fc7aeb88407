"""Messages queued again, step by step: whoever takes the next step goes on where the last one ended.

https://www.postgresql.org/docs/18/sql-update.html

What is queued goes the ordinary way, in the order it came. What is made the same is not written again, and a
message finds its place among those that told of the same patient: replaying twice is replaying once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from exchange.store.connection import Connection

# Which messages are meant. Of a corrected one only the copy is replayed, of a discarded one nothing.
CHOSEN: Final = """
    i.state = ANY(CASE WHEN a.processed THEN '{quarantined,processed}'::text[] ELSE '{quarantined}' END)
    AND (a.ids IS NULL OR i.id = ANY(a.ids)) AND (a.hospital IS NULL OR i.hospital = a.hospital)
    AND (a.message_type IS NULL OR i.message_type = a.message_type)
    AND (a.since IS NULL OR i.received >= a.since) AND (a.until IS NULL OR i.received < a.until)
    AND (a.map_version IS NULL OR i.map_version = a.map_version)
    AND (a.not_map_version IS NULL OR i.map_version IS DISTINCT FROM (
        SELECT coalesce(v.told ->> i.hospital, v.told ->> '') FROM (SELECT a.not_map_version ->
            CASE WHEN i.channel IN ('v3', 'documents') THEN 'documents' ELSE 'messages' END AS told) v))"""
ASKED: Final = """jsonb_to_record($1::jsonb) AS a (ids bigint[], hospital text, message_type text,
    since timestamptz, until timestamptz, processed boolean, map_version text, not_map_version jsonb)"""

# How many messages are meant, and of which state.
COUNT: Final = f"""
SELECT i.state, count(*) AS number FROM inbox i, {ASKED} WHERE {CHOSEN} GROUP BY i.state"""  # noqa: S608 - fixed

# Those meant, the first of them.
LIST: Final = f"""
SELECT i.id, i.received, i.hospital, i.channel, i.sender, i.control_id, i.message_type, i.state,
    i.map_version, i.issues
FROM inbox i, {ASKED} WHERE {CHOSEN} ORDER BY i.id LIMIT $2"""  # noqa: S608 - fixed

# A replay of everything that is meant and here by now.
BEGIN: Final = """
INSERT INTO inbox_replay (asked, actor, begun, last, reached)
SELECT $1::jsonb, $2, $3, coalesce(max(id), 0), 0 FROM inbox
RETURNING id, asked::text, actor, begun, last, reached, requeued, ended"""

FIND: Final = """
SELECT id, asked::text, actor, begun, last, reached, requeued, ended FROM inbox_replay WHERE id = $1"""

LATEST: Final = """
SELECT id, asked::text, actor, begun, last, reached, requeued, ended FROM inbox_replay
ORDER BY id DESC LIMIT $1"""

# The next of them wait again. The answer that was sent stays, unless there was no result yet.
STEP: Final = f"""
WITH next AS (
    SELECT i.id FROM inbox i, {ASKED} WHERE {CHOSEN} AND i.id > $2 AND i.id <= $3
    ORDER BY i.id LIMIT $4 FOR UPDATE OF i
), queued AS (
    UPDATE inbox i SET state = 'received', replay = $5, processed = NULL, keeper = NULL,
        acknowledgement_code = CASE WHEN i.state = 'processed' THEN i.acknowledgement_code END,
        acknowledgement = CASE WHEN i.state = 'processed' THEN i.acknowledgement END
    FROM next WHERE i.id = next.id
    RETURNING i.id
)
SELECT count(*) AS number, max(id) AS reached FROM queued"""  # noqa: S608 - fixed

REACHED: Final = """
UPDATE inbox_replay SET reached = $2, requeued = requeued + $3, ended = $4 WHERE id = $1"""

# How many messages wait, whoever queued them.
WAITING: Final = "SELECT count(*) FROM inbox WHERE state = 'received'"

# What became of those that a replay queued and nobody queued after it.
OUTCOME: Final = """
SELECT state, count(*) AS number FROM inbox WHERE replay = $1 AND id <= $2 GROUP BY state"""

Current = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which messages: None leaves it open. `message_type` as `ADT^A08`. With `processed` not only quarantined
    ones. `not_map_version` has by form (`messages`, `documents`) and hospital the version that is not meant;
    "" is every other hospital."""

    ids: Sequence[int] | None = None
    hospital: str | None = None
    message_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    processed: bool = False
    map_version: str | None = None
    not_map_version: Current | None = None

    def json(self) -> str:
        """As PostgreSQL reads it."""
        return msgspec.json.encode(
            {name: value for name, value in asdict(self).items() if value is not None}
        ).decode()


@dataclass(frozen=True, slots=True)
class Replay:
    """What was `asked` for, how many it `requeued` so far, and the message that it `reached`."""

    id: int
    asked: str
    actor: str
    begun: datetime
    last: int
    reached: int
    requeued: int
    ended: datetime | None


async def count(connection: Connection, chosen: Chosen) -> dict[str, int]:
    """How many messages are meant, by state."""
    return {each["state"]: each["number"] for each in await connection.fetch(COUNT, chosen.json())}


async def listed(connection: Connection, chosen: Chosen, most: int) -> list[dict[str, Any]]:
    """The first messages that are meant; nothing of it is said in them."""
    return [dict(each) for each in await connection.fetch(LIST, chosen.json(), most)]


async def begin(connection: Connection, chosen: Chosen, actor: str, instant: datetime) -> Replay:
    [made] = await connection.fetch(BEGIN, chosen.json(), actor, instant)
    return Replay(**made)


async def find(connection: Connection, id_: int) -> Replay | None:
    found = await connection.fetchrow(FIND, id_)
    return Replay(**found) if found else None


async def latest(connection: Connection, most: int) -> list[Replay]:
    return [Replay(**each) for each in await connection.fetch(LATEST, most)]


async def step(connection: Connection, replay: Replay, most: int, instant: datetime) -> Replay:
    """Queues at most so many more, in the caller's transaction; it has ended when none was left."""
    [found] = await connection.fetch(STEP, replay.asked, replay.reached, replay.last, most, replay.id)
    ended = instant if found["number"] < most else None
    reached = replay.last if ended else found["reached"]
    await connection.execute(REACHED, replay.id, reached, found["number"], ended)
    again = await find(connection, replay.id)
    assert again is not None
    return again


async def requeue(
    connection: Connection, chosen: Chosen | None = None, actor: str = "", instant: datetime | None = None
) -> int:
    """All of them at once; how many they are. A running hub finds them within seconds."""
    now: datetime = instant or await connection.fetchval("SELECT now()")
    replay = await begin(connection, chosen or Chosen(), actor, now)
    return (await step(connection, replay, replay.last + 1, now)).requeued


async def waiting(connection: Connection) -> int:
    number: int = await connection.fetchval(WAITING)
    return number


async def outcome(connection: Connection, replay: Replay) -> dict[str, int]:
    """How many of its messages are of what state."""
    found = await connection.fetch(OUTCOME, replay.id, replay.last)
    return {each["state"]: each["number"] for each in found}
