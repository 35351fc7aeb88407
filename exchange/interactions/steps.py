"""What each entry of a transaction asks for. Pure.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from exchange.bundle import Criteria, Entry
from exchange.interactions.request import if_match, valid_id
from exchange.outcome import FhirError
from exchange.trust.grant import Grant

Action = Literal["create", "update", "delete", "read"]
LETTERS: Final = {"create": "c", "update": "u", "delete": "d"}


@dataclass(frozen=True, slots=True)
class Step:
    """`criteria` decide whether to create, or which resource to update or delete.

    id        of the resource in the URL; for what has none there, the id if it is created
    version   the one that must be current
    """

    entry: Entry
    action: Action
    type: str
    id: str
    criteria: Criteria | None = None
    version: int | None = None


def steps(listed: Iterable[Entry], types: Collection[str], new_id: Callable[[], str]) -> list[Step]:
    """The steps in the entries' order; FhirError names the entry that cannot be done."""
    made = []
    for entry in listed:
        try:
            made.append(_step(entry, types, new_id))
        except FhirError as error:
            raise at(entry, error) from None
    return made


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
    if entry.segments[0] not in types:
        raise FhirError("unknown-type", f"R4 has no resource type {entry.segments[0][:64]}")
    version = if_match(entry.headers.get("if-match"))
    match entry.method, entry.segments:
        case "POST", [type_] if not entry.query:
            _require_type(entry, type_)
            return Step(entry, "create", type_, new_id(), _none_exist(entry, type_))
        case "PUT", [type_, id_]:
            _require_type(entry, type_)
            if (entry.resource or {}).get("id") != valid_id(id_):
                raise FhirError(
                    "invalid", "The resource's id is not the URL's", f"{entry.expression}.resource.id"
                )
            return Step(entry, "update", type_, id_, version=version)
        case "PUT", [type_] if entry.query:
            _require_type(entry, type_)
            given = (entry.resource or {}).get("id")
            own = valid_id(given) if isinstance(given, str) else new_id()
            return Step(entry, "update", type_, own, Criteria(type_, entry.query), version)
        case "DELETE", [type_, id_]:
            return Step(entry, "delete", type_, valid_id(id_), version=version)
        case "DELETE", [type_] if entry.query:
            return Step(entry, "delete", type_, "", Criteria(type_, entry.query), version)
    raise FhirError("invalid", f"A transaction cannot do this {entry.method}")


def _none_exist(entry: Entry, type_: str) -> Criteria | None:
    condition = entry.headers.get("if-none-exist")
    return None if condition is None else Criteria(type_, condition.rpartition("?")[2])


def _require_type(entry: Entry, type_: str) -> None:
    if (entry.resource or {}).get("resourceType") != type_:
        raise FhirError("invalid", f"The URL says {type_}", f"{entry.expression}.resource")


def _is_path(expression: str) -> bool:
    return expression.startswith("Bundle.")
