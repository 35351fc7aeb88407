"""A criterion as an SQL condition on one row `i` of resource_index.

Where it needs a side table, `OFFSET 0` keeps the planner from turning the look-up by rid into a join.

https://www.postgresql.org/docs/18/functions-subquery.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from uuid import UUID

from exchange.search import ranges, side
from exchange.search.builder import Builder
from exchange.search.plan import Plan
from exchange.search.query import (
    AllOf,
    AnyOf,
    Chain,
    Criterion,
    Has,
    HasLeadingDate,
    HasLeadingPatient,
    Ids,
    Kin,
    LeadingDate,
    Listed,
    Members,
    Not,
    OfCodes,
    PatientReferences,
    Patients,
    Phrases,
    Targets,
    Tokens,
    Updated,
    Words,
)
from exchange.search.text import after_prefix
from exchange.search.values import refused
from exchange.store.types import type_number
from mpi.store import PATIENT_KEYS

# `meta.lastUpdated` has milliseconds.
UPDATED_END = "i.updated + 1000"


def predicate(b: Builder, criterion: Criterion) -> str:
    """True for the rows that fulfil the criterion; false or NULL for others."""
    match criterion:
        case Ids(ids):
            condition = f"r.id = ANY({b.argument(list(ids), 'text[]')})"
            return f"EXISTS (SELECT 1 FROM resource r WHERE r.rid = i.rid AND {condition} OFFSET 0)"
        case Tokens(hashes):
            return f"i.tokens && {b.argument(list(hashes), 'bigint[]')}"
        case LeadingDate(comparisons):
            return ranges.any_date(b, "i.ts", "i.ts_end", comparisons)
        case HasLeadingDate():
            return "i.ts IS NOT NULL"
        case HasLeadingPatient():
            return "i.patient IS NOT NULL"
        case Updated(comparisons):
            return ranges.any_date(b, "i.updated", UPDATED_END, comparisons)
        case Patients():
            return _of_patients(patient_keys(b, criterion), several=criterion.several)
        case PatientReferences():
            found = f"i.tokens && {referring_tokens(b, criterion)}"
            return f"({found} AND {_member(b, criterion.keys)})" if criterion.member else found
        case Chain():
            return f"i.tokens && {chained_tokens(b, criterion)}"
        case Has():
            return f"i.{has_column(criterion)} = ANY({has_values(b, criterion)})"
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


def _of_patients(keys: str, *, several: bool) -> str:
    if not several:
        return f"i.patient = ANY({keys})"
    further = f"SELECT 1 FROM compartment_index c WHERE c.rid = i.rid AND c.patient = ANY({keys}) OFFSET 0"
    return f"(i.patient = ANY({keys}) OR EXISTS ({further}))"


def patient_keys(b: Builder, criterion: Patients) -> str:
    """The keys to look under, as uuid[]: those named or found, and all that the patient index links."""

    def linked() -> str:
        if criterion.targets is None:
            return PATIENT_KEYS.format(keys=b.argument(list(criterion.keys), "uuid[]"))
        return PATIENT_KEYS.format(keys=f"ARRAY(SELECT t.patient FROM ({b.rows(b, criterion.targets)}) t)")

    return b.array("patient", linked, "uuid", (criterion.keys, criterion.targets))


def referring_tokens(b: Builder, criterion: PatientReferences) -> str:
    """The tokens of references to the patients, as bigint[]."""

    def tokens() -> str:
        keys = patient_keys(b, Patients(criterion.keys, several=True))
        salts = b.argument(list(criterion.salts), "bigint[]")
        return (
            f"SELECT p.ref # s FROM resource_index p CROSS JOIN unnest({salts}) s "
            f"WHERE p.type = {type_number('Patient')} AND p.patient = ANY({keys}) "
            f"UNION ALL SELECT unnest({b.argument(list(criterion.hashes), 'bigint[]')})"
        )

    return b.array("referring", tokens, "bigint", criterion)


def chained_tokens(b: Builder, criterion: Chain) -> str:
    """The tokens of references to the targets, as bigint[]."""

    def tokens() -> str:
        salts = b.argument(list(criterion.salts), "bigint[]")
        targets = " UNION ALL ".join(_references(b, targets) for targets in criterion.targets)
        return f"SELECT t.ref # s FROM ({targets}) t CROSS JOIN unnest({salts}) s"

    return b.array("chained", tokens, "bigint", criterion)


def _references(b: Builder, targets: Targets) -> str:
    """What refers to a Patient refers to the same person under every key."""
    if targets.resource_type != "Patient":
        return f"SELECT t.ref FROM ({b.rows(b, targets)}) t"
    keys = patient_keys(b, Patients((), several=False, targets=targets))
    of = f"p.type = {type_number('Patient')} AND p.patient = ANY({keys})"
    return f"SELECT p.ref FROM resource_index p WHERE {of}"


def phrase_tokens(b: Builder, criterion: Phrases) -> str:
    """The tokens of all texts that begin like this, as bigint[]."""

    def tokens() -> str:
        parts = [f"SELECT unnest({b.argument(list(criterion.hashes), 'bigint[]')})"]
        paths = b.argument(list(criterion.paths), "bigint[]")
        for prefix in criterion.prefixes:
            highest = after_prefix(prefix)
            below = "" if highest is None else f" AND x.value < {b.argument(highest, 'text')}"
            begins = f"x.value >= {b.argument(prefix, 'text')}{below}"
            parts.append(f"SELECT x.token FROM text_index x WHERE x.path = ANY({paths}) AND {begins}")
        return " UNION ALL ".join(parts)

    return b.array("phrases", tokens, "bigint", criterion)


def kin(b: Builder, criterion: Kin) -> str:
    """Hashes of the resources named and of all above or below them, as bigint[]."""
    number = type_number(criterion.resource_type)
    salts = b.argument(list(criterion.salts), "bigint[]")
    if criterion.how == "below":
        step = (
            f"SELECT n.ref FROM kin k CROSS JOIN unnest({salts}) s CROSS JOIN LATERAL (SELECT x.ref "
            f"FROM resource_index x WHERE x.tokens && ARRAY[k.ref # s] AND x.type = {number} OFFSET 0) n"
        )
    else:
        step = (
            f"SELECT n.ref FROM kin k CROSS JOIN LATERAL (SELECT x.tokens FROM resource_index x "
            f"WHERE x.ref = k.ref AND x.type = {number} OFFSET 0) c CROSS JOIN unnest(c.tokens) t "
            f"CROSS JOIN unnest({salts}) s CROSS JOIN LATERAL (SELECT x.ref FROM resource_index x "
            f"WHERE x.ref = (t # s) AND x.type = {number} OFFSET 0) n"
        )
    named = b.argument(list(criterion.references), "bigint[]")
    whole = f"WITH RECURSIVE kin (ref) AS (SELECT unnest({named}) UNION {step}) SELECT k.ref FROM kin k"
    return b.array("kin", lambda: whole, "bigint", criterion)


def has_words(b: Builder, criterion: Words) -> str:
    """True for a row `t` of text_index that has the words."""
    having = f"t.words @> {b.argument(list(criterion.words), 'integer[]')}"
    if not criterion.paths:
        return having
    return f"{having} AND t.path = ANY({b.argument(list(criterion.paths), 'bigint[]')})"


def has_column(criterion: Has) -> str:
    """What of a row the sources name."""
    return "patient" if criterion.as_patient else "ref"


def has_values(b: Builder, criterion: Has) -> str:
    """Keys of the patients (uuid[]) or hashes of the resources (bigint[]) that the sources refer to."""

    def patients() -> str:
        sources = b.table("source", f"SELECT j.rid, j.patient FROM ({b.rows(b, criterion.sources)}) j")
        if not criterion.several:
            return f"SELECT DISTINCT j.patient FROM {sources} j"
        further = f"SELECT c.patient FROM {sources} j JOIN compartment_index c USING (rid)"
        return f"SELECT j.patient FROM {sources} j UNION {further}"

    def references() -> str:
        tokens = f"({b.rows(b, criterion.sources)}) j CROSS JOIN unnest(j.tokens) t"
        salts = b.argument(list(criterion.salts), "bigint[]")
        return f"SELECT DISTINCT t # s FROM {tokens} CROSS JOIN unnest({salts}) s"

    if criterion.as_patient:
        return b.array("referred", patients, "uuid", criterion)
    return b.array("referred", references, "bigint", criterion)
