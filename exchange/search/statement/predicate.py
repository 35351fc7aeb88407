"""A criterion as an SQL condition on one row `i` of resource_index.

Where it needs a side table, `OFFSET 0` keeps the planner from turning the look-up by rid into a join.

https://www.postgresql.org/docs/18/functions-subquery.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from uuid import UUID

from exchange.search.query.conditions import (
    HasLeadingDate,
    HasLeadingPatient,
    Ids,
    LeadingDate,
    OfCodes,
    Phrases,
    Tokens,
    Updated,
    Words,
)
from exchange.search.query.criterion import (
    AllOf,
    AnyOf,
    Chain,
    Criterion,
    Has,
    Kin,
    Listed,
    Members,
    Not,
    PatientReferences,
    Patients,
    Targets,
)
from exchange.search.query.values import refused
from exchange.search.statement import ranges, side
from exchange.search.statement.builder import Builder
from exchange.search.statement.plan import Plan
from exchange.search.statement.reached import (
    among,
    chained_tokens,
    has_column,
    has_urls,
    has_values,
    has_words,
    kin,
    overlapping,
    patient_keys,
    phrase_tokens,
    referring_tokens,
)

# `meta.lastUpdated` has milliseconds.
UPDATED_END = "i.updated + 1000"
# Two arrays are compared each with each; of more tokens than these a hash table is made.
_FEW = 50


def predicate(b: Builder, criterion: Criterion) -> str:
    """True for the rows that fulfil the criterion; false or NULL for others."""
    match criterion:
        case Ids(ids):
            condition = f"r.id = ANY({b.argument(list(ids), 'text[]')})"
            return f"EXISTS (SELECT 1 FROM resource r WHERE r.rid = i.rid AND {condition} OFFSET 0)"
        case Tokens(hashes):
            listed = b.argument(list(hashes), "bigint[]")
            return f"i.tokens && {listed}" if len(hashes) <= _FEW else overlapping(listed)
        case LeadingDate(comparisons):
            return ranges.any_date(b, "i.ts", "i.ts_end", comparisons)
        case HasLeadingDate():
            return "i.ts IS NOT NULL"
        case HasLeadingPatient():
            return "i.patient IS NOT NULL"
        case Updated(comparisons):
            return ranges.any_date(b, "i.updated", UPDATED_END, comparisons)
        case Patients(targets=None):
            return _of_patients(patient_keys(b, criterion), several=criterion.several)
        case Patients():
            return _of_reached(patient_keys(b, criterion), several=criterion.several)
        case PatientReferences():
            found = f"i.tokens && {referring_tokens(b, criterion)}"
            return f"({found} AND {_member(b, criterion.keys)})" if criterion.member else found
        case Chain():
            return overlapping(chained_tokens(b, criterion))
        case Has():
            return _has(b, criterion)
        case Members(references):
            return f"i.ref = ANY({b.argument(list(references), 'bigint[]')})"
        case Phrases():
            return f"i.tokens && {phrase_tokens(b, criterion)}"
        case Kin():
            return f"i.ref = ANY({kin(b, criterion)})"
        case AllOf(criteria):
            return "(" + " AND ".join(predicate(b, each) for each in criteria) + ")"
        case Words():
            found = f"SELECT 1 FROM text_index t WHERE t.token = ANY(i.tokens) AND {has_words(b, criterion)}"
            return f"EXISTS ({found} OFFSET 0)"
        case AnyOf(criteria):
            return "(" + " OR ".join(predicate(b, each) for each in criteria) + ")"
        case Not(inner):
            return f"({predicate(b, inner)}) IS NOT TRUE"
        case OfCodes(name):
            raise refused(name, "The codes have not been looked up.", "not-supported")
        case Listed():
            raise refused("_list", "The List has not been looked up.", "not-supported")
        case _:
            return side.condition(b, criterion)


def _has(b: Builder, criterion: Has) -> str:
    """For a Patient by what refers to it; else by all that is referred to."""
    if criterion.as_patient and not criterion.several and not criterion.by_url:
        return _has_own(b, criterion.sources)
    if not criterion.as_patient and not criterion.by_url:
        return _has_referring(b, criterion)
    found = among(f"i.{has_column(criterion)}", has_values(b, criterion))
    return f"({found} OR {overlapping(has_urls(b, criterion))})" if criterion.by_url else found


def _has_referring(b: Builder, criterion: Has) -> str:
    """One of the sources refers to the row `i`."""
    sources = criterion.sources
    plan = Plan(sources.resource_type, sources.criteria, None if sources.shared else b.allowed)
    salts = b.argument(list(criterion.salts), "bigint[]")
    referring = (
        f"SELECT * FROM resource_index r WHERE r.tokens && ARRAY[i.ref # s] AND r.type = {plan.number}"
    )
    return (
        f"EXISTS (SELECT 1 FROM unnest({salts}) s CROSS JOIN LATERAL ({referring} OFFSET 0) i "
        f"WHERE {conditions(b, plan)})"
    )


def _has_own(b: Builder, sources: Targets) -> str:
    """One of the sources is in the record of the patient `i`."""
    plan = Plan(sources.resource_type, sources.criteria)
    coded = next((each for each in sources.criteria if isinstance(each, Tokens) and each.codes), None)
    if coded is None:
        own = (
            f"SELECT * FROM resource_index r WHERE r.patient = i.patient AND r.type = {plan.number} OFFSET 0"
        )
        return f"EXISTS (SELECT 1 FROM ({own}) i WHERE {conditions(b, plan)})"
    codes = b.argument(list(coded.codes), "bigint[]")
    own = f"SELECT c.rid FROM code_index c WHERE c.patient = i.patient AND c.code = ANY({codes}) OFFSET 0"
    rest = conditions(b, plan, (coded,))
    if rest == "true":
        return f"EXISTS ({own})"
    return (
        f"EXISTS (SELECT 1 FROM ({own}) c CROSS JOIN LATERAL "
        f"(SELECT * FROM resource_index r WHERE r.rid = c.rid OFFSET 0) i WHERE {rest})"
    )


def conditions(b: Builder, plan: Plan, left_out: tuple[Criterion, ...] = ()) -> str:
    """All criteria but those left out, and what the caller may see."""
    found = [predicate(b, each) for each in plan.criteria if each not in left_out]
    if plan.allowed is not None:
        found.append(member(b, plan.allowed))
    return " AND ".join(found) or "true"


def member(b: Builder, keys: tuple[UUID, ...]) -> str:
    """True for the rows in the compartment of one of exactly these patients."""
    return _of_patients(b.argument(list(keys), "uuid[]"), several=True)


def _member(b: Builder, keys: tuple[UUID, ...]) -> str:
    return _of_patients(patient_keys(b, Patients(keys, several=True)), several=True)


def _of_reached(keys: str, *, several: bool) -> str:
    """As below, for keys that may be many."""
    if not several:
        return among("i.patient", keys)
    further = f"SELECT 1 FROM compartment_index c WHERE c.rid = i.rid AND {among('c.patient', keys)} OFFSET 0"
    return f"({among('i.patient', keys)} OR EXISTS ({further}))"


def _of_patients(keys: str, *, several: bool) -> str:
    if not several:
        return f"i.patient = ANY({keys})"
    further = f"SELECT 1 FROM compartment_index c WHERE c.rid = i.rid AND c.patient = ANY({keys}) OFFSET 0"
    return f"(i.patient = ANY({keys}) OR EXISTS ({further}))"
