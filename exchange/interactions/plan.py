"""A transaction before the database is asked, and what its answers settle. Pure.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from exchange.bundle import Criteria, in_entry, refuse_overlap, root_of
from exchange.bundle import conditional as conditional_reference
from exchange.hub import Hub
from exchange.interactions.conditional import compiled, one
from exchange.interactions.search_type import chained
from exchange.interactions.steps import Step
from exchange.outcome import FhirError
from exchange.search.query.conditions import Identifiers
from exchange.search.query.query import Query
from exchange.sites import Site, may_refer, sites
from terminology.issue import Issue

Matches = Mapping[Criteria, tuple[str, ...]]
# Stands for what an attempt cannot name yet.
_NOBODY: Final = "not-known-yet"
Identified = Callable[[Step], Sequence[tuple[int, str, str]]]


@dataclass(frozen=True, slots=True)
class Plan:
    """places      the references in the resource of a step that has any, by the entry's index
    references  conditional references, and where each stands first
    queries     every criteria's search
    """

    steps: Sequence[Step]
    places: Mapping[int, Sequence[Site]]
    references: Mapping[Criteria, str]
    queries: Mapping[Criteria, Query]

    def of(self, *actions: str) -> list[Step]:
        return [step for step in self.steps if step.action in actions]

    @property
    def is_plain(self) -> bool:
        """Nothing but creations, whatever is stored. Patients are not: their persons are to be decided."""
        return not self.queries and all(
            step.action == "create" and step.type != "Patient" for step in self.steps
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """removed  deletions, each with the id of what it deletes; without those that match nothing
    changes  steps that write something else, each with its final id
    found    conditional creations that have their resource already, with its id
    """

    removed: Sequence[Step]
    changes: Sequence[Step]
    found: Sequence[Step]

    def identities(self) -> dict[str, str]:
        """Full URL → `Type/id`."""
        both = (*self.changes, *self.found)
        return {step.entry.full_url: step.name for step in both if step.entry.full_url}


def plan_of(hub: Hub, planned: Sequence[Step]) -> Plan:
    """Raises FhirError for what cannot be done, whatever is stored."""
    full_urls = frozenset(step.entry.full_url for step in planned) - {""}
    by_urn = all(url.startswith("urn:") for url in full_urls)
    places = {
        step.entry.index: found
        for step, resource in _written(planned)
        if may_refer(step.text, full_urls, by_urn)
        and (found := sites(resource, full_urls, root_of(step.entry.full_url)))
    }
    references: dict[Criteria, str] = {}
    for step, _ in _written(planned):
        for place in places.get(step.entry.index, ()):
            criteria = conditional_reference(place.value) if place.key == "reference" else None
            if criteria is not None:
                references.setdefault(criteria, in_entry(step.entry, place.path))
    conditions = {step.criteria: f"{step.entry.expression}.request" for step in planned if step.criteria}
    asked = references | conditions
    return Plan(planned, places, references, {each: _compiled(hub, each, asked[each]) for each in asked})


class Written:
    """The resources that a transaction writes, by their identifiers."""

    def __init__(self, identified: Identified) -> None:
        self._identified = identified
        self._by_value: dict[tuple[int, str], list[tuple[str, Step]]] = {}

    def add(self, step: Step) -> None:
        for parameter, system, value in self._identified(step):
            self._by_value.setdefault((parameter, value), []).append((system, step))

    def matching(self, query: Query) -> tuple[str, ...]:
        """The ids, the earliest first; none for criteria that are about more than identifiers."""
        match query.criteria:
            case (Identifiers(parameters, sought),):
                return tuple(
                    dict.fromkeys(
                        step.id
                        for parameter in parameters
                        for wanted, value in sought
                        for system, step in self._by_value.get((parameter, value), ())
                        if step.type == query.resource_type and wanted in (None, system)
                    )
                )
        return ()


def removals(plan: Plan, matches: Matches) -> list[Step]:
    """The deletions, each with the id of what it deletes; raises 412 where one could mean several."""
    targets = []
    for step in plan.of("delete"):
        id_ = step.id if step.criteria is None else _only(step, matches)
        if id_ is not None:
            targets.append(replace(step, id=id_))
    refuse_overlap((step.entry, (step.type, step.id)) for step in targets)
    return targets


def settled(
    plan: Plan,
    matches: Matches,
    removed: Sequence[Step],
    seen: Mapping[Criteria, str],
    identified: Identified,
) -> Settled:
    """Which resource each step is about.

    Of creations whose criteria find the same new resource, the first creates for all: criteria may say the
    same, ask for an identifier that it has, or have been `seen` to find it.
    """
    changes: list[Step] = []
    found: list[Step] = []
    first: dict[object, str] = {}
    types = {step.type for step in plan.of("create", "update") if step.criteria}
    new = Written(identified)
    for step in _in_order(plan):
        final = step
        if step.criteria is not None:
            query = plan.queries[step.criteria]
            match = _only(step, matches)
            earlier = seen.get(step.criteria) or next(iter(new.matching(query)), None)
            id_ = match or earlier or first.setdefault(_meaning(query), step.id)
            _require_match(step, match, id_)
            final = replace(step, id=id_)
            if step.action == "create" and id_ != step.id:
                found.append(final)
                continue
        changes.append(final)
        if final.action == "create" and final.type in types:
            new.add(final)
    refuse_overlap((step.entry, (step.type, step.id)) for step in (*removed, *changes))
    return Settled(removed, changes, found)


@dataclass(frozen=True, slots=True)
class Referred:
    """names    `Type/id` of each conditional reference
    assumed  ids that the criteria are taken to find in the end: to be looked at once all is written
    """

    names: Mapping[Criteria, str]
    assumed: Mapping[Criteria, tuple[str, ...]]


def referred(
    plan: Plan, matches: Matches, result: Settled, known: Matches, identified: Identified
) -> Referred:
    """What each conditional reference names, stored or in the transaction itself.

    Identifiers are compared before anything is written: raises 412 unless they find one resource. Of
    other criteria that the transaction bears on it is assumed what they find, by what is `known` or stored.
    """
    written = Written(identified)
    types = {criteria.type for criteria in plan.references}
    for step in result.changes:
        if step.type in types and step.action != "patch":
            written.add(step)
    names: dict[Criteria, str] = {}
    assumed: dict[Criteria, tuple[str, ...]] = {}
    for criteria, expression in plan.references.items():
        query, stored = plan.queries[criteria], matches[criteria]
        if _bears_on(result, query, stored):
            ids = assumed[criteria] = known.get(criteria, tuple(sorted(stored)))
            names[criteria] = f"{criteria.type}/{ids[0] if len(ids) == 1 else _NOBODY}"
        else:
            ids = tuple(sorted({*stored, *written.matching(query)}))
            names[criteria] = f"{criteria.type}/{require_one(criteria, ids, expression)}"
    return Referred(names, assumed)


def require_one(criteria: Criteria, ids: Sequence[str], expression: str) -> str:
    """The id that a conditional reference finds; raises 412 for none or several."""
    match = one(criteria, ids, expression)
    if match is None:
        issue = Issue("error", "not-found", f"No {criteria.type} matches the reference", expression)
        raise FhirError.of("precondition", [issue])
    return match


def is_by_identifier(query: Query) -> bool:
    """Whether nothing but identifiers is asked for."""
    match query.criteria:
        case (Identifiers(),):
            return True
    return False


def _bears_on(result: Settled, query: Query, stored: Sequence[str]) -> bool:
    """Whether what is written may change what the criteria find, beyond what identifiers tell."""
    if is_by_identifier(query):
        return any(step.type == query.resource_type and step.id in stored for step in result.changes)
    types = {query.resource_type, *chained(query.criteria)}
    return any(step.type in types for step in (*result.changes, *result.removed))


def _only(step: Step, matches: Matches) -> str | None:
    assert step.criteria is not None
    return one(step.criteria, matches[step.criteria], f"{step.entry.expression}.request")


def _require_match(step: Step, match: str | None, id_: str) -> None:
    if step.action == "patch" and match is None:
        raise FhirError(
            "not-found", f"No {step.type} matches the criteria", f"{step.entry.expression}.request"
        )
    if step.action == "update" and match is not None:
        given = (step.resource or {}).get("id")
        if given not in (None, match):
            raise FhirError("invalid", "The match has another id", f"{step.entry.expression}.resource.id")


def _in_order(plan: Plan) -> list[Step]:
    """Creations first, and of them first those that depend on nothing: the Bundle's order does not matter."""
    return sorted(
        plan.of("create", "update", "patch"),
        key=lambda step: (step.action != "create", step.criteria is not None),
    )


def _written(planned: Iterable[Step]) -> Iterator[tuple[Step, dict[str, object]]]:
    for step in planned:
        if step.action in ("create", "update") and step.resource is not None:
            yield step, step.resource


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
