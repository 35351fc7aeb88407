"""The latest matches of each code, for `$lastn`: one statement.

https://hl7.org/fhir/R4/observation-operation-lastn.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from typing import Any

from exchange.search.query.query import Query
from exchange.search.statement.builder import Builder
from exchange.search.statement.matching import matching, rows_of
from exchange.search.statement.statement import plan_of

# Matches that are looked at: more than one patient has of a kind.
MOST_MATCHES = 100_000
# Matches without a code that are looked at: what they are is text alone.
MOST_UNCODED = 1_000


def compile_latest(query: Query, most: int) -> tuple[str, tuple[Any, ...]]:
    """Rows (rid, ts, codes, body): of each code the first `most` matches, of those without one all;
    and, without rid and body, the codes that some match has together."""
    b = Builder(rows_of, query.allowed)
    plan = plan_of(query, None, 0)
    found = b.table("found", f"SELECT i.rid, i.ts FROM ({matching(b, plan)}) i LIMIT {MOST_MATCHES}")
    coded = b.table(
        "coded",
        f"SELECT m.rid, m.ts, ARRAY(SELECT x.code FROM code_index x WHERE x.rid = m.rid ORDER BY x.code) "
        f"AS codes FROM {found} m",
    )
    latest = "ts DESC NULLS LAST, rid DESC"
    ranked = b.table(
        "ranked",
        f"SELECT m.rid, m.ts, m.codes, row_number() OVER (PARTITION BY c.code ORDER BY m.{latest}) AS place "
        f"FROM {coded} m CROSS JOIN LATERAL unnest(m.codes) c (code)",
    )
    uncoded = b.table(
        "uncoded", f"SELECT * FROM {coded} WHERE codes = '{{}}' ORDER BY {latest} LIMIT {MOST_UNCODED}"
    )
    chosen = (
        f"SELECT DISTINCT rid, ts, codes FROM {ranked} WHERE place <= {b.argument(most, 'bigint')} "
        f"UNION ALL SELECT rid, ts, codes FROM {uncoded}"
    )
    sql = (
        f"{b.with_clause()}\nSELECT k.rid, k.ts, k.codes, r.body "
        f"FROM ({chosen}) k LEFT JOIN resource r USING (rid) "
        f"UNION ALL (SELECT DISTINCT NULL::bigint, NULL::bigint, codes, NULL::bytea FROM {coded} "
        f"WHERE cardinality(codes) > 1)"
    )
    return sql, tuple(b.arguments)
