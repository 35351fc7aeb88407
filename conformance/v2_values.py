"""Which values of a message are found again as values of what was made of it, counted strictly.

A value survives if a value of the output, or a line of a text, has the same letters and digits; a time if a
value begins with its date and clock; an OID or a UUID if a value is its URN. What is only a part of something
else does not count: no name of a table within a URI, no word within a text, nothing of an id, of a reference
or of the URL of an extension.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conformance.v2_survival import plain

# What a translator makes up or names itself.
_OF_ITS_OWN: Final = frozenset(("id", "reference", "fullUrl", "url", "resourceType"))
_TIME: Final = re.compile(r"(\d{8}(?:\d{2}(?:\d{2}(?:\d{2})?)?)?)(?:\.\d+)?(?:[+-]\d{4})?")
_URNS: Final = ("urn:oid:", "urn:uuid:")
_CENTURY: Final = re.compile(r"(?:1[6-9]|20|21)\d\d")


@dataclass(frozen=True, slots=True)
class Values:
    """The values of an output as letters and digits, and which of them are times."""

    known: frozenset[str]
    times: tuple[str, ...]

    def have(self, value: str) -> bool:
        bare = plain(value)
        if not bare or bare in self.known:
            return True
        moment = _TIME.fullmatch(value)
        return moment is not None and any(each.startswith(moment[1]) for each in self.times)


def values_of(output: Any) -> Values:
    known = frozenset(plain(text) for text in _texts(output))
    times = (each.replace("t", "", 1) for each in known if _CENTURY.match(each))
    return Values(known, tuple(times))


def strict_share(values: Sequence[str], output: Any) -> float:
    """Of the values, how many are in the output; 1 of none."""
    there = values_of(output)
    return sum(map(there.have, values)) / len(values) if values else 1.0


def _texts(output: Any) -> Iterator[str]:
    for value in _leaves(output):
        yield value
        if "\n" in value:
            yield from value.split("\n")
        yield from (value.removeprefix(urn) for urn in _URNS if value.startswith(urn))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in _OF_ITS_OWN or not isinstance(item, str):
                yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
