"""Transactions before and after the database: entries, identities, references. Pure.

https://hl7.org/fhir/R4/http.html#trules · https://hl7.org/fhir/R4/bundle.html#references
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

from exchange.outcome import FhirError, rejection
from terminology.issue import Issue

Resource = dict[str, Any]
Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Criteria:
    """A conditional URL: the search of `query` over `type`."""

    type: str
    query: str

    def __str__(self) -> str:
        return f"{self.type}?{self.query}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry's request. `path` has no leading slash and no query, `headers` are named as in HTTP."""

    index: int
    method: str
    path: str
    query: str
    full_url: str
    resource: Resource | None
    headers: Mapping[str, str]

    @property
    def expression(self) -> str:
        return f"Bundle.entry[{self.index}]"

    @property
    def segments(self) -> list[str]:
        return self.path.split("/")


@dataclass(frozen=True, slots=True)
class Site:
    """A place that may refer to another entry: `container[key]` was `value` when it came.

    `path` is where it stands in the resource, `element` the same as an element path without indexes.
    """

    container: Any
    key: Any
    value: str
    path: str
    element: str


def entries(bundle: Resource, base: str) -> list[Entry]:
    """The requests of a batch or transaction whose structure has been checked."""
    return [_entry(index, entry, base) for index, entry in enumerate(bundle.get("entry", ()))]


def envelope(bundle: Resource) -> Resource:
    """The Bundle without the resources in it, for the structure check."""
    listed = bundle.get("entry")
    if not isinstance(listed, list):
        return bundle
    bare = [_without_resource(entry) if isinstance(entry, dict) else entry for entry in listed]
    return {**bundle, "entry": bare}


def sites(resource: Resource, full_urls: frozenset[str]) -> list[Site]:
    """Every Reference.reference, and every other string that is one of `full_urls`.

    A Bundle inside the Bundle has names of its own and is left alone.
    """
    found: list[Site] = []
    stack: list[_Link] = [(None, resource["resourceType"], resource)]
    while stack:
        link = stack.pop()
        node = link[2]
        members: Iterable[tuple[Any, Any]]
        if type(node) is dict:
            if node.get("resourceType") == "Bundle":
                continue
            members = node.items()
        else:
            members = enumerate(node)
        for key, value in members:
            kind = type(value)
            if kind is str:
                if key == "reference" or value in full_urls:
                    found.append(Site(node, key, value, *_paths((link, key, value))))
            elif kind is dict or kind is list:
                stack.append((link, key, value))
    return found


def conditional(reference: str) -> Criteria | None:
    """The criteria of a conditional reference, `Practitioner?identifier=…`."""
    found = _CONDITIONAL.fullmatch(reference)
    return Criteria(found[1], found[2]) if found else None


def may_be_conditional(text: bytes) -> bool:
    """Whether a resource of this compact text can have a conditional reference in it."""
    return b"?" in text and _CONDITIONAL_TEXT.search(text) is not None


def unresolved(resource: Resource) -> list[Issue]:
    """The conditional references in it, which only a transaction resolves."""
    return [
        Issue("error", "business-rule", "A conditional reference is resolved in transactions only", site.path)
        for site in sites(resource, frozenset())
        if conditional(site.value)
    ]


def root_of(full_url: str) -> str:
    """What a relative reference is relative to; empty if the full URL is no RESTful one."""
    found = _RESTFUL.fullmatch(full_url)
    return found[1] if found else ""


def rewrite(
    entry: Entry,
    places: Sequence[Site],
    identities: Mapping[str, str],
    matches: Mapping[Criteria, str],
    is_uri: Callable[[str], bool],
) -> Iterator[Issue]:
    """Let every place name the resource as the hub stores it; yields what names nothing.

    identities: full URL → `Type/id`. Repeatable: it starts from what the client sent each time.
    """
    root = root_of(entry.full_url)
    for place in places:
        value = place.value
        target = identities.get(value) or identities.get(root + value)
        if target is None and (criteria := conditional(value)) is not None and place.key == "reference":
            target = matches.get(criteria)
        if target is not None:
            if place.key == "reference" or is_uri(place.element):
                place.container[place.key] = target
        elif place.key == "reference" and value.startswith(("urn:uuid:", "urn:oid:")):
            yield Issue(
                "error", "not-found", f"No entry has the fullUrl {value[:80]}", in_entry(entry, place.path)
            )


def in_entry(entry: Entry, expression: str) -> str:
    """`Patient.name[0]` as seen from the Bundle."""
    _, dot, rest = expression.partition(".")
    return f"{entry.expression}.resource{dot}{rest}"


def refuse_overlap(changed: Iterable[tuple[Entry, Identity]]) -> None:
    """Raises if two entries change the same resource."""
    first: dict[Identity, Entry] = {}
    issues = [
        Issue(
            "error",
            "duplicate",
            f"{identity[0]}/{identity[1]} is already changed by {first[identity].expression}",
            entry.expression,
        )
        for entry, identity in sorted(changed, key=lambda pair: pair[0].index)
        if first.setdefault(identity, entry) is not entry
    ]
    if issues:
        raise FhirError.of("invalid", issues)


def refuse(issues: Sequence[Issue]) -> None:
    """Raises if the findings forbid the transaction."""
    error = rejection(issues)
    if error:
        raise error


_TYPE: Final = r"[A-Z][A-Za-z]{1,40}"
_CONDITIONAL: Final = re.compile(rf"({_TYPE})\?(.+)", re.DOTALL)
_CONDITIONAL_TEXT: Final = re.compile(rb'"reference":"%b\?' % _TYPE.encode())
_RESTFUL: Final = re.compile(
    rf"(https?://.+/){_TYPE}/[A-Za-z0-9\-.]{{1,64}}(?:/_history/[A-Za-z0-9\-.]{{1,64}})?"
)
_HEADERS: Final = {
    "ifNoneMatch": "if-none-match",
    "ifModifiedSince": "if-modified-since",
    "ifMatch": "if-match",
    "ifNoneExist": "if-none-exist",
}


# A node on the way down to a string: what is above it, its key there, and itself.
_Link: TypeAlias = tuple["_Link | None", Any, Any]


def _paths(link: _Link) -> tuple[str, str]:
    """The expression from the resource down, and the element path from the nearest (contained) resource."""
    expression: list[str] = []
    element: list[str] = []
    inside = True
    step: _Link | None = link
    while step is not None:
        above, key, node = step
        expression.append(f"[{key}]" if type(key) is int else f".{key}")
        if inside:
            if type(node) is dict and "resourceType" in node:
                element.append(str(node["resourceType"]))
                inside = False
            elif type(key) is str:
                element.append(key)
        step = above
    return "".join(reversed(expression)).removeprefix("."), ".".join(reversed(element))


def _entry(index: int, entry: Resource, base: str) -> Entry:
    expression = f"Bundle.entry[{index}]"
    request = entry.get("request")
    if request is None:
        raise FhirError("invalid", "The entry has no request", expression)
    if "method" not in request or "url" not in request:
        raise FhirError("invalid", "A request has a method and a URL", f"{expression}.request")
    method = request["method"]
    resource = entry.get("resource")
    if resource is None and method in ("POST", "PUT"):
        raise FhirError("invalid", f"{method} takes a resource", expression)
    if not isinstance(resource, dict | None):
        raise FhirError("unreadable", "A resource is a JSON object", f"{expression}.resource")
    path, _, query = request["url"].removeprefix(base).lstrip("/").partition("?")
    headers = {header: request[name] for name, header in _HEADERS.items() if name in request}
    return Entry(index, method, unquote(path), query, entry.get("fullUrl", ""), resource, headers)


def _without_resource(entry: Resource) -> Resource:
    bare = {name: value for name, value in entry.items() if name != "resource"}
    return bare or {"fullUrl": "urn:uuid:00000000-0000-0000-0000-000000000000"}
