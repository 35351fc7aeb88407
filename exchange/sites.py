"""References between the entries of a transaction: where they stand, and what they become. Pure.

https://hl7.org/fhir/R4/http.html#trules · https://hl7.org/fhir/R4/bundle.html#references
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, Final, TypeAlias

from exchange.bundle import Criteria, Entry, conditional, in_entry, may_be_conditional, root_of
from terminology.issue import Issue

Resource = dict[str, Any]

# A node on the way down to a string: what is above it, its key there, and itself.
_Link: TypeAlias = tuple["_Link | None", Any, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """A place that may refer to another entry: `container[key]` was `value` when it came."""

    container: Any
    key: Any
    value: str
    link: _Link

    @property
    def path(self) -> str:
        """Where it stands in the resource."""
        return _paths((self.link, self.key, self.value))[0]

    @property
    def element(self) -> str:
        """The same as an element path without indexes, from the nearest (contained) resource."""
        return _paths((self.link, self.key, self.value))[1]


@dataclass(frozen=True, slots=True)
class Names:
    """What the entries of one transaction are called.

    identities  full URL → `Type/id` as the hub stores it
    matches     `Type/id` of each conditional reference
    version     the version that an entry's resource gets, by `Type/id`
    """

    identities: Mapping[str, str]
    matches: Mapping[Criteria, str]
    version: Callable[[str], int]


def may_refer(text: bytes, full_urls: frozenset[str], by_urn: bool) -> bool:
    """Whether a resource of this compact text can refer to an entry; `by_urn`: all full URLs are URNs."""
    if full_urls and not by_urn:
        return True
    return b"urn:" in text or may_be_conditional(text)


def sites(resource: Resource, full_urls: frozenset[str], root: str = "") -> list[Site]:
    """Every reference, URI and narrative that names one of `full_urls`; conditional references, and URNs that
    nothing is called. `root` is what the resource's relative references are relative to.

    A Bundle inside the Bundle has names of its own and is left alone.
    """
    found: list[Site] = []
    stack: list[_Link] = [(None, resource["resourceType"], resource)]
    while stack:
        link = stack.pop()
        node = link[2]
        members: Iterable[tuple[Any, Any]]
        if isinstance(node, dict):
            if node.get("resourceType") == "Bundle":
                continue
            members = node.items()
        else:
            members = enumerate(node)
        for key, value in members:
            kind = type(value)
            if kind is str:
                if _matters(key, value, full_urls, root):
                    found.append(Site(node, key, value, link))
            elif kind is list or isinstance(value, dict):
                stack.append((link, key, value))
    return found


def unresolved(resource: Resource) -> list[Issue]:
    """The conditional references in it, which only a transaction resolves."""
    return [
        Issue("error", "business-rule", "A conditional reference is resolved in transactions only", site.path)
        for site in sites(resource, frozenset())
        if conditional(site.value)
    ]


def versioned(places: Iterable[Site], entry: Entry, identities: Mapping[str, str]) -> Iterator[str]:
    """`Type/id` of what is referred to by version."""
    root = root_of(entry.full_url)
    for place in places:
        bare, mark, _ = place.value.partition(_VERSION)
        if mark and (name := _named(bare, root, identities)):
            yield name


def rewrite(
    entry: Entry, places: Sequence[Site], names: Names, types: Callable[[str], Sequence[str]]
) -> Iterator[Issue]:
    """Let every place name the resource as the hub stores it; yields what names nothing. `types` are those of
    an element.

    Repeatable: it starts from what the client sent each time.
    """
    root = root_of(entry.full_url)
    for place in places:
        if place.key == "reference":
            target = _target(place.value, root, names)
            if target is None and (criteria := conditional(place.value)) is not None:
                target = names.matches.get(criteria)
            if target is not None:
                place.container[place.key] = target
            elif place.value.startswith(_URNS):
                diagnostics = f"No entry has the fullUrl {place.value[:80]}"
                yield Issue("error", "not-found", diagnostics, in_entry(entry, place.path))
        elif not _URIS.isdisjoint(of := types(place.element)):
            place.container[place.key] = _target(place.value, root, names) or place.value
        elif "xhtml" in of:
            place.container[place.key] = _linked(place.value, root, names)


def _matters(key: Any, value: str, full_urls: frozenset[str], root: str) -> bool:
    if key == "reference":
        return value.startswith(_URNS) or "?" in value or _is_among(value, full_urls, root)
    if key == "div":
        return any(_is_among(unescape(link[2]), full_urls, root) for link in _LINK.finditer(value))
    return value in full_urls or (("/_history/" in value or "#" in value) and _is_among(value, full_urls, ""))


def _is_among(value: str, full_urls: frozenset[str], root: str) -> bool:
    bare = value.partition("#")[0].partition(_VERSION)[0]
    return bare in full_urls or (root != "" and root + bare in full_urls)


def _target(value: str, root: str, names: Names) -> str | None:
    """What a link becomes: with the version if it has one, with the fragment if it has one."""
    if (name := _named(value, root, names.identities)) is not None:
        return name
    whole, hash_, fragment = value.partition("#")
    bare, mark, _ = whole.partition(_VERSION)
    if not whole or not (hash_ or mark) or (name := _named(bare, root, names.identities)) is None:
        return None
    return f"{name}{f'{_VERSION}{names.version(name)}' if mark else ''}{hash_}{fragment}"


def _named(value: str, root: str, identities: Mapping[str, str]) -> str | None:
    return identities.get(value) or (identities.get(root + value) if root else None)


def _linked(div: str, root: str, names: Names) -> str:
    """The narrative with its `<a href>` and `<img src>` as the hub stores them."""

    def linked(link: re.Match[str]) -> str:
        target = _target(unescape(link[2]), root, names)
        return link[0] if target is None else f"{link[1]}{target}{link[3]}"

    return _LINK.sub(linked, div)


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
            if isinstance(node, dict) and "resourceType" in node:
                element.append(str(node["resourceType"]))
                inside = False
            elif type(key) is str:
                element.append(key)
        step = above
    return "".join(reversed(expression)).removeprefix("."), ".".join(reversed(element))


_VERSION: Final = "/_history/"
_URNS: Final = ("urn:uuid:", "urn:oid:")
# Not those of type canonical, says the specification.
_URIS: Final = frozenset(("uri", "url", "oid", "uuid"))
_LINK: Final = re.compile(
    r"""(<(?:a\b[^<>]*?\shref|img\b[^<>]*?\ssrc)\s*=\s*["'])([^"'<>]*)(["'])""", re.IGNORECASE
)
