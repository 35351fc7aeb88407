"""Small closures of compiled maps: parts of an identity, a condition that holds, a place that is none."""

from collections.abc import Callable
from typing import Any

from adapters.mapping.compiled import Part
from adapters.mapping.draft import Draft, Scope
from adapters.mapping.memory import LONGEST, Memory
from adapters.mapping.model import Source


def nowhere(draft: Draft, node: Any, value: Any) -> bool:
    return False


def here(node: Any, scope: Scope) -> bool:
    return True


def key_part(source: Source, call: Callable[..., Any], empty: str | None) -> Part:
    """A part of an identity: what a function says of a source."""
    look, memory = source.look, Memory()

    def part(node: Any, scope: Scope, work: Any) -> str | None:
        text = look(node, scope)
        if not text:
            return empty
        of = (work.dialect, text)
        known: str | None = memory.get(of)
        if known is None:
            known = call(source.values(source.owner(node, scope)), work.context) or ""
            if len(text) <= LONGEST:
                memory.put(of, known)
        return known or empty

    return part


def labelled(label: str, node: Any, scope: Scope, work: Any) -> str | None:
    draft = scope.labelled(label)
    return draft.id if draft else None
