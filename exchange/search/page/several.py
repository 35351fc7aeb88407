"""One page over several types, each searched by itself.

In turn, one type follows the other, and a page asks only those that it shows. Merged by `_lastUpdated` or
`_id`, every type is asked. Either way the cursor says of each type that is not at its end where it stands, so
the pages promise what those of one type do (`exchange.search.page.cursor`).

https://hl7.org/fhir/R4/http.html#search
"""

import heapq
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import asyncpg

from exchange.fhirjson import identity
from exchange.search.index.extract import Extraction
from exchange.search.page.execute import Page, search
from exchange.search.query.query import Query
from exchange.search.query.values import refused
from terminology.issue import Issue

# By what the stored bodies themselves can be merged.
SORTABLE: Final = frozenset(("_lastUpdated", "_id"))


@dataclass(frozen=True, slots=True)
class Cursors:
    """Of each type that has more its cursor, None at its beginning; `total` is what the first page told."""

    types: Mapping[str, str | None]
    total: int | None = None


@dataclass(slots=True)
class Merged:
    """`next` is None on the last page."""

    bodies: list[bytes] = field(default_factory=list)
    included: list[bytes] = field(default_factory=list)
    issues: tuple[Issue, ...] = ()
    next: Cursors | None = None


class Search:
    """Searches each type on one connection; all queries are of the same parameters."""

    def __init__(
        self, connection: asyncpg.Connection, queries: Mapping[str, Query], extraction: Extraction
    ) -> None:
        self._connection = connection
        self._queries = queries
        self._extraction = extraction

    async def page(self, at: Cursors) -> Merged:
        """The page that begins at the cursors."""
        first = next((self._queries[name] for name in at.types), None)
        if first is None or not first.count:
            return Merged()
        return await (self._sorted(at, first) if first.sort else self._in_turn(at, first.count))

    async def total(self) -> int:
        """The sum over all types; an estimate if that was asked for."""
        pages = [await self._run(_counting(query)) for query in self._queries.values()]
        return sum(page.total or 0 for page in pages)

    async def _in_turn(self, at: Cursors, count: int) -> Merged:
        """A full page looks whether there is more before it says so."""
        merged = Merged()
        left = dict(at.types)
        for name, cursor in at.types.items():
            free = count - len(merged.bodies)
            page = await self._run(replace(self._queries[name], cursor=cursor, count=free or 1))
            if not free and (page.bodies or page.next):
                merged.next = Cursors(left, at.total)
                break
            if free:
                _add(merged, page, page.bodies)
            if page.next is not None:
                merged.next = Cursors(left | {name: page.next}, at.total)
                break
            del left[name]
        return merged

    async def _sorted(self, at: Cursors, first: Query) -> Merged:
        queries = {name: replace(self._queries[name], cursor=cursor) for name, cursor in at.types.items()}
        pages = {name: await self._run(query) for name, query in queries.items()}
        streams = ([(body, name) for body in page.bodies] for name, page in pages.items())
        key, descending = _key(first), first.sort[0].descending
        ordered = heapq.merge(*streams, key=lambda row: key(row[0]), reverse=descending)
        shown = [row for _, row in zip(range(first.count), ordered, strict=False)]
        merged, left = Merged(), dict(at.types)
        for name, page in pages.items():
            own = [body for body, of in shown if of == name]
            if own != page.bodies:
                page = await self._shortened(queries[name], page, len(own))
            left[name] = page.next if own else left[name]
            if left[name] is None and (own or not page.bodies):
                del left[name]
            if own:
                _add(merged, page, ())
        merged.bodies = [body for body, _ in shown]
        merged.next = Cursors(left, at.total) if left else None
        return merged

    async def _shortened(self, query: Query, page: Page, matches: int) -> Page:
        """The page with fewer matches, for its cursor and what it includes. A page may pass over rows, so one
        as long as its matches may end too early."""
        for count in range(matches, query.count if matches else 0):
            found = await self._run(replace(query, count=count))
            if found.bodies == page.bodies[:matches]:
                return found
        return page

    async def _run(self, query: Query) -> Page:
        return await search(self._connection, query, self._extraction)


def written(cursors: Cursors) -> str:
    """The value of `_cursor`; of what is in it all may stand in a URL."""
    total = "" if cursors.total is None else str(cursors.total)
    return "~".join((total, *(part for name, at in cursors.types.items() for part in (name, at or ""))))


def read(text: str, types: Collection[str]) -> Cursors:
    """Raises SearchError for what `written` did not write for some of these types."""
    total, *parts = text.split("~")
    names = parts[::2]
    good = len(parts) % 2 == 0 and 0 < len(set(names)) == len(names) and set(names) <= set(types)
    if not good or not re.fullmatch(r"[0-9]{0,12}", total, re.ASCII):
        raise refused("_cursor", "This page link is not of this search.")
    cursors = {name: at or None for name, at in zip(names, parts[1::2], strict=True)}
    return Cursors(cursors, int(total) if total else None)


def _add(merged: Merged, page: Page, bodies: Collection[bytes]) -> None:
    """What is included by one type may be a match of another."""
    merged.bodies += bodies
    known = set(map(identity, merged.included))
    merged.included += [body for body in page.included if identity(body) not in known]
    merged.issues = tuple(dict.fromkeys((*merged.issues, *page.issues)))


def _counting(query: Query) -> Query:
    if query.total == "estimate":
        return replace(query, count=1, inclusions=())
    return replace(query, count=0, total="accurate")


def _key(query: Query) -> Callable[[bytes], bytes]:
    """What a stored body is sorted by."""
    if query.sort[0].source == "id":
        return lambda body: identity(body)[1]
    return lambda body: body.partition(_UPDATED)[2][:_INSTANT]


_UPDATED: Final = b'"lastUpdated":"'
_INSTANT: Final = len("2026-01-01T00:00:00.000Z")
