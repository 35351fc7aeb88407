"""The cursor that says where a page ended, and what pages promise while others write.

Pages are cut by key, never by offset, and the cursor remembers the moment the paging began: the transactions
that were over (`horizon`) and the newest resource (`newest`). On later pages

- what was created since is not shown;
- what was not touched since is shown exactly once;
- what was changed since is shown at most once: where it stood when the paging began, if it still stands there
  (`exchange.search.page.place`); under an order that no change moves, as by `_id` or by none, that is always;
- what was deleted since is not shown.

A cursor is good for its own search only. It is not secret, and grants nothing: every page is authorised anew.

https://hl7.org/fhir/R4/search.html#count
"""

import base64
import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

from exchange.search.query.query import Query, SortKey
from exchange.search.query.values import refused
from exchange.search.statement.order import cast, sort_of

# What may differ from page to page: how much is shown of what is found.
_VIEW = frozenset(("_count", "_elements", "_format", "_pretty", "_summary", "_total"))
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the last page ended: the sort values of its last row, and its rid.

    horizon  the oldest transaction that was still open when the first page was made
    newest   the greatest rid that had been given out then
    total    the total that the first page told, if it did
    """

    values: tuple[Any, ...]
    rid: int
    horizon: int = 0
    newest: int = 2**63 - 1
    total: int | None = None


def written(query: Query, cursor: Cursor) -> str:
    """The cursor as an opaque text for a URL."""
    content = json.dumps(
        [cursor.rid, cursor.horizon, cursor.newest, cursor.total, *cursor.values], separators=(",", ":")
    ).encode()
    return base64.urlsafe_b64encode(_signature(query, content) + content).decode().rstrip("=")


def read(query: Query) -> Cursor | None:
    """The query's cursor. Raises SearchError if it is not one of ours for this very search."""
    if query.cursor is None:
        return None
    try:
        cursor = _read(query, query.cursor)
    except (ValueError, TypeError, RecursionError):
        cursor = None
    if cursor is None:
        raise refused("_cursor", "This page link is not of this search.")
    return cursor


def _read(query: Query, text: str) -> Cursor | None:
    if len(text) > _LONGEST:
        return None
    whole = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    signature, content = whole[:_SIZE], whole[_SIZE:]
    if signature != _signature(query, content) or written_again(whole) != text:
        return None
    rid, horizon, newest, total, *values = json.loads(content)
    sort = sort_of(query)
    good = all(map(_is_bigint, (rid, horizon, newest))) and (total is None or _is_bigint(total))
    good = good and len(values) == len(sort)
    if not good or not all(_fits(key, value) for key, value in zip(sort, values, strict=True)):
        return None
    return Cursor(tuple(values), rid, horizon, newest, total)


def written_again(whole: bytes) -> str:
    """The one spelling of these bytes: base64 has bits to spare, in which a cursor could be altered."""
    return base64.urlsafe_b64encode(whole).decode().rstrip("=")


_SIZE = 8


def _signature(query: Query, content: bytes) -> bytes:
    """Of the cursor's content together with what is searched for and the order of the results."""
    asked = [pair for pair in query.accepted if pair[0] not in _VIEW]
    of = repr((query.resource_type, asked, sort_of(query))).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(of + content, digest_size=_SIZE).digest()


def _is_bigint(value: object) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


def _fits(key: SortKey, value: object) -> bool:
    match value:
        case None:
            return key.source not in ("id", "updated")
        case str():
            return cast(key) == "text" and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)
        case float():
            return cast(key) == "float8" and not math.isnan(value)
        case _:
            return _is_bigint(value) and cast(key) in ("bigint", "float8")
