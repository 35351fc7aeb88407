"""One attempt at a transaction, from the locks to the answers.

https://hl7.org/fhir/R4/http.html#trules

Whoever writes locks in one order: criteria, then the keys of patients' records, then resources. So two of
them do not wait for each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from exchange.bundle import Criteria, in_entry, refuse
from exchange.fhirjson import rest_of
from exchange.hub import Hub
from exchange.identity import Resource, patients, store
from exchange.interactions.batch import Respond, entry_request, with_preference
from exchange.interactions.conditional import find, lock
from exchange.interactions.delete import deleted
from exchange.interactions.inside import inside
from exchange.interactions.patch import answerable, changed, require_version, update_of
from exchange.interactions.plan import Matches, Plan, Settled, referred, removals, settled
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response
from exchange.interactions.steps import Step, at
from exchange.interactions.turns import in_turns
from exchange.interactions.written import found_response, written_response
from exchange.outcome import FhirError
from exchange.search.query.query import Identifiers, Query
from exchange.sites import Names, Site, rewrite, versioned
from exchange.store.batch import Write
from exchange.store.connection import Connection
from exchange.store.fetch import Stored, fetch
from exchange.store.transact import Written
from terminology.issue import Issue

Responses = dict[int, Response]


@dataclass(slots=True)
class Knowledge:
    """What earlier attempts learned.

    seen         criteria that find a new resource of the transaction itself, and its id
    versions     the version that a resource gets
    identifiers  those of the resources that entries bring, as the index has them
    """

    seen: dict[Criteria, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    identifiers: dict[int, Sequence[tuple[int, str, str]]] = field(default_factory=dict)


class Unforeseen(Exception):
    """The attempt assumed what is not so. It has been noted; the next attempt knows."""


async def created(hub: Hub, request: Request, plan: Plan) -> Responses:
    """The answers to nothing but creations, which are committed together with those of others."""
    names = Names(Settled((), plan.steps, ()).identities(), {}, lambda name: 1)
    made = await _made(hub, request, plan, plan.steps, names, {})
    written = await hub.committer.create([write for write, _ in made], hub.clock())
    return _answers(request, plan.steps, written)


async def attempted(
    hub: Hub, connection: Connection, request: Request, plan: Plan, known: Knowledge, respond: Respond
) -> Responses:
    """The answers, on a connection in a transaction that ends with them."""
    identified = partial(_identifiers, hub, known)
    deciding = [step for step in plan.steps if step.criteria]
    making = [step for step in deciding if step.action in ("create", "update")]
    made = await in_turns(making, _size, lambda step: (step.type, identified(step)))
    await lock(connection, [plan.queries[step.criteria] for step in deciding if step.criteria], made)
    matches: Matches = await find(connection, _widened(plan))
    removed = removals(plan, matches)
    matches = _without(matches, removed)
    result = settled(plan, matches, removed, known.seen, identified)
    references = referred(plan, matches, result.changes, identified)
    by_version = _referred_by_version(plan, result)
    stored = await _stored(connection, result.changes, by_version)
    versions = {name: known.versions.get(name) or _next(name, stored, result) for name in by_version}
    names = Names(result.identities(), references, versions.__getitem__)
    resources = await _made(hub, request, plan, result.changes, names, stored)
    deletions = [Write("delete", step.type, step.id, if_match=step.version) for step in removed]
    writes = [*deletions, *(write for write, _ in resources)]
    told = patients(resource for _, resource in resources)
    written = await store(hub, connection, request.grant.hospital, writes, told, hub.clock())
    _note_versions(result.changes, written[len(removed) :], versions, known)
    await _note_seen(connection, plan, result, known)
    responses = _deleted(request, plan, removed, written[: len(removed)])
    responses |= _answers(request, result.changes, written[len(removed) :])
    responses |= await _found(connection, request, result.found)
    for step in plan.of("read"):
        responses[step.entry.index] = await _read(inside(hub, connection), request, step, respond)
    return responses


def _size(step: Step) -> int:
    return len(step.text)


def _widened(plan: Plan) -> dict[Criteria, Query]:
    """Every search, with room for the matches that the transaction deletes."""
    deletions = len(plan.of("delete"))
    return {
        criteria: replace(query, count=query.count + deletions) for criteria, query in plan.queries.items()
    }


def _without(matches: Matches, removed: Sequence[Step]) -> Matches:
    """What the criteria find once the deletions are done."""
    gone = {(step.type, step.id) for step in removed}
    if not gone:
        return matches
    return {
        criteria: tuple(id_ for id_ in ids if (criteria.type, id_) not in gone)
        for criteria, ids in matches.items()
    }


def _identifiers(hub: Hub, known: Knowledge, step: Step) -> Sequence[tuple[int, str, str]]:
    index = step.entry.index
    if index not in known.identifiers:
        resource = (step.resource or {}) | {"id": step.id}
        # What is wrong with it is reported with all other findings.
        known.identifiers[index] = () if hub.check(resource) else hub.extraction.row(resource).identifiers
    return known.identifiers[index]


def _referred_by_version(plan: Plan, result: Settled) -> set[str]:
    """`Type/id` of what the transaction writes or found, and refers to by version."""
    identities = result.identities()
    placed = [step for step in result.changes if step.entry.index in plan.places]
    return {
        name for step in placed for name in versioned(plan.places[step.entry.index], step.entry, identities)
    }


async def _stored(
    connection: Connection, changes: Sequence[Step], by_version: Iterable[str]
) -> dict[str, Stored]:
    """The current versions of these and of what is patched, by `Type/id`."""
    names = sorted({*by_version, *(step.name for step in changes if step.action == "patch")})
    pairs = [(name.partition("/")[0], name.partition("/")[2]) for name in names]
    found = await fetch(connection, pairs) if pairs else []
    return {name: stored for name, stored in zip(names, found, strict=True) if stored is not None}


def _next(name: str, stored: Mapping[str, Stored], result: Settled) -> int:
    """The version it has in the end, if nobody comes in between and the content is not the same."""
    current = stored[name].version if name in stored else 0
    return current + any(step.name == name for step in result.changes)


def _note_versions(
    changes: Sequence[Step], written: Sequence[Written], versions: Mapping[str, int], known: Knowledge
) -> None:
    """Raises Unforeseen if what is patched or referred to by version has another version now."""
    overtaken = False
    for step, outcome in zip(changes, written, strict=True):
        if outcome.status == "conflict":
            overtaken |= step.action == "patch"
        elif versions.get(step.name, outcome.version) != outcome.version:
            known.versions[step.name] = outcome.version
            overtaken = True
    if overtaken:
        raise Unforeseen


async def _note_seen(connection: Connection, plan: Plan, result: Settled, known: Knowledge) -> None:
    """Raises Unforeseen if criteria of a creation find what an earlier step created. Identifiers are compared
    before anything is written; for other criteria the search itself tells."""
    creations = [step for step in result.changes if step.action == "create"]
    asking = {
        step.criteria: replace(plan.queries[step.criteria], count=len(creations) + 1)
        for step in creations
        if step.criteria and not _is_by_identifier(plan.queries[step.criteria])
    }
    if not asking or len(creations) < 2:
        return
    found = await find(connection, asking)
    earlier: dict[str, set[str]] = {}
    for step in creations:
        before = earlier.setdefault(step.type, set())
        if step.criteria in asking and (others := before & set(found[step.criteria])):
            known.seen[step.criteria] = min(others)
        before.add(step.id)
    if not known.seen.keys().isdisjoint(asking):
        raise Unforeseen


def _is_by_identifier(query: Query) -> bool:
    match query.criteria:
        case (Identifiers(),):
            return True
    return False


async def _made(
    hub: Hub,
    request: Request,
    plan: Plan,
    changes: Sequence[Step],
    names: Names,
    stored: Mapping[str, Stored],
) -> list[tuple[Write, Resource]]:
    """Resolve every reference, then check every resource; raises all findings together."""
    issues: list[Issue] = []

    def make(step: Step) -> tuple[Write, Resource] | None:
        places = plan.places.get(step.entry.index, ())
        issues.extend(rewrite(step.entry, places, names, lambda path: _types(hub, path)))
        if step.action == "patch":
            return _patched(hub, request, step, stored.get(step.name))
        try:
            return _written(hub, step, places)
        except FhirError as error:
            issues.extend(
                replace(issue, expression=in_entry(step.entry, issue.expression)) for issue in error.issues
            )
        return None

    made = await in_turns(changes, _size, make)
    refuse(issues)
    return [each for each in made if each is not None]


def _written(hub: Hub, step: Step, places: Sequence[Site]) -> tuple[Write, Resource]:
    sent = step.resource or {}
    resource = sent | {"id": step.id}
    rest = None if places else rest_of(sent, step.text)
    return hub.write(
        "create" if step.action == "create" else "update", resource, step.version, rest
    ), resource


def _patched(hub: Hub, request: Request, step: Step, found: Stored | None) -> tuple[Write, Resource]:
    """Raises FhirError for this entry, whatever it is: not that of a resource that was sent."""
    try:
        there = require_there(found, step.name)
        asked = replace(
            entry_request(request, step.entry, step.resource), path={"type": step.type, "id": step.id}
        )
        require_version(asked, step.name, there)
        resource = changed(hub, asked, there)
        return update_of(hub, resource, there.version), resource
    except FhirError as error:
        raise at(step.entry, error) from None


def _types(hub: Hub, path: str) -> Sequence[str]:
    element = hub.definitions.element(path)
    return () if element is None else element.types


def _deleted(request: Request, plan: Plan, removed: Sequence[Step], written: Sequence[Written]) -> Responses:
    responses = {step.entry.index: Response(204) for step in plan.of("delete")}
    asked = with_preference(request)
    for step, outcome in zip(removed, written, strict=True):
        try:
            responses[step.entry.index] = deleted(asked, step.name, outcome)
        except FhirError as error:
            raise at(step.entry, error) from None
    return responses


def _answers(request: Request, changes: Sequence[Step], written: Sequence[Written]) -> Responses:
    responses: Responses = {}
    asked = with_preference(request)
    for step, outcome in zip(changes, written, strict=True):
        told = asked if step.action != "patch" else answerable(replace(asked, path={"type": step.type}))
        try:
            responses[step.entry.index] = written_response(told, step.name, outcome)
        except FhirError as error:
            raise at(step.entry, error) from None
    return responses


async def _found(connection: Connection, request: Request, found: Sequence[Step]) -> Responses:
    """What conditional creations found, or what an earlier one of the same transaction created."""
    stored = await fetch(connection, [(step.type, step.id) for step in found]) if found else []
    asked = with_preference(request)
    return {
        step.entry.index: found_response(asked, step.name, version)
        for step, version in zip(found, stored, strict=True)
    }


async def _read(hub: Hub, request: Request, step: Step, respond: Respond) -> Response:
    """A GET sees what the transaction has written."""
    try:
        if not _OPERATIONS.issuperset(part for part in step.entry.segments if part[:1] == "$"):
            raise FhirError("invalid", "A transaction cannot do this GET")
        response = await respond(hub, step.entry.path, entry_request(request, step.entry))
        return replace(response, body=b"") if step.entry.method == "HEAD" else response
    except FhirError as error:
        raise at(step.entry, error) from None


# Those that only read.
_OPERATIONS: Final = frozenset(("$everything", "$lastn", "$meta", "$graphql"))
