"""One attempt at a transaction, from the locks to the answers.

https://hl7.org/fhir/R4/http.html#trules

Whoever writes locks in one order: criteria, then the keys of patients' records, then resources. So two of
them do not wait for each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl

from exchange.bundle import Criteria
from exchange.hub import Hub
from exchange.identity import patients, store
from exchange.interactions.answers import Responses, of_changes, of_deletions, of_found, of_read
from exchange.interactions.batch import Respond
from exchange.interactions.conditional import find, lock
from exchange.interactions.inside import inside
from exchange.interactions.knowledge import Knowledge, note_referred, note_seen, note_versions
from exchange.interactions.making import made
from exchange.interactions.plan import Matches, Plan, Settled, referred, removals, settled
from exchange.interactions.request import Request
from exchange.interactions.steps import Step, at, size_of
from exchange.interactions.turns import in_turns
from exchange.outcome import FhirError
from exchange.patient_number import require_number
from exchange.search.query.query import Query
from exchange.sites import Names, versioned
from exchange.store.batch import Write
from exchange.store.connection import Connection
from exchange.store.fetch import Stored, fetch


async def created(hub: Hub, request: Request, plan: Plan) -> Responses:
    """The answers to nothing but creations, which are committed together with those of others."""
    names = Names(Settled((), plan.steps, ()).identities(), {}, lambda name: 1)
    resources = await made(hub, request, plan, plan.steps, names, {})
    written = await hub.committer.create([write for write, _ in resources], hub.clock())
    return of_changes(request, plan.steps, written)


async def attempted(
    hub: Hub, connection: Connection, request: Request, plan: Plan, known: Knowledge, respond: Respond
) -> Responses:
    """The answers, on a connection in a transaction that ends with them."""
    identified = partial(_identifiers, hub, known)
    deciding = [step for step in plan.steps if step.criteria]
    _require_numbers(hub, request, deciding)
    creating = [step for step in deciding if step.action in ("create", "update")]
    bringing = await in_turns(creating, size_of, lambda step: (step.type, identified(step)))
    await lock(connection, [plan.queries[step.criteria] for step in deciding if step.criteria], bringing)
    matches: Matches = await find(connection, _widened(plan))
    removed = removals(plan, matches)
    matches = _without(matches, removed)
    result = settled(plan, matches, removed, known.seen, identified)
    references = referred(plan, matches, result, known.referred, identified)
    by_version = _referred_by_version(plan, result)
    stored = await _stored(connection, result.changes, by_version)
    versions = {name: known.versions.get(name) or _next(name, stored, result) for name in by_version}
    names = Names(result.identities(), references.names, versions.__getitem__)
    resources = await made(hub, request, plan, result.changes, names, stored)
    deletions = [Write("delete", step.type, step.id, if_match=step.version) for step in removed]
    writes = [*deletions, *(write for write, _ in resources)]
    told = patients(resource for _, resource in resources)
    written = await store(hub, connection, request.grant.hospital, writes, told, hub.clock())
    note_versions(result.changes, written[len(removed) :], versions, known)
    await note_seen(connection, plan, result, known)
    await note_referred(connection, plan, references, known)
    responses = of_deletions(request, plan, removed, written[: len(removed)])
    responses |= of_changes(request, result.changes, written[len(removed) :])
    responses |= await of_found(connection, request, result.found)
    for step in plan.of("read"):
        responses[step.entry.index] = await of_read(inside(hub, connection), request, step, respond)
    return responses


def _require_numbers(hub: Hub, request: Request, deciding: Sequence[Step]) -> None:
    """A hospital tells of its Patient by an identifier that the Patient has (ITI-104), here as elsewhere."""
    if request.grant.hospital is None:
        return
    for step in deciding:
        if step.type == "Patient" and step.action == "update" and step.criteria and step.resource:
            try:
                require_number(hub, parse_qsl(step.criteria.query), step.resource)
            except FhirError as error:
                raise at(step.entry, error) from None


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
