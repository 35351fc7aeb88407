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

from dataclasses import replace
from typing import get_args

from exchange.search.query.query import (
    AllOf,
    AnyOf,
    Chain,
    Criterion,
    Has,
    Identifiers,
    Ids,
    Kin,
    LeadingDate,
    Members,
    Near,
    Pair,
    Paired,
    PatientReferences,
    Patients,
    Phrases,
    Quantities,
    Ranges,
    Strings,
    Targets,
    Tokens,
    Updated,
    Words,
)
from exchange.search.statement import order, ranges, side
from exchange.search.statement.builder import Builder
from exchange.search.statement.coupled import pair_rids, pairs_page
from exchange.search.statement.plan import Plan
from exchange.search.statement.predicate import conditions
from exchange.search.statement.reached import (
    chained_tokens,
    has_column,
    has_urls,
    has_values,
    has_words,
    kin,
    patient_keys,
    phrase_tokens,
    referring_tokens,
)
from exchange.search.statement.stream import MILLISECOND, Stream, after, stream_of, streamed
from exchange.search.statement.walked import is_walked, walked
from exchange.search.value.dates import DAY

# A criterion up to this rank names few resources.
BOUNDED = 4
_ANY_PATIENT = Patients((), several=False)
# Rows of the best criterion that are gathered without looking for another way.
PROBE = 2000
# To find what a resource refers to costs that many times more than to look at it.
DEARER = 10
# Patients whose streams are merged into one.
MERGED = 20


def rank(criterion: Criterion) -> int:
    """How good a criterion is to start from: 0 the best, 99 not at all."""
    match criterion:
        case Ids():
            return 0
        case Identifiers() | Members() | Kin():
            return 1
        case Patients(targets=None):
            return 2
        case Has(sources=Targets(criteria=criteria)):
            return max(3, min(map(rank, criteria), default=99))
        case Patients() | Chain():
            return 5
        case PatientReferences():
            return 3
        case Tokens():
            return 4 if criterion.narrow else 7 if criterion.codes else 8
        case Strings():
            return 6 if criterion.how == "prefix" else 5
        case Phrases():
            return 8
        case Paired() | Near():
            return 5
        case LeadingDate(comparisons):
            return 5 if all(_is_day(c.prefix, c.high - c.low) for c in comparisons) else 12
        case Quantities(pair=pair):
            return 9 if pair is None else 5
        case Ranges() | Updated():
            return 10
        case Words():
            return 7
        case AllOf(criteria):
            return min(rank(each) for each in criteria)
        case AnyOf(criteria):
            return max(rank(each) for each in criteria)
    return 99


def _is_day(prefix: str, width: float) -> bool:
    return prefix == "eq" and width <= 2 * DAY


def candidates(b: Builder, plan: Plan, criterion: Criterion) -> str | None:
    """A query for the rids of all rows that fulfil a criterion, and others perhaps; None if no index can."""
    match criterion:
        case Ids(ids):
            listed = b.argument(list(ids), "text[]")
            return f"SELECT r.rid FROM resource r WHERE r.type = {plan.number} AND r.id = ANY({listed})"
        case Members(references):
            named = b.argument(list(references), "bigint[]")
            return f"SELECT x.rid FROM resource_index x WHERE x.ref = ANY({named})"
        case Patients():
            return _by_patient(b, plan, criterion)
        case Tokens(hashes):
            return (
                f"SELECT x.rid FROM resource_index x WHERE x.tokens && {b.argument(list(hashes), 'bigint[]')}"
            )
        case PatientReferences():
            return f"SELECT x.rid FROM resource_index x WHERE x.tokens && {referring_tokens(b, criterion)}"
        case Chain():
            return f"SELECT x.rid FROM resource_index x WHERE x.tokens && {chained_tokens(b, criterion)}"
        case Has():
            return _referred(b, plan, criterion)
        case Phrases():
            return f"SELECT x.rid FROM resource_index x WHERE x.tokens && {phrase_tokens(b, criterion)}"
        case Kin():
            return f"SELECT x.rid FROM resource_index x WHERE x.ref = ANY({kin(b, criterion)})"
        case Words():
            of_texts = f"ARRAY(SELECT t.token FROM text_index t WHERE {has_words(b, criterion)})"
            return f"SELECT x.rid FROM resource_index x WHERE x.tokens && {of_texts}"
        case Quantities(pair=Pair() as pair):
            return pair_rids(b, criterion, pair)
        case AllOf(criteria):
            best = min(filter(_is_listed, criteria), key=rank, default=None)
            return None if best is None else candidates(b, plan, best)
        case AnyOf(criteria) if _is_listed(criterion):
            parts = [candidates(b, plan, each) for each in criteria]
            return " UNION ALL ".join(part for part in parts if part)
    return side.rids(b, criterion) if isinstance(criterion, side.Side) else None


def _is_listed(criterion: Criterion) -> bool:
    """Whether an index has all rows that fulfil the criterion."""
    match criterion:
        case AllOf(criteria):
            return any(map(_is_listed, criteria))
        case AnyOf(criteria):
            return all(map(_is_listed, criteria))
    return isinstance(criterion, _LISTED)


_LISTED = (
    Ids,
    Members,
    Patients,
    Tokens,
    PatientReferences,
    Chain,
    Has,
    Phrases,
    Kin,
    Words,
    *get_args(side.Side),
)


def _by_patient(b: Builder, plan: Plan, criterion: Patients) -> str:
    return _of_patients(plan, patient_keys(b, criterion), several=criterion.several)


def _of_patients(plan: Plan, keys: str, *, several: bool) -> str:
    own = (
        f"SELECT x.rid FROM unnest({keys}) p CROSS JOIN LATERAL (SELECT y.rid FROM resource_index y "
        f"WHERE y.patient = p AND y.type = {plan.number} OFFSET 0) x"
    )
    if not several:
        return own
    return f"{own} UNION ALL SELECT c.rid FROM compartment_index c WHERE c.patient = ANY({keys})"


def _referred(b: Builder, plan: Plan, criterion: Has) -> str:
    """Each reference looked up by itself."""
    found = (
        f"SELECT x.rid FROM unnest({has_values(b, criterion)}) p CROSS JOIN LATERAL (SELECT y.rid "
        f"FROM resource_index y WHERE y.{has_column(criterion)} = p AND y.type = {plan.number} OFFSET 0) x"
    )
    if not criterion.by_url:
        return found
    named = f"SELECT x.rid FROM resource_index x WHERE x.tokens && {has_urls(b, criterion)}"
    return f"{found} UNION ALL {named}"


def rows(b: Builder, targets: Targets) -> str:
    """All rows of resource_index that fulfil the criteria, in no order."""
    return matching(b, Plan(targets.resource_type, targets.criteria, None if targets.shared else b.allowed))


def matching(b: Builder, plan: Plan) -> str:
    """All rows of the plan in no order, gathered from its best criterion."""
    best = min(plan.criteria, key=rank, default=None)
    if plan.allowed is not None and (best is None or rank(best) > rank(_ANY_PATIENT)):
        keys = b.argument(list(plan.allowed), "uuid[]")
        found = _of_patients(plan, keys, several=True)
        return _among(b, plan, f"SELECT DISTINCT rid FROM ({found}) c", conditions(b, plan))
    if best is None or rank(best) == 99:
        return f"SELECT * FROM resource_index i WHERE i.type = {plan.number} AND {conditions(b, plan)}"
    if isinstance(best, Tokens):
        return _by_tokens(b, plan)
    if isinstance(best, LeadingDate | Updated):
        return _by_date(b, plan, best)
    listed = candidates(b, plan, best)
    if listed is None:
        return f"SELECT * FROM resource_index i WHERE i.type = {plan.number} AND {conditions(b, plan)}"
    return _among(b, plan, f"SELECT DISTINCT rid FROM ({listed}) c", conditions(b, plan, _settled(best)))


def _settled(best: Criterion | None) -> tuple[Criterion, ...]:
    """The criterion, if all that is found by it fulfils it, so that it need not be asked again."""
    return (best,) if best is not None and _is_settled(best) else ()


def _is_settled(criterion: Criterion) -> bool:
    if isinstance(criterion, AnyOf):
        return all(map(_is_settled, criterion.criteria))
    return isinstance(criterion, _SETTLED)


_SETTLED = (Ids, Identifiers, Members, Kin, Patients, Has, Chain, Phrases, Words, *get_args(side.Side))


def _by_date(b: Builder, plan: Plan, criterion: LeadingDate | Updated) -> str:
    """The rows within what the dates leave; and those marked as long that begin below it."""
    of_type = f"SELECT * FROM resource_index i WHERE i.type = {plan.number}"
    if isinstance(criterion, Updated):
        bounds = ranges.within(b, ranges.hull(criterion.comparisons, MILLISECOND), "i.updated")
        return " AND ".join((of_type, *bounds, conditions(b, plan)))
    hull = ranges.hull(criterion.comparisons)
    within = " AND ".join((of_type, *ranges.within(b, hull, "i.ts"), conditions(b, plan)))
    if not hull.long or hull.low is None:
        return within
    marked = _by_tokens(b, replace(plan, criteria=(*plan.criteria, Tokens(criterion.long))))
    return f"{within} UNION ALL SELECT * FROM ({marked}) i WHERE i.ts < {b.argument(hull.low, 'bigint')}"


def _among(b: Builder, plan: Plan, found: str, condition: str) -> str:
    """The rows of the plan among the rids found, each looked up."""
    return (
        f"SELECT i.* FROM ({found} OFFSET 0) c CROSS JOIN LATERAL "
        f"(SELECT * FROM resource_index r WHERE r.rid = c.rid OFFSET 0) i "
        f"WHERE i.type = {plan.number} AND {condition}"
    )


def _by_tokens(b: Builder, plan: Plan) -> str:
    """One scan of the GIN index for all token criteria; then the others."""
    tokens = tuple(each for each in plan.criteria if isinstance(each, Tokens))
    scan = " AND ".join(f"x.tokens && {b.argument(list(each.hashes), 'bigint[]')}" for each in tokens)
    return (
        f"SELECT i.* FROM (SELECT * FROM resource_index x WHERE {scan} OFFSET 0) i "
        f"WHERE i.type = {plan.number} AND {conditions(b, plan, tokens)}"
    )


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
        near = _among(b, plan, f"SELECT DISTINCT rid FROM {probe}", conditions(b, plan, _settled(best)))
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
