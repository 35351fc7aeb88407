"""Run a search: one statement, its page of stored bytes, and the cursor of the next page.

https://hl7.org/fhir/R4/search.html#return
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from exchange.search.codes.code_sets import resolved
from exchange.search.index.extract import Extraction
from exchange.search.page import arranged, cursor, place
from exchange.search.page.counts import Counts
from exchange.search.page.cursor import Cursor
from exchange.search.page.named import named
from exchange.search.query.lists import with_lists
from exchange.search.query.query import Query
from exchange.search.query.values import refused
from exchange.search.statement import order, statement
from exchange.search.statement.estimate import affordable, estimate
from exchange.search.statement.included import MAX_INCLUDED
from exchange.search.statement.shape import compiled
from exchange.store.packing import unpack
from terminology.issue import Issue

TOO_MUCH = (
    f"The page includes over {MAX_INCLUDED} resources: ask for fewer matches, or for less of what they name."
)


@dataclass(frozen=True, slots=True)
class Page:
    """The bodies of a page as stored, in order; what they include; the cursor of the next page (the value
    of its `_cursor`), None on the last; the total, None if it was not asked for and did not show by itself.
    `issues` tell what of the page is not as it was asked for.
    """

    bodies: list[bytes]
    included: list[bytes]
    next: str | None
    total: int | None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A page's rows (rid, body, mark, k0 …), one more than it holds if there are others; the rows included;
    the number of all matches, if it was counted; what the next cursor must know of the beginning."""

    matches: Sequence[Any]
    included: Sequence[Any]
    total: int | None
    beginning: Cursor
    needles: tuple[tuple[bytes, ...], ...]


async def search(
    connection: asyncpg.Connection,
    query: Query,
    extraction: Extraction | None = None,
    counts: Counts | None = None,
) -> Page:
    """One page. Raises SearchError for a cursor that is not this search's, or too much to include.

    `extraction` tells where a resource stood that is changed while a client pages; without it such a resource
    is left out, unless its place cannot change. `counts` remember what was counted.
    """
    query = await with_lists(connection, await resolved(connection, query))
    at = cursor.read(query)
    number = None
    if counts is not None and statement.is_counted(query, at):
        number = await counts.count(connection, query)
        if number is not None and not query.count:
            return Page([], [], None, number)
        if number is not None:
            query = replace(query, total="none")
    if not query.count and not statement.is_counted(query, at):
        return Page([], [], None, at.total if at is not None else await estimate(connection, query, 0))
    if order.needs_content(query.sort):
        found = _found(*await arranged.fetch(connection, query, at), at)
    else:
        made = compiled(query, at)
        found = _found(await connection.fetch(made.sql, *made.arguments), made.needles, at)
    matches = list(found.matches[: query.count])
    if at is not None:
        matches = await place.unmoved(connection, matches, order.sort_of(query), at, extraction)
    bodies = _real(matches, found.needles)
    total = number
    if total is None:
        total = await _total(connection, query, at, found, len(bodies))
    included, issues = await _included(connection, query, found.included, bodies)
    return Page(bodies, included, _next(query, found, total), total, issues)


def _found(records: Sequence[Any], needles: tuple[tuple[bytes, ...], ...], at: Cursor | None) -> _Found:
    matches = [record for record in records if record["kind"] == statement.MATCH]
    included, total, beginning = [], None, at or Cursor((), 0)
    for record in records[len(matches) :]:  # they come in the order of their kind
        match record["kind"]:
            case statement.INCLUDED:
                included.append(record)
            case statement.TOTAL:
                total = record["rid"]
            case statement.START:
                beginning = Cursor((), 0, record["mark"], record["rid"])
    return _Found(matches, included, total, beginning, needles)


def _real(matches: Sequence[Any], needles: tuple[tuple[bytes, ...], ...]) -> list[bytes]:
    """The bodies that hold what the tokens were made of: those where only a hash met another are dropped."""
    bodies = [unpack(record["body"]) for record in matches if record["body"] is not None]
    for group in needles:
        if len(group) == 1:
            (only,) = group
            bodies = [body for body in bodies if only in body]
            continue
        bodies = [body for body in bodies if any(needle in body for needle in group)]
    return bodies


async def _total(
    connection: asyncpg.Connection, query: Query, at: Cursor | None, found: _Found, shown: int
) -> int | None:
    """What the first page told holds for all; a page that holds everything needs no counting."""
    if found.total is not None:
        return found.total
    if at is not None:
        return at.total
    if query.count and len(found.matches) <= query.count:
        return shown
    if query.total == "affordable":
        return await affordable(connection, query)
    return await estimate(connection, query, shown) if query.total == "estimate" else None


async def _included(
    connection: asyncpg.Connection, query: Query, rows: Sequence[Any], bodies: Sequence[bytes]
) -> tuple[list[bytes], tuple[Issue, ...]]:
    issues: tuple[Issue, ...] = ()
    if len(rows) > MAX_INCLUDED:
        if not query.lenient:
            raise refused("_include", TOO_MUCH, "too-costly")
        rows, issues = rows[:MAX_INCLUDED], (Issue("warning", "too-costly", TOO_MUCH, "_include"),)
    held = {row["rid"]: unpack(row["body"]) for row in rows if row["body"] is not None}
    return (await named(connection, query, held, bodies) if held else []), issues


def _next(query: Query, found: _Found, total: int | None) -> str | None:
    if not query.count or len(found.matches) <= query.count:
        return None
    last = found.matches[query.count - 1]
    values = tuple(last[f"k{n}"] for n in range(len(order.sort_of(query))))
    return cursor.written(query, replace(found.beginning, values=values, rid=last["rid"], total=total))
