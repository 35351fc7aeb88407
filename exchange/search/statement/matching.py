"""All rows of a plan in no order, gathered from its best criterion."""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from dataclasses import replace
from typing import get_args

from exchange.search.query.conditions import Identifiers, Ids, LeadingDate, Phrases, Tokens, Updated, Words
from exchange.search.query.criterion import AnyOf, Chain, Criterion, Has, Kin, Members, Patients, Targets
from exchange.search.statement import ranges, side
from exchange.search.statement.builder import Builder
from exchange.search.statement.candidates import candidates, of_patients
from exchange.search.statement.plan import Plan
from exchange.search.statement.predicate import conditions
from exchange.search.statement.rank import ANY_PATIENT, rank
from exchange.search.statement.stream import MILLISECOND

_SETTLED = (Ids, Identifiers, Members, Kin, Patients, Has, Chain, Phrases, Words, *get_args(side.Side))


def rows_of(b: Builder, targets: Targets) -> str:
    """All rows of resource_index that fulfil the criteria, in no order."""
    return matching(b, Plan(targets.resource_type, targets.criteria, None if targets.shared else b.allowed))


def matching(b: Builder, plan: Plan) -> str:
    """All rows of the plan in no order, gathered from its best criterion."""
    best = min(plan.criteria, key=rank, default=None)
    if plan.allowed is not None and (best is None or rank(best) > rank(ANY_PATIENT)):
        keys = b.argument(list(plan.allowed), "uuid[]")
        found = of_patients(plan, keys, several=True)
        return among(b, plan, f"SELECT DISTINCT rid FROM ({found}) c", conditions(b, plan))
    if best is None or rank(best) == 99:
        return f"SELECT * FROM resource_index i WHERE i.type = {plan.number} AND {conditions(b, plan)}"
    if isinstance(best, Tokens):
        return _by_tokens(b, plan)
    if isinstance(best, LeadingDate | Updated):
        return _by_date(b, plan, best)
    listed = candidates(b, plan, best)
    if listed is None:
        return f"SELECT * FROM resource_index i WHERE i.type = {plan.number} AND {conditions(b, plan)}"
    return among(b, plan, f"SELECT DISTINCT rid FROM ({listed}) c", conditions(b, plan, settled(best)))


def settled(best: Criterion | None) -> tuple[Criterion, ...]:
    """The criterion, if all that is found by it fulfils it, so that it need not be asked again."""
    return (best,) if best is not None and _is_settled(best) else ()


def _is_settled(criterion: Criterion) -> bool:
    if isinstance(criterion, AnyOf):
        return all(map(_is_settled, criterion.criteria))
    return isinstance(criterion, _SETTLED)


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


def among(b: Builder, plan: Plan, found: str, condition: str) -> str:
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
