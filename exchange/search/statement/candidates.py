"""All rows that fulfil one criterion, from the index that fits it."""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from typing import get_args

from exchange.search.query.conditions import Ids, Pair, Phrases, Quantities, Tokens, Words
from exchange.search.query.criterion import (
    AllOf,
    AnyOf,
    Chain,
    Criterion,
    Has,
    Kin,
    Members,
    PatientReferences,
    Patients,
)
from exchange.search.statement import side
from exchange.search.statement.builder import Builder
from exchange.search.statement.coupled import pair_rids
from exchange.search.statement.plan import Plan
from exchange.search.statement.rank import rank
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


def _by_patient(b: Builder, plan: Plan, criterion: Patients) -> str:
    return of_patients(plan, patient_keys(b, criterion), several=criterion.several)


def of_patients(plan: Plan, keys: str, *, several: bool) -> str:
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
