"""One SQL statement for one search: matches in order, what they include, and the total.

The caller's authorisation (`Query.allowed`) is a condition of each part, so that neither a match, nor an
included resource, nor a count tells of what the caller may not see.

https://hl7.org/fhir/R4/search.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from dataclasses import dataclass
from typing import Any

from exchange.search import access, order
from exchange.search.builder import Builder
from exchange.search.order import cast
from exchange.search.plan import Plan
from exchange.search.predicate import member
from exchange.search.query import Inclusion, Query, Tokens
from exchange.store.types import type_number
from mpi.store import PATIENT_KEYS

MAX_INCLUDED = 10_000

MATCH, INCLUDED, TOTAL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Statement:
    """The SQL of a search. It returns rows (kind, rid, body, k0, k1 …).

    kind MATCH: a match; one more than the page holds if there is another page. INCLUDED: a resource that a
    match includes. TOTAL: `rid` is the number of all matches.
    needles: of each group, one must occur in the body of a match.
    """

    sql: str
    arguments: tuple[Any, ...]
    needles: tuple[tuple[bytes, ...], ...]


def compile(query: Query) -> Statement:
    """The statement. Raises SearchError if the query's cursor is not its own."""
    b = Builder(access.rows)
    allowed = query.allowed if query.in_compartment else None
    sort = order.sort_of(query)
    plan = Plan(query.resource_type, query.criteria, allowed, sort, order.read(query), query.count + 1)
    columns = "".join(f", NULL::{cast(key)} AS k{n}" for n, key in enumerate(sort))
    parts: list[str] = []
    if query.count:
        found = b.table("page", access.page(b, plan))
        parts.append(_matches(found, len(sort)))
        parts += [_included(b, query, found, each, columns) for each in query.inclusions]
    if query.total != "none" or not query.count:
        parts.append(f"SELECT {TOTAL} AS kind, ({_count(b, plan)}) AS rid, NULL::bytea AS body{columns}")
    keys = "".join(f", k{n} {order.direction(key)} NULLS LAST" for n, key in enumerate(sort))
    united = " UNION ALL ".join(parts)
    with_clause = f"{b.with_clause()}\n" if b.tables else ""
    sql = f"{with_clause}SELECT * FROM ({united}) u ORDER BY kind{keys}, rid {order.tie(sort)}"
    needles = tuple(each.needles for each in query.criteria if isinstance(each, Tokens) and each.needles)
    return Statement(sql, tuple(b.arguments), needles)


def _matches(found: str, keys: int) -> str:
    columns = "".join(f", p.k{n}" for n in range(keys))
    return (
        f"SELECT {MATCH} AS kind, p.rid, r.body{columns} FROM {found} p CROSS JOIN LATERAL "
        f"(SELECT body FROM resource r WHERE r.rid = p.rid OFFSET 0) r"
    )


def _count(b: Builder, plan: Plan) -> str:
    if len(plan.criteria) == 1 and plan.allowed is None:
        only = plan.criteria[0]
        if isinstance(only, Tokens) and only.codes:
            codes = b.argument(list(only.codes), "bigint[]")
            what = "*" if len(only.codes) == 1 else "DISTINCT x.rid"
            return f"SELECT count({what}) FROM code_index x WHERE x.code = ANY({codes})"
    return f"SELECT count(*) FROM ({access.matching(b, plan)}) m"


def _included(b: Builder, query: Query, found: str, inclusion: Inclusion, columns: str) -> str:
    """The resources that the matches of the page refer to, or that refer to them, but no match again."""
    matches = b.table(
        "match",
        f"SELECT i.* FROM (SELECT * FROM {found} ORDER BY {order.order_by(order.sort_of(query))} "
        f"LIMIT {query.count}) p CROSS JOIN LATERAL "
        f"(SELECT * FROM resource_index r WHERE r.rid = p.rid OFFSET 0) i",
    )
    rids = (_referring if inclusion.reverse else _referred)(b, matches, inclusion)
    seen = f"NOT EXISTS (SELECT 1 FROM {matches} m WHERE m.rid = i.rid)"
    if query.allowed is not None:
        open_types = b.argument([type_number(name) for name in inclusion.open_types], "smallint[]")
        seen += f" AND (i.type = ANY({open_types}) OR {member(b, query.allowed)})"
    included = b.table(
        "included",
        f"SELECT i.rid FROM (SELECT DISTINCT rid FROM ({rids}) d OFFSET 0) c CROSS JOIN LATERAL "
        f"(SELECT * FROM resource_index r WHERE r.rid = c.rid OFFSET 0) i WHERE {seen} "
        f"LIMIT {MAX_INCLUDED + 1}",
    )
    return (
        f"SELECT {INCLUDED} AS kind, n.rid, r.body{columns} FROM {included} n CROSS JOIN LATERAL "
        f"(SELECT body FROM resource r WHERE r.rid = n.rid OFFSET 0) r"
    )


def _referred(b: Builder, matches: str, inclusion: Inclusion) -> str:
    salts = b.argument(list(inclusion.salts), "bigint[]")
    types = b.argument([type_number(name) for name in inclusion.target_types], "smallint[]")
    return (
        f"SELECT t.rid FROM {matches} i CROSS JOIN unnest(i.tokens) k CROSS JOIN unnest({salts}) s "
        f"CROSS JOIN LATERAL (SELECT r.rid FROM resource_index r "
        f"WHERE r.ref = (k # s) AND r.type = ANY({types}) OFFSET 0) t"
    )


def _referring(b: Builder, matches: str, inclusion: Inclusion) -> str:
    number = type_number(inclusion.source_type)
    if inclusion.as_patient:
        keys = PATIENT_KEYS.format(keys=f"ARRAY(SELECT patient FROM {matches})")
        listed = b.array("owner", lambda: keys, "uuid", (matches, inclusion))
        return (
            f"SELECT x.rid FROM unnest({listed}) p CROSS JOIN LATERAL (SELECT r.rid FROM resource_index r "
            f"WHERE r.patient = p AND r.type = {number} OFFSET 0) x"
        )
    salts = b.argument(list(inclusion.salts), "bigint[]")
    tokens = f"SELECT m.ref # s FROM {matches} m CROSS JOIN unnest({salts}) s"
    listed = b.array("referring", lambda: tokens, "bigint", (matches, inclusion))
    return f"SELECT x.rid FROM resource_index x WHERE x.tokens && {listed} AND x.type = {number}"
