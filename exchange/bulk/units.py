"""The parts of an export: a type, or a filter of it, for some patients at a time.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from exchange.bulk.plan import Plan

# So many patients' resources of one type are looked for together.
PATIENTS: Final = 200


@dataclass(frozen=True, slots=True)
class Unit:
    """`filter` is the search, one of which must match; `others` are those that were asked before it, whose
    matches are written already. `patients` are ids."""

    type: str
    filter: str | None = None
    others: tuple[str, ...] = ()
    patients: tuple[str, ...] | None = None


def units_of(plan: Plan) -> list[Unit]:
    """The same plan gives the same units in the same order: a job that goes on counts on it."""
    units: list[Unit] = []
    for type_ in plan.types:
        filters = plan.filters.get(type_, [])
        for patients in _chunks(plan.patients):
            if not filters:
                units.append(Unit(type_, patients=patients))
            units += [Unit(type_, filter_, tuple(filters[:n]), patients) for n, filter_ in enumerate(filters)]
    return units


def _chunks(patients: Sequence[str] | None) -> list[tuple[str, ...] | None]:
    if patients is None:
        return [None]
    return [tuple(patients[n : n + PATIENTS]) for n in range(0, len(patients), PATIENTS)]
