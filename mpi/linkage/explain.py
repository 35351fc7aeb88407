"""Why two records are one person, or not: what each column adds to the weight."""

from dataclasses import dataclass

from mpi.linkage.levels import UNKNOWN, Pairs, levels
from mpi.linkage.model import Model
from mpi.linkage.table import Table
from mpi.linkage.weights import frequencies_of, guards, prior_weight, weights_told_once


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the waterfall: the column, the level found there and its weight in bits."""

    column: str
    level: str
    weight: float

    def __str__(self) -> str:
        return f"{self.column} {self.level} {self.weight:+.1f}"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The steps from the prior to the weight, and the guard that forbids a link."""

    steps: tuple[Step, ...]
    guard: str = ""

    @property
    def weight(self) -> float:
        return sum(step.weight for step in self.steps)

    def __str__(self) -> str:
        told = "; ".join(map(str, self.steps))
        return f"{told}; guard {self.guard}" if self.guard else told


def waterfalls(table: Table, model: Model, pairs: Pairs) -> list[Waterfall]:
    """One for each pair; a column that one of the two does not have says nothing and is left out."""
    start = Step("prior", f"{model.prior:.2g}", prior_weight(model))
    steps: list[list[Step]] = [[start] for _ in pairs[0]]
    frequencies = frequencies_of(table, model)
    seen = {each.column: levels(table, each, pairs) for each in model.comparisons}
    told = weights_told_once(table, model, frequencies, pairs, seen)
    for comparison, bits in zip(model.comparisons, told, strict=True):
        found = seen[comparison.column]
        for row, number, bit in zip(steps, found.tolist(), bits.tolist(), strict=True):
            if number != UNKNOWN:
                row.append(Step(comparison.column, comparison.levels[number].label, bit))
    held = guards(model, seen, len(steps)).tolist()
    names = [guard.name for guard in model.guards]
    return [
        Waterfall(tuple(row), names[number] if number >= 0 else "")
        for row, number in zip(steps, held, strict=True)
    ]
