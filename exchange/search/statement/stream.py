"""Rows in the order asked for, straight from a btree whose key begins with what the search fixes.

Each stream reads one index: of a patient's code, of a code, of a patient, or of the type. A patient or a code
that stands for several is one stream each, merged at the end; so is what lacks the date, which comes last.

https://www.postgresql.org/docs/18/indexes-ordering.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from exchange.search.query.conditions import LeadingDate, Tokens, Updated
from exchange.search.query.criterion import Criterion, Patients
from exchange.search.statement import order, ranges
from exchange.search.statement.builder import Builder
from exchange.search.statement.plan import Plan
from exchange.search.statement.predicate import conditions
from exchange.search.statement.reached import patient_keys

# Rows that are looked at when nothing says how many of them the other criteria let pass; fewer where each has
# to be looked up in resource_index.
STRETCH = 2000
STRETCH_LOOKED_UP = 500
# `meta.lastUpdated` has milliseconds.
MILLISECOND = 1000

EVERYTHING = ranges.Hull(None, None)


@dataclass(frozen=True, slots=True)
class Stream:
    """Which index to read.

    patients, codes  the criteria that fix its first columns
    column           what it is ordered by before rid: `ts`, `updated`, `id`, or nothing
    hull             what the criteria on that column leave of it
    long             tokens of the rows that may be outside the hull all the same
    dated            rows without the column's value cannot match
    exact            it may be read until the page is full: nearly all its rows match, or they are few
    """

    column: str
    patients: Patients | None
    codes: Tokens | None
    hull: ranges.Hull
    long: tuple[int, ...]
    dated: bool
    exact: bool

    @property
    def table(self) -> str:
        if self.column == "id":
            return "resource"
        return "resource_index" if self.codes is None else "code_index"

    @property
    def fixed(self) -> tuple[Criterion, ...]:
        """The criteria that every row of the stream fulfils."""
        return tuple(each for each in (self.patients, self.codes) if each is not None)


def stream_of(plan: Plan, passed_over: Criterion | None = None) -> Stream | None:
    """The stream that gives the plan's order, if there is one; not by the criterion that is passed over."""
    sources = [key.source for key in plan.sort]
    if sources not in ([], ["ts"], ["updated"], ["id"]):
        return None
    column = sources[0] if sources else ""
    patients = codes = None
    if column == "ts":
        led = (each for each in plan.criteria if isinstance(each, Patients) and each is not passed_over)
        patients = next(led, None)
        codes = next((each for each in plan.criteria if isinstance(each, Tokens) and each.codes), None)
        if patients is not None and patients.several:
            return None
    dates = [each for each in plan.criteria if isinstance(each, _DATES.get(column, ()))]
    rest = [each for each in plan.criteria if each not in (patients, codes, *dates)]
    exact = patients is not None or (not rest and plan.allowed is None)
    hull, long = _hull(dates)
    if long and (patients is not None or not exact):  # few rows anyway, or a page that must not miss any
        hull, long = ranges.Hull(None, hull.high), ()
    return Stream(column, patients, codes, hull, long, bool(dates), exact)


_DATES: Mapping[str, type[LeadingDate] | type[Updated]] = {"ts": LeadingDate, "updated": Updated}


def _hull(dates: Sequence[Criterion]) -> tuple[ranges.Hull, tuple[int, ...]]:
    """What the criteria leave together; the marks of the rows that may lie below it and still fulfil them."""
    hull = EVERYTHING
    long: tuple[int, ...] = ()
    for each in dates:
        if isinstance(each, Updated):
            hull = ranges.both(hull, ranges.hull(each.comparisons, MILLISECOND))
        elif isinstance(each, LeadingDate):
            hull = ranges.both(hull, ranges.hull(each.comparisons))
            long = each.long
    return hull, long if hull.long and hull.low is not None else ()


def streamed(b: Builder, plan: Plan, way: Stream) -> str:
    """A query for rid and k0. A stream that is not exact looks at STRETCH rows, and the page may be short."""
    if way.codes is not None and not way.exact:
        return _walked(b, plan, way)
    cut = f"ORDER BY {order.order_by(plan.sort)} LIMIT {plan.limit}"
    merged = f"SELECT DISTINCT * FROM ({_merged(b, plan, way)}) s {cut}"
    if not way.long:
        return merged
    first = b.table("first", merged)
    long = f"SELECT * FROM ({_long(b, plan, way)}) l"
    if plan.sort[0].descending:  # they come after all others
        long += f" WHERE (SELECT count(*) < {plan.limit} FROM {first})"
    return f"SELECT * FROM (SELECT * FROM {first} UNION ALL {long}) s {cut}"


def _walked(b: Builder, plan: Plan, way: Stream) -> str:
    """The matches among the first rows of several streams, merged before any is left out, so that none runs
    ahead of another."""
    by = order.order_by(plan.sort)
    bare = replace(plan, criteria=way.fixed, allowed=None, limit=STRETCH_LOOKED_UP)
    first = f"SELECT DISTINCT * FROM ({_merged(b, bare, way)}) s ORDER BY {by} LIMIT {bare.limit}"
    return (
        f"SELECT * FROM (SELECT x.* FROM ({first}) x CROSS JOIN LATERAL "
        f"(SELECT * FROM resource_index r WHERE r.rid = x.rid OFFSET 0) i "
        f"WHERE {conditions(b, plan, way.fixed)}) w ORDER BY {by} LIMIT {plan.limit}"
    )


def _merged(b: Builder, plan: Plan, way: Stream) -> str:
    heads, fixed = [], []
    if way.patients is not None:
        heads.append(f"unnest({patient_keys(b, way.patients)}) p")
        fixed.append("x.patient = p")
    if way.codes is not None:
        heads.append(f"unnest({b.argument(list(way.codes.codes), 'bigint[]')}) q")
        fixed.append("x.code = q")
    else:
        fixed.append(f"x.type = {plan.number}")
    if plan.cursor is not None:
        fixed.append(f"x.rid <= {b.argument(plan.cursor.newest, 'bigint')}")
    if way.table == "resource":
        fixed.append("x.body IS NOT NULL")  # deleted
    parts = " UNION ALL ".join(f"({part})" for part in _parts(b, plan, way, fixed))
    if not heads:
        return parts
    return f"SELECT s.* FROM {' CROSS JOIN '.join(heads)} CROSS JOIN LATERAL ({parts}) s"


def _parts(b: Builder, plan: Plan, way: Stream, fixed: list[str]) -> list[str]:
    """The rows with a value, and then those without: not both, where the first may have stopped early."""
    if not way.column:
        return [_rows(b, plan, way, [*fixed, *_after_rid(b, plan)])]
    found = []
    value = plan.cursor.values[0] if plan.cursor else None
    if plan.cursor is None or value is not None:
        bounds = ranges.within(b, way.hull, f"x.{way.column}")
        wanted = [*fixed, f"x.{way.column} IS NOT NULL", *bounds, *_after_value(b, plan)]
        found.append(_rows(b, plan, way, wanted))
    if way.column == "ts" and not way.dated and (way.exact or not found):
        wanted = [*fixed, "x.ts IS NULL", *(_after_rid(b, plan) if value is None else [])]
        found.append(_rows(b, plan, way, wanted))
    return found or [_rows(b, plan, way, [*fixed, "false"])]


def after(b: Builder, plan: Plan) -> str:
    """The condition on k0, k1 … and rid that a row comes after the cursor, and was there when it began."""
    if plan.cursor is None:
        return "true"
    beyond = order.after(b, plan.sort, plan.cursor.values, plan.cursor.rid)
    return f"rid <= {b.argument(plan.cursor.newest, 'bigint')} AND {beyond}"


def _after_rid(b: Builder, plan: Plan) -> list[str]:
    if plan.cursor is None:
        return []
    return [f"x.rid {_beyond(plan)} {b.argument(plan.cursor.rid, 'bigint')}"]


def _after_value(b: Builder, plan: Plan) -> list[str]:
    if plan.cursor is None:
        return []
    key = plan.sort[0]
    value = b.argument(plan.cursor.values[0], order.cast(key))
    rid = b.argument(plan.cursor.rid, "bigint")
    return [f"(x.{key.source}, x.rid) {_beyond(plan)} ({value}, {rid})"]


def _beyond(plan: Plan) -> str:
    return "<" if order.tie(plan.sort) == "DESC" else ">"


def _rows(b: Builder, plan: Plan, way: Stream, wanted: list[str]) -> str:
    """One scan of the index in its order, with what it does not hold looked up row by row."""
    direction = order.tie(plan.sort)
    by = f"{{0}}.{way.column} {direction}, {{0}}.rid {direction}" if way.column else f"{{0}}.rid {direction}"
    key = f", {{0}}.{way.column} AS k0" if way.column else ""
    scan = f"FROM {way.table} x WHERE {' AND '.join(wanted)} ORDER BY {by.format('x')}"
    condition = conditions(b, plan, way.fixed)
    if condition == "true":
        return f"SELECT x.rid{key.format('x')} {scan} LIMIT {plan.limit}"
    stretch = STRETCH if way.table == "resource_index" else STRETCH_LOOKED_UP
    # No limit; but of an unknown limit the planner expects a tenth, and so keeps to the order of the btree.
    fence = f"LIMIT {b.argument(None if way.exact else stretch, 'bigint')}"
    if way.table == "resource_index":
        return (
            f"SELECT i.rid{key.format('i')} FROM (SELECT * {scan} {fence}) i "
            f"WHERE {condition} ORDER BY {by.format('i')} LIMIT {plan.limit}"
        )
    return (
        f"SELECT x.rid{key.format('x')} FROM (SELECT x.rid, x.{way.column} {scan} {fence}) x "
        f"CROSS JOIN LATERAL (SELECT * FROM resource_index r WHERE r.rid = x.rid OFFSET 0) i "
        f"WHERE {condition} ORDER BY {by.format('x')} LIMIT {plan.limit}"
    )


def _long(b: Builder, plan: Plan, way: Stream) -> str:
    """The rows that begin below the hull and still reach into it: few, and marked by a token."""
    tokens = [Tokens(way.long), *(each for each in plan.criteria if isinstance(each, Tokens))]
    scan = " AND ".join(f"x.tokens && {b.argument(list(each.hashes), 'bigint[]')}" for each in tokens)
    return (
        f"SELECT * FROM (SELECT i.rid, i.ts AS k0 "
        f"FROM (SELECT * FROM resource_index x WHERE {scan} OFFSET 0) i "
        f"WHERE i.type = {plan.number} AND i.ts < {b.argument(way.hull.low, 'bigint')} "
        f"AND {conditions(b, plan, tuple(tokens))} OFFSET 0) g WHERE {after(b, plan)} "
        f"ORDER BY {order.order_by(plan.sort)} LIMIT {plan.limit}"
    )
