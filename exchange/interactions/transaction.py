"""https://hl7.org/fhir/R4/http.html#transaction"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from exchange.bundle import entries, envelope, in_entry, refuse, refuse_overlap, rewrite
from exchange.hub import Hub
from exchange.identity import patients, store
from exchange.interactions.batch import entry_request
from exchange.interactions.conditional import find, lock, one, repeated
from exchange.interactions.delete import deleted
from exchange.interactions.entries import response_entry, with_entries
from exchange.interactions.history_instance import read_history
from exchange.interactions.plan import Matches, Plan, Settled, matched_inside, plan_of, referred, settled
from exchange.interactions.read import read_current
from exchange.interactions.request import Request, Response
from exchange.interactions.search_type import search_with
from exchange.interactions.steps import Step, at, refuse_repeated_full_urls, require_permitted
from exchange.interactions.vread import read_version
from exchange.interactions.written import found_response, written_response
from exchange.outcome import FhirError
from exchange.store.batch import Write
from exchange.store.connection import Connection
from exchange.store.fetch import fetch
from terminology.issue import Issue

# So many resources are checked before others get a turn.
TURN: Final = 20
_URIS: Final = frozenset(("uri", "url", "canonical", "oid", "uuid"))

Responses = dict[int, Response]


async def transaction(hub: Hub, request: Request, bundle: dict[str, Any]) -> Response:
    """All entries or none: deletions, creations, updates, reads, whatever their order in the Bundle."""
    refuse(hub.check(envelope(bundle)))
    listed = entries(bundle, hub.base)
    refuse_repeated_full_urls(listed)
    plan = plan_of(hub, listed)
    require_permitted(request.grant, plan.steps, plan.references)

    async def attempt() -> Responses:
        async with hub.pool.acquire() as connection, connection.transaction():
            return await _done(hub, connection, request, plan)

    responses = await repeated(attempt)
    answers = [response_entry(responses[entry.index]) for entry in listed]
    return Response(200, with_entries({"resourceType": "Bundle", "type": "transaction-response"}, answers))


async def _done(hub: Hub, connection: Connection, request: Request, plan: Plan) -> Responses:
    await lock(connection, plan.conditions("create", "update", "delete").values())
    instant = hub.clock()
    removed = await _targets(connection, plan)
    responses = await _delete(hub, connection, request, plan, removed, instant)
    wanted = {criteria: plan.queries[criteria] for criteria in plan.references}
    matches = await find(connection, plan.conditions("create", "update") | wanted)
    result = settled(plan, matches)
    refuse_overlap((step.entry, (step.type, step.id)) for step in (*removed, *result.changes))
    writes = await _writes(hub, plan, result, matches)
    responses |= await _write(hub, connection, request, result.changes, writes, instant)
    responses |= await _found(connection, request, result.found)
    for step in plan.of("read"):
        responses[step.entry.index] = await _read(hub, connection, request, step)
    return responses


async def _targets(connection: Connection, plan: Plan) -> list[Step]:
    """The deletions, each with the id of what it deletes; without those that match nothing."""
    matches = await find(connection, plan.conditions("delete"))
    targets: list[Step] = []
    for step in plan.of("delete"):
        id_: str | None = step.id
        if step.criteria is not None:
            id_ = one(step.criteria, matches[step.criteria], f"{step.entry.expression}.request")
        if id_ is not None:
            targets.append(replace(step, id=id_))
    refuse_overlap((step.entry, (step.type, step.id)) for step in targets)
    return targets


async def _delete(
    hub: Hub,
    connection: Connection,
    request: Request,
    plan: Plan,
    targets: Sequence[Step],
    instant: datetime,
) -> Responses:
    responses = {step.entry.index: Response(204) for step in plan.of("delete")}
    writes = [Write("delete", step.type, step.id, if_match=step.version) for step in targets]
    written = await store(hub, connection, None, writes, (), instant) if writes else []
    for step, outcome in zip(targets, written, strict=True):
        try:
            responses[step.entry.index] = deleted(
                entry_request(request, step.entry), f"{step.type}/{step.id}", outcome
            )
        except FhirError as error:
            raise at(step.entry, error) from None
    return responses


async def _writes(hub: Hub, plan: Plan, result: Settled, matches: Matches) -> list[Write]:
    """Resolve every reference, then check every resource; raises all findings together."""
    identities = result.identities()
    references = referred(plan, matches, _inside(hub, plan, result.changes))
    issues: list[Issue] = []
    writes: list[Write] = []
    for number, step in enumerate(result.changes):
        if number % TURN == 0:
            await asyncio.sleep(0)
        issues += rewrite(
            step.entry, plan.places[step.entry.index], identities, references, lambda path: _is_uri(hub, path)
        )
        try:
            writes.append(_written(hub, step))
        except FhirError as error:
            issues += [
                replace(issue, expression=in_entry(step.entry, issue.expression)) for issue in error.issues
            ]
    refuse(issues)
    return writes


def _written(hub: Hub, step: Step) -> Write:
    return hub.write(
        "create" if step.action == "create" else "update",
        (step.entry.resource or {}) | {"id": step.id},
        step.version,
    )


def _inside(hub: Hub, plan: Plan, changes: Sequence[Step]) -> Matches:
    """Conditional references may be about what the transaction itself writes."""
    types = {criteria.type for criteria in plan.references}
    about = [step for step in changes if step.type in types]
    return matched_inside(plan, ((step, _identifiers(hub, step)) for step in about))


def _identifiers(hub: Hub, step: Step) -> Sequence[tuple[int, str, str]]:
    resource = step.entry.resource or {}
    if hub.check(resource | {"id": step.id}):
        return ()  # what is wrong with it is reported with all other findings
    return hub.extraction.row(resource | {"id": step.id}).identifiers


def _is_uri(hub: Hub, path: str) -> bool:
    element = hub.definitions.element(path)
    return element is not None and not _URIS.isdisjoint(element.types)


async def _write(
    hub: Hub,
    connection: Connection,
    request: Request,
    changes: Sequence[Step],
    writes: Sequence[Write],
    instant: datetime,
) -> Responses:
    responses: Responses = {}
    told = patients((step.entry.resource or {}) | {"id": step.id} for step in changes)
    written = await store(hub, connection, request.grant.hospital, writes, told, instant) if writes else []
    for step, outcome in zip(changes, written, strict=True):
        try:
            responses[step.entry.index] = written_response(
                entry_request(request, step.entry), f"{step.type}/{step.id}", outcome
            )
        except FhirError as error:
            raise at(step.entry, error) from None
    return responses


async def _found(connection: Connection, request: Request, found: Sequence[Step]) -> Responses:
    """What conditional creations found, or what an earlier one of the same transaction created."""
    stored = await fetch(connection, [(step.type, step.id) for step in found]) if found else []
    return {
        step.entry.index: found_response(
            entry_request(request, step.entry), f"{step.type}/{step.id}", version
        )
        for step, version in zip(found, stored, strict=True)
    }


async def _read(hub: Hub, connection: Connection, request: Request, step: Step) -> Response:
    """A GET sees what the transaction has written."""
    asked = entry_request(request, step.entry)
    try:
        if step.type not in hub.definitions.resource_types:
            raise FhirError("unknown-type", f"R4 has no resource type {step.type[:64]}")
        match step.entry.segments:
            case [type_]:
                return await search_with(hub, connection, replace(asked, path={"type": type_}))
            case [type_, id_]:
                return await read_current(hub, connection, replace(asked, path={"type": type_, "id": id_}))
            case [type_, id_, "_history"]:
                return await read_history(hub, connection, replace(asked, path={"type": type_, "id": id_}))
            case [type_, id_, "_history", vid]:
                path = {"type": type_, "id": id_, "vid": vid}
                return await read_version(hub, connection, replace(asked, path=path))
        raise FhirError("invalid", "A transaction cannot do this GET")
    except FhirError as error:
        raise at(step.entry, error) from None
