"""A code with a range of values: one range of one btree, however many have the code or such a value.

The index of a composite (`code-value-quantity`) answers its parts when they are asked for one by one, too:
where they cannot stand in several elements, that is the same.

https://hl7.org/fhir/R4/search.html#composite
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from collections.abc import Iterator, Sequence
from dataclasses import replace

from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Composite
from exchange.search.query.conditions import Pair, Paired, Quantities, Tokens
from exchange.search.query.criterion import Criterion
from exchange.search.statement import ranges, side
from exchange.search.statement.builder import Builder
from exchange.search.statement.plan import Plan
from exchange.search.value.token import salt

# Under so many tokens of its unit one quantity may stand in the index.
FORMS = 4


def coupled(of: TypeParameters, criteria: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
    """The criteria, of which the quantities know the one leading code that is asked for beside them."""
    codes = [each.codes for each in criteria if isinstance(each, Tokens) and each.codes]
    if len(codes) != 1 or len(codes[0]) != 1:
        return criteria
    ((code,),) = codes
    for composite, path in _composites(of):
        values = {source.number for source in composite.parts[1]}
        key = code ^ salt(path) ^ salt(composite.key)
        criteria = tuple(_paired(each, values, Pair(composite.number, key, code, ())) for each in criteria)
    return criteria


def _paired(criterion: Criterion, values: set[int], pair: Pair) -> Criterion:
    if isinstance(criterion, Paired) and (criterion.parameter, criterion.keys) == (
        pair.parameter,
        (pair.key,),
    ):
        assert criterion.comparison is not None
        return Quantities(tuple(sorted(values)), criterion.comparison, criterion.units, pair)
    if not isinstance(criterion, Quantities) or not values <= set(criterion.parameters):
        return criterion
    others = tuple(number for number in criterion.parameters if number not in values)
    return replace(criterion, pair=replace(pair, others=others))


def _composites(of: TypeParameters) -> Iterator[tuple[Composite, str]]:
    """Those that are indexed by the leading code, with its path, and whose parts do not repeat."""
    if of.code is None or len(of.code.keys) != 1:
        return
    (path,) = of.code.keys
    for parameter in of.parameters.values():
        for each in parameter.composites:
            led = {source.key for source in each.parts[0]} == of.code.keys
            if led and each.stored == "composite_index" and not each.grouped:
                yield each, path


def pair_rids(b: Builder, criterion: Quantities, pair: Pair) -> str:
    """A query for the rids of all rows that have the code and such a value, some more than once."""
    paired = [
        f"SELECT x.rid FROM composite_index x WHERE {' AND '.join(_wanted(b, (criterion,), pair, sign))}"
        for sign in (1, -1)
    ]
    if pair.others:
        paired.append(side.rids(b, replace(criterion, parameters=pair.others, pair=None)))
    return " UNION ALL ".join(paired)


def pairs_page(b: Builder, plan: Plan) -> str:
    """A query for rid and k0: the first `limit` rows of the plan by their value, straight from the btrees."""
    values = tuple(each for each in plan.criteria if isinstance(each, Quantities))
    pair = next(each.pair for each in values if each.pair is not None)
    tables = [("composite_index", _wanted(b, values, pair, sign)) for sign in (1, -1)]
    tables += [
        ("quantity_index", _unpaired(b, values, pair.code, sign * n)) for n in pair.others for sign in (1, -1)
    ]
    parts = " UNION ALL ".join(_rows(b, plan, table, wanted) for table, wanted in tables)
    return f"SELECT * FROM (SELECT DISTINCT * FROM ({parts}) p) d ORDER BY k0, rid LIMIT {plan.limit}"


def _wanted(b: Builder, values: Sequence[Quantities], pair: Pair, sign: int) -> list[str]:
    """Conditions on a row `x` of composite_index."""
    return [
        f"x.param = {b.argument(sign * pair.parameter, 'smallint')}",
        f"x.key = {b.argument(pair.key, 'bigint')}",
        *_fulfilled(b, values, sign),
    ]


def _unpaired(b: Builder, values: Sequence[Quantities], code: int, parameter: int) -> list[str]:
    """Conditions on a row `x` of quantity_index."""
    coded = (
        f"SELECT 1 FROM code_index c WHERE c.rid = x.rid AND c.code = {b.argument(code, 'bigint')} OFFSET 0"
    )
    return [
        f"x.param = {b.argument(parameter, 'smallint')}",
        *_fulfilled(b, values, parameter),
        f"EXISTS ({coded})",
    ]


def _fulfilled(b: Builder, values: Sequence[Quantities], sign: int) -> list[str]:
    found = []
    for each in values:
        found.append(ranges.number(b, each.comparison, wide=sign < 0))
        if each.units:
            found.append(f"x.unit = ANY({b.argument(list(each.units), 'bigint[]')})")
    return found


def _rows(b: Builder, plan: Plan, table: str, wanted: list[str]) -> str:
    if plan.cursor is not None:
        value = b.argument(plan.cursor.values[0], "float8")
        rid = b.argument(plan.cursor.rid, "bigint")
        wanted = [*wanted, f"(x.lo, x.rid) > ({value}, {rid})"]
        wanted.append(f"x.rid <= {b.argument(plan.cursor.newest, 'bigint')}")
    return (
        f"(SELECT x.rid, x.lo AS k0 FROM {table} x WHERE {' AND '.join(wanted)} "
        f"ORDER BY x.lo, x.rid LIMIT {plan.limit * FORMS})"
    )
