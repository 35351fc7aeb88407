"""Which way PostgreSQL takes to the rows of a search: decided here, in the shape of the SQL.

The planner, left alone, walks an order hoping to fill the page soon, or gathers millions to sort them: it
knows too little of how criteria correlate. So each way is fenced (`OFFSET 0`, MATERIALIZED) to leave one
index that fits:

- *bounded*: something names few resources (an id, an identifier, a patient, an encounter): gather and sort.
- *ordered*: a btree gives the rows in the order asked for, all criteria are in its key: read one page of it.
- *probed*: gather if the best criterion has few rows; else walk the order through the rows and filter, for a
  limited stretch; and if that did not fill the page, few rows match, so gather after all.

https://www.postgresql.org/docs/18/indexes-ordering.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from exchange.search.query.conditions import Tokens, Words
from exchange.search.query.criterion import AllOf, AnyOf, Chain, Criterion, Has, Patients
from exchange.search.statement import order, side
from exchange.search.statement.builder import Builder
from exchange.search.statement.coupled import pairs_page
from exchange.search.statement.matching import among, matching, settled
from exchange.search.statement.plan import Plan
from exchange.search.statement.predicate import conditions
from exchange.search.statement.rank import BOUNDED, rank
from exchange.search.statement.reached import chained_tokens, has_words, patient_keys
from exchange.search.statement.stream import Stream, after, stream_of, streamed
from exchange.search.statement.walked import is_walked, walked

# Rows of the best criterion that are gathered without looking for another way.
PROBE = 2000
# To find what a resource refers to costs that many times more than to look at it.
DEARER = 10
# Patients whose streams are merged into one.
MERGED = 20


def page(b: Builder, plan: Plan) -> str:
    """A query for rid, k0, k1 …: the first `limit` rows after the cursor, in order."""
    if plan.sort and plan.sort[0].source == "pair":
        return pairs_page(b, plan)
    best = min(plan.criteria, key=rank, default=None)
    bounded = plan.allowed is not None or (best is not None and rank(best) <= BOUNDED)
    way = stream_of(plan)
    if way is not None and way.patients is not None and way.patients.targets is not None:
        return _merged_or_probed(b, plan, way, way.patients)
    if way is not None and (way.exact or not bounded):
        found = streamed(b, plan, way)
        return found if way.exact else _probed(b, plan, found, best)
    if way is None and not bounded and is_walked(plan):
        return _probed(b, plan, walked(b, plan), best)
    return gathered(b, plan, matching(b, plan))


def gathered(b: Builder, plan: Plan, found: str) -> str:
    """The first rows, in order, of all that were found."""
    keys = "".join(f", {order.expression(b, key)} AS k{n}" for n, key in enumerate(plan.sort))
    return (
        f"SELECT * FROM (SELECT i.rid{keys} FROM ({found}) i OFFSET 0) g "
        f"WHERE {after(b, plan)} "
        f"ORDER BY {order.order_by(plan.sort)} LIMIT {plan.limit}"
    )


def _merged_or_probed(b: Builder, plan: Plan, way: Stream, chained: Patients) -> str:
    """A chain that leads to a few patients: their streams, merged. One that leads to many: as to anything."""
    few = f"(SELECT cardinality({patient_keys(b, chained)}) <= {MERGED})"
    other = stream_of(plan, chained)
    assert other is not None
    best = min(plan.criteria, key=rank)
    if rank(best) <= BOUNDED:
        probed = gathered(b, plan, matching(b, plan))
    else:
        probed = _probed(b, plan, streamed(b, plan, other), best)
    return (
        f"SELECT * FROM (SELECT * FROM ({streamed(b, plan, way)}) s WHERE {few} "
        f"UNION ALL SELECT * FROM ({probed}) o WHERE NOT {few}) m ORDER BY {order.order_by(plan.sort)}"
    )


def _probed(b: Builder, plan: Plan, walk: str, best: Criterion | None) -> str:
    """The page from whichever way turns out to be short; the others are not entered."""
    parts, few = [], "false"
    listed = _listed(b, plan, best)
    if isinstance(best, Has) and (sources := _sources_listed(b, best)) is not None:
        few = f"(SELECT count(*) <= {PROBE // DEARER} FROM {b.table('probe', sources)})"
    elif listed is not None:
        probe = b.table("probe", listed)
        few = f"(SELECT count(*) <= {PROBE} FROM {probe})"
        near = among(b, plan, f"SELECT DISTINCT rid FROM {probe}", conditions(b, plan, settled(best)))
        parts.append(f"SELECT * FROM ({gathered(b, plan, near)}) n WHERE {few}")
    found = b.table("walk", f"SELECT * FROM ({walk}) w WHERE NOT {few}")
    full = f"(SELECT count(*) >= {plan.limit} FROM {found})"
    parts.append(f"SELECT * FROM {found} WHERE {full}")
    rest = gathered(b, plan, matching(b, plan))
    left = f"NOT {full}" if not parts[1:] else f"NOT {few} AND NOT {full}"
    parts.append(f"SELECT * FROM ({rest}) r WHERE {left}")
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) p ORDER BY {order.order_by(plan.sort)}"


def _sources_listed(b: Builder, criterion: Has) -> str | None:
    """The first of what may refer to the rows."""
    sources = criterion.sources
    probed = [each for each in sources.criteria if _is_probed(each)]
    if not probed:
        return None
    return _listed(b, Plan(sources.resource_type, sources.criteria), min(probed, key=rank))


def _listed(b: Builder, plan: Plan, best: Criterion | None) -> str | None:
    """The first rids of a criterion from a btree, which can be read as far as wanted; a GIN index cannot."""
    if isinstance(best, Tokens) and best.codes:
        codes = b.argument(list(best.codes), "bigint[]")
        return (
            f"SELECT x.rid FROM unnest({codes}) q CROSS JOIN LATERAL (SELECT c.rid FROM code_index c "
            f"WHERE c.code = q ORDER BY c.ts LIMIT {PROBE + 1}) x LIMIT {PROBE + 1}"
        )
    if isinstance(best, Words):
        return (
            f"SELECT x.rid FROM (SELECT t.token FROM text_index t WHERE {has_words(b, best)} "
            f"LIMIT {PROBE + 1}) t CROSS JOIN LATERAL (SELECT r.rid FROM resource_index r "
            f"WHERE r.tokens && ARRAY[t.token] LIMIT {PROBE + 1}) x LIMIT {PROBE + 1}"
        )
    if isinstance(best, Chain):
        return (
            f"SELECT x.rid FROM unnest({chained_tokens(b, best)}) t CROSS JOIN LATERAL (SELECT r.rid "
            f"FROM resource_index r WHERE r.tokens && ARRAY[t] LIMIT {PROBE + 1}) x LIMIT {PROBE + 1}"
        )
    if isinstance(best, Patients) and not best.several:
        return (
            f"SELECT x.rid FROM unnest({patient_keys(b, best)}) p CROSS JOIN LATERAL (SELECT r.rid "
            f"FROM resource_index r WHERE r.patient = p AND r.type = {plan.number} LIMIT {PROBE + 1}) x "
            f"LIMIT {PROBE + 1}"
        )
    if isinstance(best, AllOf) and (probed := list(filter(_is_probed, best.criteria))):
        return _listed(b, plan, min(probed, key=rank))
    if isinstance(best, AnyOf) and _is_probed(best):
        parts = " UNION ALL ".join(f"({_listed(b, plan, each)})" for each in best.criteria)
        return f"SELECT u.rid FROM ({parts}) u LIMIT {PROBE + 1}"
    return side.rids(b, best, PROBE + 1) if isinstance(best, side.Side) else None


def _is_probed(criterion: Criterion) -> bool:
    """Whether `_listed` gives a query; one that is not used must not be made, for it leaves its arguments."""
    match criterion:
        case Tokens(codes=codes):
            return bool(codes)
        case Patients(targets=targets, several=several):
            return targets is not None and not several
        case AnyOf(criteria):
            return all(map(_is_probed, criteria))
        case AllOf(criteria):
            return any(map(_is_probed, criteria))
        case _:
            return isinstance(criterion, Words | Chain | side.Side)
