"""The first rows by the values of a side table, read from its btree in order.

A row is met at each of its values and counts at the one that it is sorted by: the least, or the greatest when
descending. What has no value comes last, and is not met here.

Descending, what a date or a range covers decides by its upper end, and the btree has the lower one. Most rows
cover next to nothing: a point, or a day at most (`dates.SHORT`). Those that cover more stand under the
negative parameter, and are read whole.

https://www.postgresql.org/docs/18/indexes-ordering.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from collections.abc import Iterator, Mapping
from typing import Final

from exchange.search.statement import order
from exchange.search.statement.builder import Builder
from exchange.search.statement.plan import Plan
from exchange.search.statement.predicate import conditions
from exchange.search.value.dates import SHORT

# Rows that are looked at when nothing says how many of them the other criteria let pass.
STRETCH: Final = 500
_TABLES: Final = ("date_index", "number_index", "quantity_index", "string_index")
# How far the upper end is from the lower one, at most, under a positive parameter.
_WIDTH: Final[Mapping[str, int]] = {"date_index": SHORT}
# The order of `text_pattern_ops`, which is that of the collation.
_BYTEWISE: Final = {False: "USING ~<~", True: "USING ~>~"}


def is_walked(plan: Plan) -> bool:
    """Whether a btree has the order."""
    if len(plan.sort) != 1 or plan.sort[0].source not in _TABLES:
        return False
    return plan.cursor is None or plan.cursor.values[0] is not None


def walked(b: Builder, plan: Plan) -> str:
    """A query for rid and k0: the first of the rows; fewer where other criteria leave out much, or a row
    has one value twice."""
    by = order.order_by(plan.sort)
    condition = conditions(b, plan)
    limit = plan.limit if condition == "true" else max(STRETCH, plan.limit)
    parts = " UNION ALL ".join(f"(SELECT * FROM ({part}) v)" for part in _parts(b, plan, limit))
    first = f"SELECT DISTINCT * FROM ({parts}) s ORDER BY {by} LIMIT {limit}"
    return (
        f"SELECT * FROM (SELECT c.* FROM ({first}) c CROSS JOIN LATERAL "
        f"(SELECT * FROM resource_index r WHERE r.rid = c.rid OFFSET 0) i "
        f"WHERE i.type = {plan.number} AND {condition}) w ORDER BY {by} LIMIT {plan.limit}"
    )


def _parts(b: Builder, plan: Plan, limit: int) -> Iterator[str]:
    (key,) = plan.sort
    for parameter in key.parameters:
        narrow, wide = (f"i.param = {number}::smallint" for number in (parameter, -parameter))
        if key.source == "string_index" or not key.descending:
            yield from (_of_units(b, plan, of, limit) for of in (narrow, wide))
        else:
            yield _near(b, plan, narrow, limit) if key.source in _WIDTH else _of_units(b, plan, narrow, limit)
            yield _whole(b, plan, wide, limit)


def _of_units(b: Builder, plan: Plan, of: str, limit: int) -> str:
    """The btree of quantities has the unit before the value: each of a parameter's units by itself."""
    if plan.sort[0].source != "quantity_index":
        return _scan(b, plan, of, limit)
    first = f"(SELECT i.unit FROM quantity_index i WHERE {of} ORDER BY i.unit LIMIT 1)"
    units = b.recursive(
        "unit",
        lambda name: (
            f"{first} UNION ALL SELECT (SELECT i.unit FROM quantity_index i WHERE {of} AND i.unit > u.unit "
            f"ORDER BY i.unit LIMIT 1) FROM {name} u WHERE u.unit IS NOT NULL"
        ),
    )
    coded = _scan(b, plan, f"{of} AND i.unit = u.unit", limit)
    bare = _scan(b, plan, f"{of} AND i.unit IS NULL", limit)
    return f"SELECT s.* FROM {units} u CROSS JOIN LATERAL ({coded}) s UNION ALL ({bare})"


def _scan(b: Builder, plan: Plan, of: str, limit: int) -> str:
    """By the column of the btree, in its order."""
    (key,) = plan.sort
    column = "value" if key.source == "string_index" else "lo"
    direction = _BYTEWISE[key.descending] if column == "value" else order.direction(key)
    return (
        f"SELECT i.rid, i.{column} AS k0 FROM {key.source} i WHERE {of} AND {_wanted(b, plan, column)} "
        f"ORDER BY i.{column} {direction}, i.rid {order.tie(plan.sort)} LIMIT {limit}"
    )


def _near(b: Builder, plan: Plan, of: str, limit: int) -> str:
    """By the upper end, which is never far from the lower: as many rows as wanted by the lower end, and all
    others that may come before the last of them."""
    (key,) = plan.sort
    wanted = f"{of} AND {_wanted(b, plan, 'hi')}"
    if plan.cursor is not None:
        wanted += f" AND i.lo <= {b.argument(plan.cursor.values[0], order.cast(key))}"
    last = b.table(
        "near",
        f"SELECT min(n.hi) AS hi FROM (SELECT i.hi FROM {key.source} i WHERE {wanted} "
        f"ORDER BY i.lo DESC, i.rid DESC LIMIT {limit}) n",
    )
    return (
        f"SELECT i.rid, i.hi AS k0 FROM {key.source} i "
        f"WHERE {wanted} AND i.lo >= (SELECT hi FROM {last}) - {_WIDTH[key.source]} "
        f"ORDER BY i.hi DESC, i.rid DESC LIMIT {limit}"
    )


def _whole(b: Builder, plan: Plan, of: str, limit: int) -> str:
    """By the upper end, all of them looked at."""
    (key,) = plan.sort
    return (
        f"SELECT i.rid, i.hi AS k0 FROM {key.source} i WHERE {of} AND {_wanted(b, plan, 'hi')} "
        f"ORDER BY i.hi DESC, i.rid DESC LIMIT {limit}"
    )


def _wanted(b: Builder, plan: Plan, column: str) -> str:
    """After the cursor, and at the value that the row is sorted by."""
    (key,) = plan.sort
    own = f"i.{column} = {order.expression(b, key)}"
    if plan.cursor is None:
        return own
    value, rid = b.argument(plan.cursor.values[0], order.cast(key)), b.argument(plan.cursor.rid, "bigint")
    beyond = "<" if key.descending else ">"
    newest = b.argument(plan.cursor.newest, "bigint")
    after = f"(i.{column}, i.rid) {beyond} ({value}, {rid}) AND i.rid <= {newest}"
    if column == "value":
        after += f" AND i.value {'~<=~' if key.descending else '~>=~'} {value}"
    return f"{after} AND {own}"
