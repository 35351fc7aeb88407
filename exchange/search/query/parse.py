"""From the parameters of a type-level search to a Query; nothing is ever ignored silently.

https://hl7.org/fhir/R4/search.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from exchange.search.criteria import Search
from exchange.search.definition.leading import TypeParameters
from exchange.search.query.criterion import Criterion
from exchange.search.query.filtering import filter_criteria
from exchange.search.query.include import inclusions, is_inclusion, open_types
from exchange.search.query.links import any_criterion
from exchange.search.query.lists import listed
from exchange.search.query.query import Inclusion, Query, SearchError
from exchange.search.query.sorting import sort_keys
from exchange.search.query.tree import conjuncts
from exchange.search.query.values import refused
from exchange.search.statement.coupled import coupled
from terminology.issue import Issue

DEFAULT_COUNT = 20
MAX_COUNT = 1000
MAX_PARAMETERS = 100

Handling = Literal["strict", "lenient"]

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_SUMMARIES = ("true", "text", "data", "count", "false")
_TOTALS = ("none", "accurate", "estimate")


@dataclass(slots=True)
class _Draft:
    """What has been understood so far; a control parameter that repeats must not contradict itself."""

    criteria: list[Criterion] = field(default_factory=list)
    inclusions: list[Inclusion] = field(default_factory=list)
    controls: dict[str, Any] = field(default_factory=dict)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[Issue] = field(default_factory=list)


def parse(
    search: Search,
    resource_type: str,
    parameters: Iterable[tuple[str, str]],
    handling: Handling = "strict",
    allowed: tuple[UUID, ...] | None = None,
) -> Query:
    """The Query. Raises SearchError about what is unknown, unsupported or malformed.

    Under lenient handling an unknown or unsupported parameter becomes a warning in `ignored` instead.
    `allowed` are the keys of the only patients whose resources may be seen.
    """
    of = search.registry.of(resource_type)
    draft = _Draft()
    given = list(parameters)
    if len(given) > MAX_PARAMETERS:
        raise refused("", f"A search may have {MAX_PARAMETERS} parameters.", "too-costly")
    for name, value in given:
        try:
            _take(search, of, draft, name, value)
        except SearchError as error:
            if handling == "strict" or error.issue.code != "not-supported":
                raise
            draft.ignored.append(Issue("warning", "not-supported", error.issue.diagnostics, name))
        else:
            asked = f"{name} {value}" if name[:1] == "_" else name
            draft.ignored += [
                Issue("warning", "incomplete", each, name) for each in search.registry.warnings(asked)
            ]
            if name != "_cursor":
                draft.accepted.append((name, value))
    return _query(search, of, draft, handling, allowed)


def _query(
    search: Search,
    of: TypeParameters,
    draft: _Draft,
    handling: Handling,
    allowed: tuple[UUID, ...] | None,
) -> Query:
    controls = draft.controls
    summary = controls.get("_summary", "false")
    return Query(
        of.resource_type,
        coupled(of, tuple(draft.criteria)),
        sort=controls.get("_sort", ()),
        count=0 if summary == "count" else controls.get("_count", DEFAULT_COUNT),
        total=controls.get("_total", "none"),
        cursor=controls.get("_cursor"),
        inclusions=tuple(dict.fromkeys(draft.inclusions)),
        allowed=allowed,
        open_types=open_types(search, draft.inclusions),
        lenient=handling == "lenient",
        in_compartment=of.resource_type in search.registry.compartment_types,
        has_leading_date=of.date is not None,
        accepted=tuple(draft.accepted),
        ignored=tuple(draft.ignored),
        summary=summary,
        elements=controls.get("_elements", ()),
        format=controls.get("_format"),
        pretty=controls.get("_pretty", False),
    )


def _take(search: Search, of: TypeParameters, draft: _Draft, name: str, value: str) -> None:
    if _NO_TEXT.search(name) or _NO_TEXT.search(value):
        raise refused(name.replace("\x00", ""), "A parameter holds a character that no text may hold.")
    if not value:
        raise refused(name, f"{name} has no value.")
    if is_inclusion(name):
        draft.inclusions += inclusions(search, of, name, value)
    elif name == "_filter":
        draft.criteria += filter_criteria(search, of, value)
    elif name == "_list":
        draft.criteria.append(listed(search, name, value))
    elif name in _CONTROLS:
        made = _CONTROLS[name](search, of, value)
        if draft.controls.setdefault(name, made) != made:
            raise refused(name, f"{name} is given twice.")
    else:
        draft.criteria += _criteria(search, of, name, value)


# Values that are asked for again and again (codes, a patient whose record is open) are read once. Only for
# parameters whose criterion depends on nothing but the type's own parameters: no date, no chain.
_TIMELESS = frozenset(("token", "reference", "string", "uri"))
_REMEMBERED = 10_000
_LONGEST = 200
_remembered: dict[tuple[str, str, object, str, str], tuple[TypeParameters, tuple[Criterion, ...]]] = {}


def _criteria(search: Search, of: TypeParameters, name: str, value: str) -> tuple[Criterion, ...]:
    key = (of.resource_type, search.base, search.aliases, name, value)
    known = _remembered.get(key)
    if known is not None and known[0] is of:
        return known[1]
    found = conjuncts(any_criterion(search, of, name, value))
    parameter = of.parameters.get(name.partition(":")[0])
    if parameter is not None and parameter.type in _TIMELESS and len(name) + len(value) <= _LONGEST:
        if len(_remembered) >= _REMEMBERED:
            _remembered.clear()
        _remembered[key] = (of, found)
    return found


def _count(search: Search, of: TypeParameters, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 9):
        raise refused("_count", "_count needs a whole number.")
    return min(int(value), MAX_COUNT)


def _chosen(name: str, choices: tuple[str, ...]) -> Any:
    def choose(search: Search, of: TypeParameters, value: str) -> str:
        if value not in choices:
            raise refused(name, f"{name} is one of {', '.join(choices)}.")
        return value

    return choose


def _contained(search: Search, of: TypeParameters, value: str) -> str:
    """Contained resources are no results: only what R4 takes for granted is understood."""
    if value != "false":
        raise refused("_contained", "Searching in contained resources is not supported.", "not-supported")
    return value


def _no_query(search: Search, of: TypeParameters, value: str) -> str:
    raise refused("_query", f"There is no named query {value}.", "not-supported")


def _elements(search: Search, of: TypeParameters, value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _pretty(search: Search, of: TypeParameters, value: str) -> bool:
    if value not in ("true", "false"):
        raise refused("_pretty", "_pretty is true or false.")
    return value == "true"


def _text(search: Search, of: TypeParameters, value: str) -> str:
    return value


_CONTROLS: dict[str, Any] = {
    "_count": _count,
    "_contained": _contained,
    "_query": _no_query,
    "_sort": sort_keys,
    "_summary": _chosen("_summary", _SUMMARIES),
    "_total": _chosen("_total", _TOTALS),
    "_elements": _elements,
    "_format": _text,
    "_pretty": _pretty,
    "_cursor": _text,
}
