"""What each entry of a transaction asks for. Pure.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from exchange.bundle import Criteria, Entry
from exchange.interactions.request import if_match, valid_id
from exchange.outcome import FhirError
from exchange.trust.grant import Grant

Action = Literal["create", "update", "patch", "delete", "read"]
LETTERS: Final = {"create": "c", "update": "u", "patch": "u", "delete": "d"}


@dataclass(frozen=True, slots=True)
class Step:
    """`criteria` decide whether to create, or which resource to update or delete.

    id        of the resource in the URL; for what has none there, the id if it is created
    version   the one that must be current
    resource  what the entry brings
    text      the same as `dumps` gives it
    """

    entry: Entry
    action: Action
    type: str
    id: str
    criteria: Criteria | None = None
    version: int | None = None
    resource: dict[str, Any] | None = None
    text: bytes = b""

    @property
    def name(self) -> str:
        """`Type/id`."""
        return f"{self.type}/{self.id}"


def size_of(step: Step) -> int:
    """Bytes of what the entry brings."""
    return len(step.text)


def step_of(entry: Entry, types: Collection[str], new_id: Callable[[], str]) -> Step:
    """FhirError names the entry that cannot be done."""
    try:
        return _step(entry, types, new_id)
    except FhirError as error:
        raise at(entry, error) from None


def at(entry: Entry, error: FhirError) -> FhirError:
    """The error, as one about this entry."""
    expression = f"{entry.expression}.request"
    error.issues = [
        replace(issue, expression=issue.expression if _is_path(issue.expression) else expression)
        for issue in error.issues
    ]
    return error


def require_permitted(grant: Grant, planned: Iterable[Step], references: Iterable[Criteria]) -> None:
    """Every step's letter, and search wherever criteria decide; reads ask for themselves."""
    wanted = {(criteria.type, "s") for criteria in references}
    for step in planned:
        if step.action != "read":
            wanted.add((step.type, LETTERS[step.action]))
        if step.criteria is not None:
            wanted.add((step.type, "s"))
    for type_, letter in sorted(wanted):
        grant.require(type_, letter)


def refuse_repeated_full_urls(listed: Iterable[Entry]) -> None:
    """Raises where two entries have the same fullUrl (bdl-7)."""
    seen: set[str] = set()
    for entry in listed:
        if entry.full_url in seen:
            raise FhirError("invalid", "Another entry has this fullUrl", f"{entry.expression}.fullUrl")
        if entry.full_url:
            seen.add(entry.full_url)


def _step(entry: Entry, types: Collection[str], new_id: Callable[[], str]) -> Step:
    if entry.method in ("GET", "HEAD"):
        return Step(entry, "read", entry.segments[0], "")
    type_, *rest = entry.segments
    if type_ not in types:
        raise FhirError("unknown-type", f"R4 has no resource type {type_[:64]}")
    version = if_match(entry.headers.get("if-match"))
    criteria = Criteria(type_, entry.query) if entry.query else None
    match entry.method, rest:
        case "POST", [] if criteria is None:
            return _create(entry, type_, new_id)
        case "PUT", [id_]:
            return _update(entry, type_, id_, version)
        case "PUT", [] if criteria is not None:
            return _conditional_update(entry, criteria, version, new_id)
        case "PATCH", [id_]:
            return Step(entry, "patch", type_, valid_id(id_), version=version, resource=entry.read()[0])
        case "PATCH", [] if criteria is not None:
            return Step(entry, "patch", type_, "", criteria, version, entry.read()[0])
        case "DELETE", [id_]:
            return Step(entry, "delete", type_, valid_id(id_), version=version)
        case "DELETE", [] if criteria is not None:
            return Step(entry, "delete", type_, "", criteria, version)
    raise FhirError("invalid", f"A transaction cannot do this {entry.method}")


def _create(entry: Entry, type_: str, new_id: Callable[[], str]) -> Step:
    resource, text = _read(entry, type_)
    condition = entry.headers.get("if-none-exist")
    criteria = None if condition is None else Criteria(type_, condition.rpartition("?")[2])
    return Step(entry, "create", type_, new_id(), criteria, None, resource, text)


def _update(entry: Entry, type_: str, id_: str, version: int | None) -> Step:
    resource, text = _read(entry, type_)
    if resource.get("id") != valid_id(id_):
        raise FhirError("invalid", "The resource's id is not the URL's", f"{entry.expression}.resource.id")
    return Step(entry, "update", type_, id_, None, version, resource, text)


def _conditional_update(
    entry: Entry, criteria: Criteria, version: int | None, new_id: Callable[[], str]
) -> Step:
    resource, text = _read(entry, criteria.type)
    given = resource.get("id")
    own = valid_id(given) if isinstance(given, str) else new_id()
    return Step(entry, "update", criteria.type, own, criteria, version, resource, text)


def _read(entry: Entry, type_: str) -> tuple[dict[str, Any], bytes]:
    resource, text = entry.read()
    if resource.get("resourceType") != type_:
        raise FhirError("invalid", f"The URL says {type_}", f"{entry.expression}.resource")
    return resource, text


def _is_path(expression: str) -> bool:
    return expression.startswith("Bundle.")
