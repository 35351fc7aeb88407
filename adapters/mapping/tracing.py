"""Work that notes which row and which source made every element of every resource.

It runs the same rows as `Work`, and looks after each one at what has come; that takes its time.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from adapters.mapping.compiled import CompiledMap, FixedRow, ValueRow
from adapters.mapping.draft import Draft, Json, Scope
from adapters.mapping.outcome import Outcome
from adapters.mapping.run import Work

LEFT_OVER: Final = "field without an element"


class Origin(NamedTuple):
    """Where an element is from: `source` as the source's own address, `` for an assignment; the row's id."""

    resource: str
    element: str
    value: str
    source: str
    row: str


class TracingWork(Work):
    """`address` names the source of a row in a node; set by a subclass of a source format."""

    looks_on = True

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.origins: list[Origin] = []
        self._seen: dict[str, set[tuple[str, str]]] = {}

    def address(self, owner: Any, row: ValueRow, outcome: Outcome) -> str:
        raise NotImplementedError

    def finish(self) -> list[Draft]:
        self._note("", LEFT_OVER)
        drafts = super().finish()
        self._note("", "default")
        return drafts

    def close(self, scope: Scope) -> None:
        super().close(scope)
        self._note("", "link")

    def at_once(self, each: CompiledMap, node: Any, scope: Scope, draft: Draft, group: Scope) -> None:
        self.generally(each, node, scope, (), draft, group)

    def fixed(self, row: FixedRow, node: Any, scope: Scope, draft: Draft) -> None:
        super().fixed(row, node, scope, draft)
        self._note("", row.id)

    def put(self, row: ValueRow, outcome: Outcome, owner: Any, *given: Any) -> None:
        super().put(row, outcome, owner, *given)
        self._note(self.address(owner, row, outcome), row.id)

    def _note(self, source: str, row: str) -> None:
        """What is new in any resource is of this row."""
        for name, draft in self.drafts.items():
            seen = self._seen.setdefault(name, set())
            for element, value in leaves(draft.resource):
                if (element, value) not in seen:
                    seen.add((element, value))
                    self.origins.append(Origin(name, element, value, source, row))


def leaves(resource: Json) -> Iterator[tuple[str, str]]:
    """(path below the resource, value) of every leaf but type and id."""
    for name, value in resource.items():
        if name not in ("resourceType", "id"):
            yield from _leaves(value, name)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _leaves(item, f"{path}[{place}]")
    elif value is not None:
        yield path, str(value)
