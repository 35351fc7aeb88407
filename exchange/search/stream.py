"""Rows in the order asked for, straight from a btree whose key begins with what the search fixes.

Each stream reads one index: of a patient's code, of a code, of a patient, or of the type. A patient or a code
that stands for several is one stream each, merged at the end; so is what lacks the date, which comes last.

https://www.postgresql.org/docs/18/indexes-ordering.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from dataclasses import dataclass

from exchange.search import order, ranges
from exchange.search.builder import Builder
from exchange.search.plan import Plan
from exchange.search.predicate import conditions, patient_keys, predicate
from exchange.search.query import Criterion, LeadingDate, Patients, Tokens, Updated

# Rows that are looked at when nothing says how many of them the other criteria let pass.
STRETCH = 4000


@dataclass(frozen=True, slots=True)
class Stream:
    """Which index to read.

    patients, codes  the criteria that fix its first columns
    column           what it is ordered by before rid: `ts`, `updated`, or nothing
    dates            the criterion on that column
    exact            it may be read until the page is full: nearly all its rows match, or they are few
    """

    column: str
    patients: Patients | None
    codes: Tokens | None
    dates: LeadingDate | Updated | None
    exact: bool

    @property
    def table(self) -> str:
        return "resource_index" if self.codes is None else "code_index"

    @property
    def fixed(self) -> tuple[Criterion, ...]:
        """The criteria that every row of the stream fulfils."""
        return tuple(each for each in (self.patients, self.codes) if each is not None)


def stream_of(plan: Plan) -> Stream | None:
    """The stream that gives the plan's order, if there is one."""
    sources = [key.source for key in plan.sort]
    if sources not in ([], ["ts"], ["updated"]):
        return None
    column = sources[0] if sources else ""
    patients = codes = None
    if column == "ts":
        patients = next((each for each in plan.criteria if isinstance(each, Patients)), None)
        codes = next((each for each in plan.criteria if isinstance(each, Tokens) and each.codes), None)
        if patients is not None and patients.several:
            return None
    dates = _dates(plan, column)
    rest = [each for each in plan.criteria if each not in (patients, codes, dates)]
    exact = patients is not None or (not rest and plan.allowed is None)
    return Stream(column, patients, codes, dates, exact)


def _dates(plan: Plan, column: str) -> LeadingDate | Updated | None:
    for each in plan.criteria:
        if isinstance(each, LeadingDate if column == "ts" else Updated) and column:
            return each
    return None


def streamed(b: Builder, plan: Plan, way: Stream) -> str:
    """A query for rid and k0. A stream that is not exact looks at STRETCH rows, and the page may be short."""
    hull = ranges.hull(way.dates.comparisons) if way.dates is not None else ranges.Hull(None, None)
    split = hull.long and hull.low is not None
    if split and not (way.exact and way.patients is None):
        hull, split = ranges.Hull(None, hull.high), False
    parts = [_merged(b, plan, way, hull)]
    if split and isinstance(way.dates, LeadingDate):
        parts.append(_long(b, plan, way.dates, hull))
    united = " UNION ALL ".join(f"({part})" for part in parts)
    return f"SELECT DISTINCT * FROM ({united}) s ORDER BY {order.order_by(plan.sort)} LIMIT {plan.limit}"


def within(b: Builder, hull: ranges.Hull, column: str) -> str:
    """The condition on x that the column has a value inside the hull."""
    bounds = [f"x.{column} IS NOT NULL"]
    if hull.low is not None:
        bounds.append(f"x.{column} >= {b.argument(hull.low, 'bigint')}")
    if hull.high is not None:
        bounds.append(f"x.{column} <= {b.argument(hull.high, 'bigint')}")
    return " AND ".join(bounds)


def _merged(b: Builder, plan: Plan, way: Stream, hull: ranges.Hull) -> str:
    heads, fixed = [], []
    if way.patients is not None:
        heads.append(f"unnest({patient_keys(b, way.patients)}) p")
        fixed.append("x.patient = p")
    if way.codes is not None:
        heads.append(f"unnest({b.argument(list(way.codes.codes), 'bigint[]')}) q")
        fixed.append("x.code = q")
    else:
        fixed.append(f"x.type = {plan.number}")
    parts = " UNION ALL ".join(f"({part})" for part in _parts(b, plan, way, fixed, hull))
    if not heads:
        return parts
    return f"SELECT s.* FROM {' CROSS JOIN '.join(heads)} CROSS JOIN LATERAL ({parts}) s"


def _parts(b: Builder, plan: Plan, way: Stream, fixed: list[str], hull: ranges.Hull) -> list[str]:
    """The rows with a value, and then those without."""
    if not way.column:
        return [_rows(b, plan, way, [*fixed, *_after_rid(b, plan)])]
    found = []
    value = plan.cursor.values[0] if plan.cursor else None
    if plan.cursor is None or value is not None:
        wanted = [*fixed, within(b, hull, way.column), *_after_value(b, plan, way.column)]
        found.append(_rows(b, plan, way, wanted))
    if way.column == "ts" and way.dates is None:
        wanted = [*fixed, "x.ts IS NULL", *(_after_rid(b, plan) if value is None else [])]
        found.append(_rows(b, plan, way, wanted))
    return found


def _after_rid(b: Builder, plan: Plan) -> list[str]:
    if plan.cursor is None:
        return []
    return [f"x.rid {_beyond(plan)} {b.argument(plan.cursor.rid, 'bigint')}"]


def _after_value(b: Builder, plan: Plan, column: str) -> list[str]:
    if plan.cursor is None:
        return []
    place = f"{b.argument(plan.cursor.values[0], 'bigint')}, {b.argument(plan.cursor.rid, 'bigint')}"
    return [f"(x.{column}, x.rid) {_beyond(plan)} ({place})"]


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
    stretch = "OFFSET 0" if way.exact else f"LIMIT {STRETCH}"
    if way.table == "resource_index":
        return (
            f"SELECT i.rid{key.format('i')} FROM (SELECT * {scan} {stretch}) i "
            f"WHERE {condition} ORDER BY {by.format('i')} LIMIT {plan.limit}"
        )
    return (
        f"SELECT x.rid{key.format('x')} FROM (SELECT x.rid, x.ts {scan} {stretch}) x CROSS JOIN LATERAL "
        f"(SELECT * FROM resource_index r WHERE r.rid = x.rid OFFSET 0) i "
        f"WHERE {condition} ORDER BY {by.format('x')} LIMIT {plan.limit}"
    )


def _long(b: Builder, plan: Plan, dates: LeadingDate, hull: ranges.Hull) -> str:
    """The rows that begin below the hull and still reach into it: few, and marked by a token."""
    tokens = [Tokens(dates.long), *(each for each in plan.criteria if isinstance(each, Tokens))]
    scan = " AND ".join(f"x.tokens && {b.argument(list(each.hashes), 'bigint[]')}" for each in tokens)
    return (
        f"SELECT * FROM (SELECT i.rid, i.ts AS k0 "
        f"FROM (SELECT * FROM resource_index x WHERE {scan} OFFSET 0) i "
        f"WHERE i.type = {plan.number} AND i.ts < {b.argument(hull.low, 'bigint')} "
        f"AND {predicate(b, dates)} OFFSET 0) g WHERE {order.after(b, plan.sort, plan.cursor)}"
    )
