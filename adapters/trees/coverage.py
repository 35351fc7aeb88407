"""Where every leaf of a document went: mapped, ignored on purpose, or residue."""

import re
from collections.abc import Mapping

from adapters.translation import Coverage, Fields, Residue
from adapters.trees.element import Document, Element

# What systems write where they have nothing to say.
FILLER = re.compile(r"[-－—_/\\]+|N/?A|null|NULL|0{8,14}|1900-?01-?01(?:[T ]?[0:]+)?|9999-?12-?31.*")

NOTHING = "says nothing"
ELSEWHERE = "left out where its map says so"


def is_filler(text: str) -> bool:
    return FILLER.fullmatch(text) is not None


def account(document: Document, ignored: Mapping[str, str]) -> tuple[Coverage, list[Residue], Fields]:
    """Counts the leaves. `ignored` are paths: `@classCode` of any element, `typeId@root`, `typeId`."""
    mapped = 0
    residue: list[Residue] = []
    paths = _Paths()
    present: list[tuple[str, bytes]] = []
    left_out: list[tuple[str, str]] = []
    for number, (element, name, value) in enumerate(document.leaves):
        path = paths.of(element, name)
        present.append((path, b""))
        if number in document.kept:
            mapped += 1
        elif number in document.ignored:
            left_out.append((path, ELSEWHERE))
        elif is_filler(value):
            left_out.append((path, NOTHING))
        elif (reason := _reason(element, name, ignored)) is not None:
            left_out.append((path, reason))
        else:
            whole = element.path()
            residue.append(Residue(f"{whole}@{name}" if name else whole, value))
    return Coverage(mapped, len(left_out), len(residue)), residue, Fields(present, left_out)


def left_over(document: Document, ignored: Mapping[str, str]) -> list[int]:
    """The numbers of the leaves that are neither mapped nor left out on purpose."""
    return [
        number
        for number, (element, name, value) in enumerate(document.leaves)
        if number not in document.kept
        and number not in document.ignored
        and not is_filler(value)
        and _reason(element, name, ignored) is None
    ]


class _Paths:
    """Addresses without numbers of repetition; those of an element's leaves begin alike."""

    def __init__(self) -> None:
        self._known: dict[Element, str] = {}

    def of(self, element: Element, name: str) -> str:
        path = self._known.get(element)
        if path is None:
            path = self._known[element] = self._path(element)
        return f"{path}@{name}" if name else path

    def _path(self, element: Element) -> str:
        if element.parent is None:
            return element.called
        above = self._known.get(element.parent)
        if above is None:
            above = self._known[element.parent] = self._path(element.parent)
        return f"{above}/{element.called}"


def _reason(element: Element, name: str, ignored: Mapping[str, str]) -> str | None:
    """Why a leaf is left out; None if it is not."""
    if name in ("root", "codeSystem", "unit", "currency") and _is_void(element):
        return "of which system nothing is"
    for path in (f"@{name}", f"{element.name}@{name or 'text'}", element.name):
        if path in ignored:
            return ignored[path]
    return None


def _is_void(element: Element) -> bool:
    """Whether it has no value of its own: a root without a number, a system without a code."""
    values = [element.peek(name) for name in ("extension", "code", "value", "")]
    return all(not value or is_filler(value) for value in values)
