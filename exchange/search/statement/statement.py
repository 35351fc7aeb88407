"""One SQL statement for one search: matches in order, what they include, and the total.

The caller's authorisation (`Query.allowed`) is a condition of each part, so that neither a match, nor an
included resource, nor a count tells of what the caller may not see.

https://hl7.org/fhir/R4/search.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exchange.search.page.cursor import Cursor
from exchange.search.query.conditions import Tokens
from exchange.search.query.query import Query, SortKey
from exchange.search.statement import access, order
from exchange.search.statement.builder import Builder
from exchange.search.statement.included import included
from exchange.search.statement.matching import matching, rows_of
from exchange.search.statement.order import cast
from exchange.search.statement.plan import Plan

MATCH, INCLUDED, TOTAL, START = 0, 1, 2, 3

# What the cursor of the next page must know of this moment.
BEGINNING = (
    "(SELECT last_value FROM resource_rid) AS rid, NULL::bytea AS body, "
    "pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS mark"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """The SQL of a search. It returns rows (kind, rid, body, mark, k0, k1 …).

    kind MATCH: a match; one more than the page holds if there is another page; `mark` is the transaction that
    wrote it. INCLUDED: a resource that a match includes. TOTAL: `rid` is the number of all matches. START, on
    a first page: `mark` is the oldest transaction still open, `rid` the newest there is.
    needles: of each group, one must occur in the body of a match.
    """

    sql: str
    arguments: tuple[Any, ...]
    needles: tuple[tuple[bytes, ...], ...]


def compile(query: Query, cursor: Cursor | None) -> Statement:
    """The statement of the page after the cursor."""
    b = Builder(rows_of, query.allowed)
    sort = order.sort_of(query)
    plan = plan_of(query, cursor, query.count + 1)
    parts: list[str] = []
    columns = _columns(sort)
    if query.count:
        parts += _page(b, query, access.page(b, plan), sort)
        if cursor is None:
            parts.append(f"SELECT {START} AS kind, {BEGINNING}{columns}")
    if is_counted(query, cursor):
        counted = f"({count(b, plan)}) AS rid, NULL::bytea AS body, NULL::bigint AS mark"
        parts.append(f"SELECT {TOTAL} AS kind, {counted}{columns}")
    return _whole(b, query, parts, sort)


def compile_listed(query: Query, rids: Sequence[int]) -> Statement:
    """The statement of a page whose matches are known already, in this order."""
    b = Builder(rows_of, query.allowed)
    listed = b.argument(list(rids), "bigint[]")
    found = f"SELECT u.rid, u.k0 FROM unnest({listed}) WITH ORDINALITY AS u (rid, k0)"
    return _whole(b, query, _page(b, query, found, (order.PLACE,)), (order.PLACE,))


def compile_gathered(query: Query, limit: int) -> Statement:
    """The statement of all matches in no order, or of as many as the limit."""
    b = Builder(rows_of, query.allowed)
    plan = plan_of(query, None, limit)
    keys = "".join(f", {order.expression(b, key)} AS k{n}" for n, key in enumerate(query.sort))
    found = b.table("page", f"SELECT i.rid{keys} FROM ({matching(b, plan)}) i LIMIT {limit}")
    parts = [_matches(found, len(query.sort)), f"SELECT {START} AS kind, {BEGINNING}{_columns(query.sort)}"]
    return _whole(b, query, parts, query.sort)


def plan_of(query: Query, cursor: Cursor | None, limit: int) -> Plan:
    allowed = query.allowed if query.in_compartment else None
    return Plan(query.resource_type, query.criteria, allowed, order.sort_of(query), cursor, limit)


def _page(b: Builder, query: Query, rows: str, sort: tuple[SortKey, ...]) -> list[str]:
    found = b.table("page", rows)
    parts = [_matches(found, len(sort))]
    if query.inclusions:
        parts.append(_included(b, query, found, sort))
    return parts


def is_counted(query: Query, cursor: Cursor | None) -> bool:
    """Whether the statement counts all matches."""
    if cursor is not None and cursor.total is not None:
        return False
    return query.total == "accurate" or (query.total == "none" and not query.count)


def _whole(b: Builder, query: Query, parts: list[str], sort: tuple[SortKey, ...]) -> Statement:
    keys = "".join(f", k{n} {order.direction(key)} NULLS LAST" for n, key in enumerate(sort))
    united = " UNION ALL ".join(parts)
    with_clause = f"{b.with_clause()}\n" if b.tables else ""
    sql = f"{with_clause}SELECT * FROM ({united}) u ORDER BY kind{keys}, rid {order.tie(sort)}"
    return Statement(sql, tuple(b.arguments), needles_of(query))


def needles_of(query: Query) -> tuple[tuple[bytes, ...], ...]:
    """What must occur in a match's body for its tokens to be those asked for."""
    return tuple(each.needles for each in query.criteria if isinstance(each, Tokens) and each.needles)


def _columns(sort: tuple[SortKey, ...]) -> str:
    return "".join(f", NULL::{cast(key)} AS k{n}" for n, key in enumerate(sort))


def _matches(found: str, keys: int) -> str:
    columns = "".join(f", p.k{n}" for n in range(keys))
    return (
        f"SELECT {MATCH} AS kind, p.rid, r.body, r.mark{columns} FROM {found} p CROSS JOIN LATERAL "
        f"(SELECT body, xmin::text::bigint AS mark FROM resource r WHERE r.rid = p.rid OFFSET 0) r"
    )


def _included(b: Builder, query: Query, found: str, sort: tuple[SortKey, ...]) -> str:
    matches = b.table(
        "match",
        f"SELECT i.* FROM (SELECT * FROM {found} ORDER BY {order.order_by(sort)} LIMIT {query.count}) p "
        f"CROSS JOIN LATERAL (SELECT * FROM resource_index r WHERE r.rid = p.rid OFFSET 0) i",
    )
    return (
        f"SELECT {INCLUDED} AS kind, n.rid, r.body, NULL::bigint AS mark{_columns(sort)} "
        f"FROM {included(b, query, matches)} n CROSS JOIN LATERAL "
        f"(SELECT body FROM resource r WHERE r.rid = n.rid OFFSET 0) r"
    )


def count(b: Builder, plan: Plan) -> str:
    """A query for the number of all matches."""
    if len(plan.criteria) == 1 and plan.allowed is None:
        only = plan.criteria[0]
        if isinstance(only, Tokens) and only.codes:
            codes = b.argument(list(only.codes), "bigint[]")
            what = "*" if len(only.codes) == 1 else "DISTINCT x.rid"
            return f"SELECT count({what}) FROM code_index x WHERE x.code = ANY({codes})"
    return f"SELECT count(*) FROM ({matching(b, plan)}) m"
