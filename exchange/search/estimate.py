"""`_total=estimate`: what PostgreSQL's statistics say, which costs no more however many match.

https://www.postgresql.org/docs/18/row-estimation-examples.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

import json

import asyncpg

from exchange.search import access, statement
from exchange.search.builder import Builder
from exchange.search.predicate import conditions
from exchange.search.query import Query


async def estimate(connection: asyncpg.Connection, query: Query, shown: int) -> int:
    """About how many match; at least the page that is shown.

    A caller who may see some patients only gets the exact number: statistics would tell of the others, and
    those patients' resources are few.
    """
    b = Builder(access.rows)
    plan = statement.plan_of(query, None, 0)
    if query.allowed is not None:
        counted = f"SELECT count(*) FROM ({access.matching(b, plan)}) m"
        with_clause = f"{b.with_clause()}\n" if b.tables else ""
        return int(await connection.fetchval(with_clause + counted, *b.arguments))
    condition = conditions(b, plan)
    with_clause = f"{b.with_clause()}\n" if b.tables else ""
    guessed = (
        f"EXPLAIN (FORMAT JSON) {with_clause}SELECT 1 FROM resource_index i "
        f"WHERE i.type = {plan.number} AND {condition}"
    )
    (told,) = json.loads(await connection.fetchval(guessed, *b.arguments))
    return max(shown, int(told["Plan"]["Plan Rows"]))
