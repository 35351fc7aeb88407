"""`_total=estimate`: what PostgreSQL's statistics say, however many match; a few are counted.

https://www.postgresql.org/docs/18/row-estimation-examples.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

import json
from typing import Any, Final

import asyncpg

from exchange.search.query.query import Query
from exchange.search.statement import statement
from exchange.search.statement.builder import Builder
from exchange.search.statement.matching import matching, rows_of
from exchange.search.statement.predicate import conditions

AFFORDABLE: Final = 5_000


async def estimate(connection: asyncpg.Connection, query: Query, shown: int) -> int:
    """About how many match; at least the page that is shown.

    A caller who may see some patients only gets the exact number: statistics would tell of the others, and
    those patients' resources are few.
    """
    if query.allowed is not None:
        return int(await connection.fetchval(*_counting(query)))
    sql, arguments = guessing(query)
    (told,) = json.loads(await connection.fetchval(sql, *arguments))
    return max(shown, int(told["Plan"]["Plan Rows"]))


async def affordable(connection: asyncpg.Connection, query: Query) -> int | None:
    """How many match, if they are not more than can be counted beside a page."""
    b = Builder(rows_of, query.allowed)
    found = f"SELECT 1 FROM ({matching(b, statement.plan_of(query, None, 0))}) m LIMIT {AFFORDABLE + 1}"
    number = await connection.fetchval(f"{_with(b)}SELECT count(*) FROM ({found}) f", *b.arguments)
    return int(number) if number <= AFFORDABLE else None


def _counting(query: Query) -> tuple[Any, ...]:
    b = Builder(rows_of, query.allowed)
    counted = f"SELECT count(*) FROM ({matching(b, statement.plan_of(query, None, 0))}) m"
    return (f"{_with(b)}{counted}", *b.arguments)


def guessing(query: Query) -> tuple[str, list[Any]]:
    """The statement that is planned and not run."""
    b = Builder(rows_of, query.allowed)
    plan = statement.plan_of(query, None, 0)
    condition = conditions(b, plan)
    rows = f"SELECT 1 FROM resource_index i WHERE i.type = {plan.number} AND {condition}"
    return f"EXPLAIN (FORMAT JSON) {_with(b)}{rows}", b.arguments


def _with(b: Builder) -> str:
    return f"{b.with_clause()}\n" if b.tables else ""
