"""Run a search: one statement, its page of stored bytes, and the cursor of the next page.

https://hl7.org/fhir/R4/search.html#return
"""

from dataclasses import dataclass
from typing import Any

import asyncpg

from exchange.search import order, statement
from exchange.search.code_sets import resolved
from exchange.search.order import Cursor
from exchange.search.query import Query
from exchange.search.values import refused
from exchange.store.packing import unpack


@dataclass(frozen=True, slots=True)
class Page:
    """The bodies of a page as stored, in order; what they include; the cursor of the next page (the value
    of its `_cursor`), None on the last; the total, None if it was not asked for and did not show by itself.
    """

    bodies: list[bytes]
    included: list[bytes]
    next: str | None
    total: int | None


async def search(connection: asyncpg.Connection, query: Query) -> Page:
    """One page. Raises SearchError for a cursor that is not this search's, or too much to include."""
    query = await resolved(connection, query)
    compiled = statement.compile(query)
    records = await connection.fetch(compiled.sql, *compiled.arguments)
    matches = [record for record in records if record["kind"] == statement.MATCH]
    total = next((record["rid"] for record in records if record["kind"] == statement.TOTAL), None)
    included = {record["rid"]: record["body"] for record in records if record["kind"] == statement.INCLUDED}
    if len(included) > statement.MAX_INCLUDED:
        raise refused("_include", f"The page includes over {statement.MAX_INCLUDED} resources.", "too-costly")
    bodies = _real(matches[: query.count], compiled.needles)
    if total is None and query.cursor is None and len(matches) <= query.count:
        total = len(bodies)
    return Page(
        bodies,
        [unpack(body) for body in included.values() if body is not None],
        _next(query, matches),
        total,
    )


def _real(matches: list[Any], needles: tuple[tuple[bytes, ...], ...]) -> list[bytes]:
    """The bodies that hold what the tokens were made of: those where only a hash met another are dropped."""
    bodies = [unpack(record["body"]) for record in matches if record["body"] is not None]
    for group in needles:
        bodies = [body for body in bodies if any(needle in body for needle in group)]
    return bodies


def _next(query: Query, matches: list[Any]) -> str | None:
    if len(matches) <= query.count:
        return None
    last = matches[query.count - 1]
    values = tuple(last[f"k{n}"] for n in range(len(order.sort_of(query))))
    return order.written(query, Cursor(values, last["rid"]))
