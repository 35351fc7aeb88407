"""A transaction before the database is asked, and what its answers settle. Pure.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from exchange.bundle import Criteria, Entry, Site, conditional, in_entry, sites
from exchange.hub import Hub
from exchange.interactions.conditional import compiled, one
from exchange.interactions.steps import Step, steps
from exchange.outcome import FhirError
from exchange.search.query import Identifiers, Query
from terminology.issue import Issue

Matches = Mapping[Criteria, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """places      the references in the resource of each step, by the entry's index
    references  conditional references, and where each stands first
    queries     every criteria's search
    """

    steps: Sequence[Step]
    places: Mapping[int, Sequence[Site]]
    references: Mapping[Criteria, str]
    queries: Mapping[Criteria, Query]

    def of(self, *actions: str) -> list[Step]:
        return [step for step in self.steps if step.action in actions]

    def conditions(self, *actions: str) -> dict[Criteria, Query]:
        """The searches that decide about these steps."""
        return {step.criteria: self.queries[step.criteria] for step in self.of(*actions) if step.criteria}


@dataclass(frozen=True, slots=True)
class Settled:
    """changes  steps that write, each with its final id
    found    conditional creations that have their resource already, with its id
    """

    changes: Sequence[Step]
    found: Sequence[Step]

    def identities(self) -> dict[str, str]:
        """Full URL → `Type/id`."""
        both = (*self.changes, *self.found)
        return {step.entry.full_url: f"{step.type}/{step.id}" for step in both if step.entry.full_url}


def plan_of(hub: Hub, listed: Sequence[Entry]) -> Plan:
    """Raises FhirError for what cannot be done, whatever is stored."""
    planned = steps(listed, hub.definitions.resource_types, hub.new_id)
    full_urls = frozenset(entry.full_url for entry in listed) - {""}
    places = {step.entry.index: sites(resource, full_urls) for step, resource in _written(planned)}
    references: dict[Criteria, str] = {}
    for step, _ in _written(planned):
        for place in places[step.entry.index]:
            criteria = conditional(place.value) if place.key == "reference" else None
            if criteria is not None:
                references.setdefault(criteria, in_entry(step.entry, place.path))
    conditions = {step.criteria: f"{step.entry.expression}.request" for step in planned if step.criteria}
    asked = references | conditions
    return Plan(planned, places, references, {each: _compiled(hub, each, asked[each]) for each in asked})


def settled(plan: Plan, matches: Matches) -> Settled:
    """Which resource each creation and update is about. Of creations under criteria that say the same, the
    first creates for all."""
    changes: list[Step] = []
    found: list[Step] = []
    first: dict[object, str] = {}
    for step in plan.of("create", "update"):
        if step.criteria is None:
            changes.append(step)
            continue
        match = one(step.criteria, matches[step.criteria], f"{step.entry.expression}.request")
        id_ = match or first.setdefault(_meaning(plan.queries[step.criteria]), step.id)
        if step.action == "create" and id_ != step.id:
            found.append(replace(step, id=id_))
            continue
        _require_same_id(step, match)
        changes.append(replace(step, id=id_))
    return Settled(changes, found)


def referred(plan: Plan, matches: Matches, created: Matches) -> dict[Criteria, str]:
    """`Type/id` of each conditional reference; raises 412 unless it matches exactly one resource, stored or
    in the transaction itself."""
    named: dict[Criteria, str] = {}
    for criteria, expression in plan.references.items():
        ids = sorted({*matches[criteria], *created.get(criteria, ())})
        match = one(criteria, ids, expression)
        if match is None:
            issue = Issue("error", "not-found", f"No {criteria.type} matches the reference", expression)
            raise FhirError.of("precondition", [issue])
        named[criteria] = f"{criteria.type}/{match}"
    return named


def matched_inside(plan: Plan, rows: Iterable[tuple[Step, Iterable[tuple[int, str, str]]]]) -> Matches:
    """The ids in the transaction that conditional references by identifier match; `rows` are the steps'
    identifiers as the index has them: (parameter, system, value)."""
    by_value: dict[tuple[int, str], list[tuple[str, Step]]] = {}
    for step, identifiers in rows:
        for parameter, system, value in identifiers:
            by_value.setdefault((parameter, value), []).append((system, step))
    inside: dict[Criteria, tuple[str, ...]] = {}
    for criteria in plan.references:
        match plan.queries[criteria].criteria:
            case (Identifiers(parameters, sought),):
                inside[criteria] = tuple(
                    step.id
                    for parameter in parameters
                    for wanted, value in sought
                    for system, step in by_value.get((parameter, value), ())
                    if step.type == criteria.type and wanted in (None, system)
                )
    return inside


def _written(planned: Iterable[Step]) -> Iterator[tuple[Step, dict[str, object]]]:
    for step in planned:
        if step.action in ("create", "update") and step.entry.resource is not None:
            yield step, step.entry.resource


def _compiled(hub: Hub, criteria: Criteria, expression: str) -> Query:
    if criteria.type not in hub.definitions.resource_types:
        raise FhirError("invalid", f"R4 has no resource type {criteria.type}", expression)
    try:
        return compiled(hub, criteria)
    except FhirError as error:
        error.issues = [replace(issue, expression=expression) for issue in error.issues]
        raise


def _meaning(query: Query) -> object:
    return query.resource_type, frozenset(query.criteria)


def _require_same_id(step: Step, match: str | None) -> None:
    given = (step.entry.resource or {}).get("id")
    if match is not None and step.action == "update" and given not in (None, match):
        raise FhirError("invalid", "The match has another id", f"{step.entry.expression}.resource.id")
