"""Where expected elements and made ones differ, and what was judged of it.

An element is a path without indexes (`Patient.name.family`) with its value. An expected one agrees if the
made resources have it; else its value is `elsewhere` (in another element), there is `another` value in its
place, or it is `missing`. A file of judgements has patterns of paths for each kind, with who is right
and why.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

import yaml

from conformance.report import BASELINES
from conformance.v2_survival import plain, strings

Json = dict[str, Any]
Kind = Literal["elsewhere", "another", "missing"]
# What says nothing of the source: made-up ids, links by them, texts for people, what the store notes.
_SKIPPED: Final = frozenset(("id", "reference", "div", "lastUpdated", "versionId", "fullUrl", "resourceType"))
_DIGITS: Final = re.compile(r"\d{4}(-\d\d){0,2}(T[\d:.]+)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Difference:
    path: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Judgements:
    """(pattern of paths, kinds, verdict) in the order they are asked."""

    rules: Sequence[tuple[str, frozenset[str], str]]

    def of(self, difference: Difference) -> str:
        """`ours`, `theirs`, `both`; "" for what nobody judged."""
        for pattern, kinds, verdict in self.rules:
            if difference.kind in kinds and fnmatchcase(difference.path, pattern):
                return verdict
        return ""


def judgements(name: str) -> Judgements:
    """The committed ones of a source; none, if there is no file."""
    file = BASELINES / f"{name}.yaml"
    if not file.exists():
        return Judgements(())
    told = yaml.safe_load(file.read_text("utf-8"))
    return Judgements(
        [
            (path, frozenset(rule["kinds"]), rule["right"])
            for rule in told["differences"]
            for path in rule["paths"]
        ]
    )


def differences(made: Sequence[Json], expected: Sequence[Json]) -> tuple[int, list[Difference]]:
    """How many expected elements agree, and those that do not. Of equal ones that repeat, each counts."""
    ours: Counter[tuple[str, str]] = Counter()
    for resource in made:
        ours.update(set(elements(resource)))
    paths = {path for path, _ in ours}
    values = {plain(text) for text in strings(made)}
    agreed, found = 0, []
    for resource in expected:
        for path, value in sorted(set(elements(resource))):
            if ours[path, value]:
                agreed += 1
            else:
                found.append(Difference(path, _kind(path, value, paths, values)))
    return agreed, found


def _kind(path: str, value: str, paths: set[str], values: set[str]) -> Kind:
    if value in values or (value[:8].isdigit() and any(each.startswith(value[:8]) for each in values)):
        return "elsewhere"
    return "another" if path in paths else "missing"


def elements(resource: Json) -> Iterator[tuple[str, str]]:
    """(path, value as letters and digits) of every leaf that says something."""
    yield from _elements(resource, str(resource.get("resourceType", "")))


def _elements(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _SKIPPED:
                yield from _elements(item, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _elements(item, path)
    elif value is not None:
        yield path, _value(value)


def _value(value: Any) -> str:
    """Times by their date and clock: an offset is the reader's or the sender's, the moment the same."""
    text = "true" if value is True else "false" if value is False else str(value)
    moment = _DIGITS.fullmatch(text)
    return plain(text.removesuffix(moment[3] or "")) if moment else plain(text)
