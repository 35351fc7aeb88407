"""What attempts at a transaction learn: one that assumed what is not so is rolled back, and the next one
knows.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from exchange.bundle import Criteria
from exchange.interactions.conditional import find
from exchange.interactions.plan import Plan, Referred, Settled, is_by_identifier, require_one
from exchange.interactions.steps import Step
from exchange.store.connection import Connection
from exchange.store.transact import Written


@dataclass(slots=True)
class Knowledge:
    """What earlier attempts learned.

    seen         criteria that find a new resource of the transaction itself, and its id
    referred     ids that the criteria of references find once all is written
    versions     the version that a resource gets
    identifiers  those of the resources that entries bring, as the index has them
    """

    seen: dict[Criteria, str] = field(default_factory=dict)
    referred: dict[Criteria, tuple[str, ...]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    identifiers: dict[int, Sequence[tuple[int, str, str]]] = field(default_factory=dict)


class Unforeseen(Exception):
    """The attempt assumed what is not so. It has been noted; the next attempt knows."""


def note_versions(
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


async def note_seen(connection: Connection, plan: Plan, result: Settled, known: Knowledge) -> None:
    """Raises Unforeseen if criteria of a creation find what an earlier step created. Identifiers are compared
    before anything is written; for other criteria the search itself tells."""
    creations = [step for step in result.changes if step.action == "create"]
    asking = {
        step.criteria: replace(plan.queries[step.criteria], count=len(creations) + 1)
        for step in creations
        if step.criteria and not is_by_identifier(plan.queries[step.criteria])
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


async def note_referred(connection: Connection, plan: Plan, referred: Referred, known: Knowledge) -> None:
    """Conditional references are resolved last: raises Unforeseen if what has been written changes what their
    criteria find, 412 if they do not find exactly one resource."""
    if not referred.assumed:
        return
    found = await find(connection, {criteria: plan.queries[criteria] for criteria in referred.assumed})
    now = {criteria: tuple(sorted(ids)) for criteria, ids in found.items()}
    if now != referred.assumed:
        known.referred |= now
        raise Unforeseen
    for criteria, ids in now.items():
        require_one(criteria, ids, plan.references[criteria])
