"""Which entries of a Bundle are reached from the first one by following references.

https://hl7.org/fhir/R4/documents.html#content
"""

from collections.abc import Iterator
from typing import Any

from profiles.validator.bundle_index import BundleIndex


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
    """Every literal reference in a resource, not that of contained ones to themselves."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            reference = one.get("reference")
            if isinstance(reference, str) and not reference.startswith("#"):
                yield reference
            waiting.extend(each for each in one.values() if isinstance(each, (dict, list)))


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
