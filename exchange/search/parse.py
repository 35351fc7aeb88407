"""From the parameters of a type-level search to a Query; nothing is ever ignored silently.

https://hl7.org/fhir/R4/search.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from exchange.search.criteria import Search
from exchange.search.leading import TypeParameters
from exchange.search.links import any_criterion, inclusion
from exchange.search.query import Criterion, Inclusion, Query, SearchError, SortKey
from exchange.search.values import refused
from terminology.issue import Issue

DEFAULT_COUNT = 20
MAX_COUNT = 1000
MAX_PARAMETERS = 100
MAX_SORT_KEYS = 4

Handling = Literal["strict", "lenient"]

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_SUMMARIES = ("true", "text", "data", "count", "false")
_TOTALS = ("none", "accurate", "estimate")
_TABLES = {
    "date": "date_index",
    "string": "string_index",
    "number": "number_index",
    "quantity": "quantity_index",
}


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
            if name != "_cursor":
                draft.accepted.append((name, value))
    return _query(search, of, draft, allowed)


def _query(search: Search, of: TypeParameters, draft: _Draft, allowed: tuple[UUID, ...] | None) -> Query:
    controls = draft.controls
    summary = controls.get("_summary", "false")
    return Query(
        of.resource_type,
        tuple(draft.criteria),
        sort=controls.get("_sort", ()),
        count=0 if summary == "count" else controls.get("_count", DEFAULT_COUNT),
        total=controls.get("_total", "none"),
        cursor=controls.get("_cursor"),
        inclusions=tuple(dict.fromkeys(draft.inclusions)),
        allowed=allowed,
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
    if name in ("_include", "_revinclude"):
        draft.inclusions.append(inclusion(search, of, name, value))
    elif name in _CONTROLS:
        made = _CONTROLS[name](of, value)
        if draft.controls.setdefault(name, made) != made:
            raise refused(name, f"{name} is given twice.")
    else:
        draft.criteria.append(any_criterion(search, of, name, value))


def _count(of: TypeParameters, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 9):
        raise refused("_count", "_count needs a whole number.")
    return min(int(value), MAX_COUNT)


def _chosen(name: str, choices: tuple[str, ...]) -> Any:
    def choose(of: TypeParameters, value: str) -> str:
        if value not in choices:
            raise refused(name, f"{name} is one of {', '.join(choices)}.")
        return value

    return choose


def _sort(of: TypeParameters, value: str) -> tuple[SortKey, ...]:
    keys = tuple(_sort_key(of, part.strip()) for part in value.split(","))
    if len(keys) > MAX_SORT_KEYS:
        raise refused("_sort", f"_sort takes {MAX_SORT_KEYS} keys.", "too-costly")
    return keys


def _sort_key(of: TypeParameters, part: str) -> SortKey:
    descending, code = part.startswith("-"), part.removeprefix("-")
    if code == "_id":
        return SortKey("id", descending)
    if code == "_lastUpdated":
        return SortKey("updated", descending)
    parameter = of.parameters.get(code)
    if parameter is None:
        raise refused("_sort", f"{of.resource_type} has no search parameter {code}.", "not-supported")
    if of.date is not None and parameter.keys == of.date.keys:
        return SortKey("ts", descending)
    if identifiers := parameter.of_kind("identifier"):
        return SortKey("identifier_index", descending, tuple(sorted({s.number for s in identifiers})))
    if parameter.refusal or parameter.type not in _TABLES:
        raise refused("_sort", f"Sorting by {code} is not supported.", "not-supported")
    numbers = tuple(sorted({source.number for source in parameter.sources}))
    return SortKey(_TABLES[parameter.type], descending, numbers)


def _elements(of: TypeParameters, value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _pretty(of: TypeParameters, value: str) -> bool:
    if value not in ("true", "false"):
        raise refused("_pretty", "_pretty is true or false.")
    return value == "true"


def _text(of: TypeParameters, value: str) -> str:
    return value


_CONTROLS: dict[str, Any] = {
    "_count": _count,
    "_sort": _sort,
    "_summary": _chosen("_summary", _SUMMARIES),
    "_total": _chosen("_total", _TOTALS),
    "_elements": _elements,
    "_format": _text,
    "_pretty": _pretty,
    "_cursor": _text,
}
