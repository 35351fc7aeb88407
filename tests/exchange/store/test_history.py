"""The history of types equals what a list of all that was written says, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from exchange.store.batch import Write
from exchange.store.history import EVER, LAST_VERSION, Place, Span, Version, of_one, of_types
from exchange.store.transact import transact

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [("Basic", "a"), ("Basic", "b"), ("Flag", "c"), ("Flag", "d")]

steps = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["update", "update", "delete"]), st.integers(0, 2)),
    max_size=14,
)


@dataclass(frozen=True)
class Event:
    """A version, and until when it was current (None: it still is)."""

    name: tuple[str, str]
    version: int
    second: int
    deleted: bool
    until: int | None


def events_of(written: Sequence[tuple[tuple[str, str], int, int, bool]]) -> list[Event]:
    found = []
    for n, (name, version, second, deleted) in enumerate(written):
        later = [s for other, _, s, _ in written[n + 1 :] if other == name]
        found.append(Event(name, version, second, deleted, later[0] if later else None))
    return found


def is_in(event: Event, since: int | None, at: int | None) -> bool:
    if since is not None and event.second < since:
        return False
    if at is None:
        return True
    if event.second >= at + 1:
        return False
    return event.second >= at if event.deleted else event.until is None or event.until > at


def told(version: Version) -> tuple[tuple[str, str], int, bool]:
    return (version.type, version.id), version.version, version.body is None


async def write(
    connection: asyncpg.Connection, made: Sequence[tuple[tuple[str, str], str, int]]
) -> list[tuple[tuple[str, str], int, int, bool]]:
    """What became of it: name, version, second, whether it is a deletion."""
    written = []
    second = 0
    for number, (name, action, pause) in enumerate(made):
        second += pause
        head = b'{"resourceType":"%b","id":"%b","meta":{' % (name[0].encode(), name[1].encode())
        content = (head, b'},"n":%d}' % number) if action == "update" else (b"", b"")
        one = Write("update" if action == "update" else "delete", *name, *content)
        (outcome,) = await transact(connection, [one], START + timedelta(seconds=second))
        if outcome.status in ("created", "updated", "deleted"):
            written.append((name, outcome.version, second, action == "delete"))
    return written


@given(steps, st.sampled_from([None, 0, 2, 5]), st.sampled_from([None, 0, 1, 3, 9]), st.integers(1, 6))
async def test_pages_tell_what_was_written(
    connection: asyncpg.Connection,
    made: list[tuple[tuple[str, str], str, int]],
    since: int | None,
    at: int | None,
    count: int,
) -> None:
    await connection.execute("TRUNCATE resource, history, resource_index")
    events = events_of(await write(connection, made))
    span = EVER
    if since is not None or at is not None:
        low = (
            {}
            if at is None
            else {"low": START + timedelta(seconds=at), "high": START + timedelta(seconds=at + 1)}
        )
        span = Span(**({} if since is None else {"since": START + timedelta(seconds=since)}), **low)
    expected = {(event.name, event.version, event.deleted) for event in events if is_in(event, since, at)}
    seen: list[Version] = []
    place = Place()
    while page := await of_types(connection, ["Basic", "Flag"], count, place, span):
        assert len(page) <= count
        seen += page
        place = Place(page[-1].updated, page[-1].rid, page[-1].version)
    assert len(seen) == len(expected)
    assert set(map(told, seen)) == expected
    assert seen == sorted(seen, key=lambda one: (one.updated, one.rid, one.version), reverse=True)
    for name in NAMES:
        own = await of_one(connection, *name, 100, LAST_VERSION, span)
        assert [told(one) for one in own] == [told(one) for one in seen if (one.type, one.id) == name]
