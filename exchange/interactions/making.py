"""The resources of a transaction, with every reference resolved, checked and indexed.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from exchange.bundle import in_entry, refuse
from exchange.fhirjson import rest_of
from exchange.hub import Hub
from exchange.identity import Resource
from exchange.interactions.batch import entry_request
from exchange.interactions.patch import changed, require_version, update_of
from exchange.interactions.plan import Plan
from exchange.interactions.read import require_there
from exchange.interactions.request import Request
from exchange.interactions.steps import Step, at, size_of
from exchange.interactions.turns import in_turns
from exchange.outcome import FhirError
from exchange.sites import Names, Site, rewrite
from exchange.store.batch import Write
from exchange.store.fetch import Stored
from terminology.issue import Issue


async def made(
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

    all_made = await in_turns(changes, size_of, make)
    refuse(issues)
    return [each for each in all_made if each is not None]


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
