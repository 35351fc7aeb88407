"""Where every leaf of a document went: mapped, ignored on purpose, or residue."""

import re
from collections.abc import Mapping

from adapters.translation import Coverage, Residue
from adapters.trees.element import Document, Element

# What systems write where they have nothing to say.
FILLER = re.compile(r"[-－—_/\\]+|N/?A|null|NULL|0{8,14}|1900-?01-?01(?:[T ]?[0:]+)?|9999-?12-?31.*")


def is_filler(text: str) -> bool:
    return FILLER.fullmatch(text) is not None


def account(document: Document, ignored: Mapping[str, str]) -> tuple[Coverage, list[Residue]]:
    """Counts the leaves. `ignored` are paths: `@classCode` of any element, `typeId@root`, `typeId`."""
    mapped = left_out = 0
    residue: list[Residue] = []
    for number, (element, name, value) in enumerate(document.leaves):
        if number in document.kept:
            mapped += 1
        elif number in document.ignored or is_filler(value) or _is_ignored(element, name, ignored):
            left_out += 1
        else:
            path = element.path()
            residue.append(Residue(f"{path}@{name}" if name else path, value))
    return Coverage(mapped, left_out, len(residue)), residue


def _is_ignored(element: Element, name: str, ignored: Mapping[str, str]) -> bool:
    if name in ("root", "codeSystem", "unit", "currency") and _is_void(element):
        return True  # of which system nothing is
    if f"@{name}" in ignored or f"{element.name}@{name or 'text'}" in ignored:
        return True
    return element.name in ignored


def _is_void(element: Element) -> bool:
    """Whether it has no value of its own: a root without a number, a system without a code."""
    values = [element.peek(name) for name in ("extension", "code", "value", "")]
    return all(not value or is_filler(value) for value in values)
