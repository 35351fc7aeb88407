"""What is to be done for nodes of a plan: the maps that are for them here, and their written functions."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from adapters.mapping.compiled import CompiledMap, Maps
from adapters.mapping.condition import Holds, settled
from adapters.mapping.draft import Scope
from adapters.mapping.plans import wholly
from adapters.mapping.whole import Whole, is_writable

MOST: Final = 2048
Step = tuple[CompiledMap, Holds | None, Whole | None]


class Steps:
    """`steps` are the maps, each with what is left of its condition, and the function that does all of it, if
    there is one. `waiting`: some may be written yet."""

    __slots__ = ("steps", "waiting")

    def __init__(self, maps: Iterable[CompiledMap], node: Any, scope: Scope) -> None:
        self.steps: list[Step] = []
        for each in maps:
            left = settled(each.when, node.shape, node, scope) if each.when is not None else True
            if left:
                self.steps.append((each, None if isinstance(left, bool) else left.holds, None))
        self.waiting = any(is_writable(each) for each, _, _ in self.steps)

    def write(
        self, dialect: str, node: Any, scope: Scope, others: Sequence[str], shapes: Sequence[bytes]
    ) -> None:
        """Has the functions written that are not there yet."""
        for place, (each, holds, run) in enumerate(self.steps):
            if run is None and is_writable(each):
                run = wholly(each, dialect, node, scope, others, shapes)
                self.steps[place] = each, holds, run
        self.waiting = any(run is None and is_writable(each) for each, _, run in self.steps)


def known_steps(maps: Maps, dialect: str) -> dict[Any, Steps]:
    """Those of a dialect by plan; the caller adds to it what is new. Bounded over all dialects."""
    of = maps.steps
    if sum(map(len, of.values())) + len(of) >= MOST:
        of.clear()
    return of.setdefault(dialect, {})
