"""The rows that the matches of a page include, and what these include in turn.

Each step looks at what the caller may see only, so that nothing is reached through what is hidden.

https://hl7.org/fhir/R4/search.html#include
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from collections.abc import Sequence

from exchange.search.query.query import Inclusion, Query
from exchange.search.statement.builder import Builder
from exchange.search.statement.predicate import member
from exchange.search.value.token import h64, present
from exchange.store.types import RESOURCE_TYPES, type_number
from mpi.store import PATIENT_KEYS

MAX_INCLUDED = 10_000

_PATIENT = type_number("Patient")
# What every url has in common: that it is there.
_THERE = f"({h64(present())})::bigint"


def included(b: Builder, query: Query, matches: str) -> str:
    """A table of the rids included, one more than MAX_INCLUDED if there are more; `matches` are rows of
    resource_index."""
    seen = _seen(b, query)
    parts = [part for each in query.inclusions for part in _followed(b, each, matches, query.resource_type)]
    first = " UNION ALL ".join(parts) or "SELECT NULL::bigint AS rid"
    base = b.table("first", f"SELECT DISTINCT i.rid FROM ({_looked_up(first)}) i WHERE {seen}")
    found = _closure(b, query, base, seen)
    return b.table(
        "included",
        f"SELECT c.rid FROM {found} c WHERE NOT EXISTS (SELECT 1 FROM {matches} m WHERE m.rid = c.rid) "
        f"LIMIT {MAX_INCLUDED + 1}",
    )


def _seen(b: Builder, query: Query) -> str:
    """True for a row `i` that the caller may see."""
    if query.allowed is None:
        return "true"
    types = b.argument([type_number(name) for name in query.open_types], "smallint[]")
    return f"(i.type = ANY({types}) OR {member(b, query.allowed)})"


def _looked_up(rids: str) -> str:
    return (
        f"SELECT r.* FROM (SELECT DISTINCT d.rid FROM ({rids}) d OFFSET 0) c CROSS JOIN LATERAL "
        f"(SELECT * FROM resource_index x WHERE x.rid = c.rid OFFSET 0) r"
    )


def _closure(b: Builder, query: Query, base: str, seen: str) -> str:
    """What is included, and by the inclusions that iterate all that follows from it; UNION ends cycles."""
    again = [each for each in query.inclusions if each.iterate]
    if not again:
        return base
    steps = " UNION ALL ".join(part for each in again for part in _followed(b, each, "", ""))
    return b.recursive(
        "closure",
        lambda name: (
            f"SELECT rid FROM {base} UNION SELECT n.rid FROM {name} c CROSS JOIN LATERAL "
            f"(SELECT * FROM resource_index x WHERE x.rid = c.rid OFFSET 0) o CROSS JOIN LATERAL "
            f"(SELECT i.rid FROM ({_looked_up(steps)}) i WHERE {seen} OFFSET 0) n"
        ),
    )


def _followed(b: Builder, each: Inclusion, matches: str, resource_type: str) -> Sequence[str]:
    """Queries for rids: from all rows of `matches`; or, with none, from the one row `o`."""
    leaves, arrives = each.source_types, each.target_types
    if each.reverse:
        leaves, arrives = arrives, leaves
    if matches and resource_type not in leaves:
        return ()
    rows = _rows(b, matches, leaves)
    types = b.argument([type_number(name) for name in arrives], "smallint[]")
    if each.reverse:
        return _referring(b, each, rows, types)
    return _referred(b, each, rows, types)


def _rows(b: Builder, matches: str, types: tuple[str, ...]) -> str:
    """A query for the rows `m` to go on from."""
    if matches:
        return f"(SELECT * FROM {matches})"
    if len(types) == len(RESOURCE_TYPES):
        return "(SELECT o.*)"
    return f"(SELECT o.* WHERE o.type = ANY({b.argument([type_number(t) for t in types], 'smallint[]')}))"


def _referred(b: Builder, each: Inclusion, rows: str, types: str) -> Sequence[str]:
    salts = b.argument(list(each.salts), "bigint[]")
    found = [
        f"SELECT t.rid FROM resource_index t WHERE t.type = ANY({types}) AND t.ref = ANY(ARRAY("
        f"SELECT DISTINCT k # s FROM {rows} m CROSS JOIN unnest(m.tokens) k CROSS JOIN unnest({salts}) s))"
    ]
    if each.by_url and each.urls:
        found.append(_by_url(b, rows, each.by_url, each.urls, types))
    return found


def _referring(b: Builder, each: Inclusion, rows: str, types: str) -> Sequence[str]:
    found = []
    if each.as_patient:
        keys = PATIENT_KEYS.format(keys=f"ARRAY(SELECT m.patient FROM {rows} m WHERE m.type = {_PATIENT})")
        found.append(
            f"SELECT t.rid FROM resource_index t "
            f"WHERE t.patient = ANY(ARRAY({keys})) AND t.type = ANY({types})"
        )
    if each.salts:
        salts = b.argument(list(each.salts), "bigint[]")
        found.append(
            f"SELECT t.rid FROM resource_index t WHERE t.type = ANY({types}) AND t.tokens && ARRAY("
            f"SELECT n.ref # s FROM ({_names(rows)}) n CROSS JOIN unnest({salts}) s)"
        )
    if each.by_url and each.urls:
        found.append(_by_url(b, rows, each.urls, each.by_url, types))
    return found


def _names(rows: str) -> str:
    """The hashes that the rows are referred to by; a Patient also under all that the patient index links."""
    keys = PATIENT_KEYS.format(keys=f"ARRAY(SELECT m.patient FROM {rows} m WHERE m.type = {_PATIENT})")
    return (
        f"SELECT m.ref FROM {rows} m UNION SELECT p.ref FROM resource_index p "
        f"WHERE p.type = {_PATIENT} AND p.patient = ANY(ARRAY({keys}))"
    )


def _by_url(b: Builder, rows: str, near: tuple[int, ...], far: tuple[int, ...], types: str) -> str:
    """What says at `far` the URL that a row says at `near`."""
    salts = b.argument(list(near), "bigint[]"), b.argument(list(far), "bigint[]")
    return (
        f"SELECT t.rid FROM resource_index t WHERE t.type = ANY({types}) AND t.tokens && ARRAY("
        f"SELECT DISTINCT k # s # f FROM {rows} m CROSS JOIN unnest(m.tokens) k "
        f"CROSS JOIN unnest({salts[0]}) s CROSS JOIN unnest({salts[1]}) f WHERE k # s <> {_THERE})"
    )
