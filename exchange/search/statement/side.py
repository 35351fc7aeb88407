"""Criteria that a side table answers: as a condition on a row, and as a look-up of rows.

A look-up reads each btree range by itself and in the order of the btree, so that a limit on it never tempts
the planner to read the whole table in hope of an early end.

https://www.postgresql.org/docs/18/indexes-multicolumn.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from collections.abc import Iterable

from exchange.search.query.conditions import Identifiers, Near, Paired, Present, Quantities, Ranges, Strings
from exchange.search.statement import globe, ranges
from exchange.search.statement.builder import Builder
from exchange.search.value.text import after_prefix, normalised, sought_grams

Side = Identifiers | Strings | Ranges | Quantities | Paired | Near | Present


def table(criterion: Side) -> str:
    """The side table that holds the values."""
    match criterion:
        case Identifiers():
            return "identifier_index"
        case Strings():
            return "string_index"
        case Quantities():
            return "quantity_index"
        case Paired():
            return "composite_index"
        case Near():
            return "position_index"
        case _:
            return criterion.table


def condition(b: Builder, criterion: Side) -> str:
    """True for a row `i` of resource_index that has such a value, looked up by its rid."""
    found = " OR ".join(f"({where})" for where, _ in _branches(b, criterion))
    own = f"SELECT * FROM {table(criterion)} y WHERE y.rid = i.rid OFFSET 0"
    return f"EXISTS (SELECT 1 FROM ({own}) x WHERE {found})"


def rids(b: Builder, criterion: Side, limit: int | None = None) -> str:
    """A query for the rids of all rows that have such a value, some more than once; or of that many."""
    parts = []
    for where, by in _branches(b, criterion):
        cut = f" ORDER BY {by} LIMIT {limit}" if limit is not None and by else ""
        parts.append(f"(SELECT x.rid FROM {table(criterion)} x WHERE {where}{cut})")
    united = " UNION ALL ".join(parts)
    return united if limit is None else f"SELECT u.rid FROM ({united}) u LIMIT {limit}"


def _branches(b: Builder, criterion: Side) -> list[tuple[str, str]]:
    """Conditions on a row `x` of the side table, any of which will do, each with the order of its btree."""
    match criterion:
        case Identifiers():
            return _identifiers(b, criterion)
        case Strings():
            return [branch for value in criterion.values for branch in _strings(b, criterion, value)]
        case Ranges():
            make = _numbers if criterion.table == "number_index" else _dates
            return make(b, criterion)
        case Quantities():
            return _quantities(b, criterion)
        case Paired():
            return _pairs(b, criterion)
        case Near(points):
            return [(globe.within(b, "x.lat", "x.lon", point), "x.lat") for point in points]
        case Present(parameters=()):
            return [("true", "")]
        case Present():
            by = _FIRST.get(criterion.table, "")
            return [(_of(b, n), by) for n in _both_signs(criterion.parameters)]


_FIRST = {"string_index": "x.value USING ~<~", "date_index": "x.lo", "number_index": "x.lo"}


def _of(b: Builder, parameter: int) -> str:
    return f"x.param = {b.argument(parameter, 'smallint')}"


def _both_signs(parameters: Iterable[int]) -> list[int]:
    """Wide values stand under the negative id of their parameter."""
    return [sign * parameter for sign in (1, -1) for parameter in parameters]


def _identifiers(b: Builder, criterion: Identifiers) -> list[tuple[str, str]]:
    of = f"x.param = ANY({b.argument(list(criterion.parameters), 'smallint[]')})"
    found = []
    anywhere = [value for system, value in criterion.identifiers if system is None]
    if anywhere:
        found.append((f"x.value = ANY({b.argument(anywhere, 'text[]')}) AND {of}", ""))
    for system in sorted({system for system, _ in criterion.identifiers if system is not None}):
        values = b.argument([value for each, value in criterion.identifiers if each == system], "text[]")
        found.append((f"x.value = ANY({values}) AND {of} AND x.system = {b.argument(system, 'text')}", ""))
    return found


def _strings(b: Builder, criterion: Strings, value: str) -> list[tuple[str, str]]:
    if criterion.how == "prefix":
        within = _prefix(b, value)
        return [(f"{_of(b, n)} AND {within}", "x.value USING ~<~") for n in criterion.parameters]
    of = f"x.param = ANY({b.argument(list(criterion.parameters), 'smallint[]')})"
    if criterion.how == "contains":
        grams = b.argument(sought_grams(value), "text[]")
        return [(f"{of} AND x.grams @> {grams} AND strpos(x.value, {b.argument(value, 'text')}) > 0", "")]
    if criterion.how == "equal":  # what is found by prefix only (pinyin, sound) has no exact value
        return [(f"{of} AND x.value = {b.argument(value, 'text')} AND x.exact <> ''", "")]
    if criterion.how == "sound":
        return [(f"{of} AND x.value = {b.argument(value, 'text')}", "")]
    if criterion.how == "ends":
        grams, end = b.argument(sought_grams(value), "text[]"), b.argument(value, "text")
        return [(f"{of} AND x.grams @> {grams} AND right(x.value, length({end})) = {end}", "")]
    plain, exact = b.argument(normalised(value), "text"), b.argument(value, "text")
    return [(f"{of} AND x.value = {plain} AND x.exact = {exact}", "")]


def _prefix(b: Builder, value: str) -> str:
    lowest, highest = b.argument(value, "text"), after_prefix(value)
    below = "" if highest is None else f" AND x.value ~<~ {b.argument(highest, 'text')}"
    return f"x.value ~>=~ {lowest}{below}"


def _dates(b: Builder, criterion: Ranges) -> list[tuple[str, str]]:
    """A date that is longer than most begins where it likes; the others near what is asked for."""
    found = []
    for comparison in criterion.comparisons:
        fulfils = ranges.any_date(b, "x.lo", "x.hi", (comparison,))
        near = " AND ".join((fulfils, *ranges.within(b, ranges.hull((comparison,)), "x.lo")))
        for n in criterion.parameters:
            found += [(f"{_of(b, n)} AND {near}", "x.lo"), (f"{_of(b, -n)} AND {fulfils}", "x.lo")]
    return found


def _numbers(b: Builder, criterion: Ranges) -> list[tuple[str, str]]:
    return [
        (f"{_of(b, n)} AND {ranges.number(b, comparison, wide=n < 0)}", "x.lo")
        for comparison in criterion.comparisons
        for n in _both_signs(criterion.parameters)
    ]


def _quantities(b: Builder, criterion: Quantities) -> list[tuple[str, str]]:
    found = []
    for n in _both_signs(criterion.parameters):
        fulfils = f"{_of(b, n)} AND {ranges.number(b, criterion.comparison, wide=n < 0)}"
        if not criterion.units:
            found.append((fulfils, ""))
        found += [
            (f"{fulfils} AND x.unit = {b.argument(unit, 'bigint')}", "x.lo") for unit in criterion.units
        ]
    return found


def _pairs(b: Builder, criterion: Paired) -> list[tuple[str, str]]:
    found = []
    for key in criterion.keys:
        of_key = f"x.key = {b.argument(key, 'bigint')}"
        if criterion.kind == "string":
            found.append((f"{_of(b, criterion.parameter)} AND {of_key} AND {_prefix(b, criterion.text)}", ""))
            continue
        found += [
            (f"{_of(b, n)} AND {of_key} AND {_value(b, criterion, wide=n < 0)}", "x.lo")
            for n in _both_signs((criterion.parameter,))
        ]
    return found


def _value(b: Builder, criterion: Paired, *, wide: bool) -> str:
    """The conditions on the value of a pair, and on its third part."""
    assert criterion.comparison is not None
    if criterion.kind == "date":
        return ranges.date_as_number(b, criterion.comparison)
    conditions = [ranges.number(b, criterion.comparison, wide=wide)]
    if criterion.upper is not None:
        conditions.append(ranges.number(b, criterion.upper, wide=False, lo="x.hi"))
    if criterion.units:
        conditions.append(f"x.unit = ANY({b.argument(list(criterion.units), 'bigint[]')})")
    return " AND ".join(conditions)
