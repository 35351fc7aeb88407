"""Which entries of a Bundle are reached from the first one by following references.

https://hl7.org/fhir/R4/documents.html#content
"""

from collections.abc import Iterator
from typing import Any, Final

from profiles.validator.bundle_index import BundleIndex

_URLS: Final = ("url", "Url", "uri", "Uri")
_EXTENSIONS: Final = frozenset(("extension", "modifierExtension"))


def reached(index: BundleIndex) -> tuple[set[int], set[int]]:
    """By references alone, and by references in either direction; in time proportional to the Bundle."""
    places = {id(entry): number for number, entry in enumerate(index.entries)}
    links: list[list[int]] = []
    back: list[list[int]] = [[] for _ in index.entries]
    for number, entry in enumerate(index.entries):
        targets = {
            places[id(found)]
            for reference in set(references(entry.resource))
            for found in index.find(reference, entry.full_url)
        }
        links.append([target for target in targets if target != number])
        for target in links[-1]:
            back[target].append(number)
    forwards = _from_first([links])
    return forwards, _from_first([links, back])


def references(value: Any) -> Iterator[str]:
    """Every literal reference in a resource, and every URL that may be one; not those of contained resources
    to themselves, nor of a Bundle that is an entry."""
    waiting = [(value, False)]
    while waiting:
        one, is_extension = waiting.pop()
        if one.get("resourceType") == "Bundle":
            continue
        for name, each in one.items():
            if isinstance(each, str):
                if _leads(name, each, is_extension=is_extension):
                    yield each
            elif isinstance(each, (dict, list)):
                inside = each if isinstance(each, list) else (each,)
                waiting.extend((item, name in _EXTENSIONS) for item in inside if isinstance(item, dict))


def _leads(name: str, text: str, *, is_extension: bool) -> bool:
    """A part of a resource is not named by a URL that says no more than that it is one."""
    if name == "reference":
        return not text.startswith("#")
    return name.endswith(_URLS) and "#" not in text and not (is_extension and name == "url")


def _from_first(graphs: list[list[list[int]]]) -> set[int]:
    found = {0}
    waiting = [0]
    while waiting:
        number = waiting.pop()
        for graph in graphs:
            for target in graph[number]:
                if target not in found:
                    found.add(target)
                    waiting.append(target)
    return found
