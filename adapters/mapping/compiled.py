"""What maps and rows become: closures and what they need, ready to run."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adapters.mapping.condition import Condition
from adapters.mapping.draft import Scope
from adapters.mapping.memory import Memory
from adapters.mapping.model import Source, Text
from adapters.mapping.rows import Missing, Vocabulary
from adapters.mapping.target import Place

PLACEHOLDER = re.compile(r"\{([a-z.]+)\}")
_PLANS = 512
Part = Callable[[Any, Scope, Any], str | None]


@dataclass(frozen=True, slots=True, eq=False)
class ValueRow:
    """Values through a function to a target. `memory` holds results by text, if the function's are
    remembered."""

    id: str
    source: Source
    own: bool
    null: str
    look: Text
    when: Condition | None
    call: Callable[..., Any]
    takes_all: bool
    inputs: tuple[tuple[str, Source], ...]
    place: Place
    deletes: str
    memory: Memory | None


@dataclass(frozen=True, slots=True)
class FixedRow:
    """An assignment, a reference to the resource of a label, or what is taken away."""

    id: str
    when: Condition | None
    place: Place
    value: Any
    reference: str
    deletes: str = ""


@dataclass(frozen=True, slots=True)
class DefaultRow:
    """An assignment for the end, if the resource has no `name` by then."""

    name: str
    place: Place
    value: Any


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A reference made when the group `at` (empty: the node's own) is complete: to every resource of that
    label."""

    id: str
    at: str
    place: Place
    reference: str
    single: bool


@dataclass(frozen=True, slots=True)
class IgnoreRow:
    """What is left out on purpose, where its map runs and its condition holds."""

    source: Source
    when: Condition
    reason: str


class Step(NamedTuple):
    """A ValueRow or FixedRow as it is run: the place of its own field or 0, its `look` (None for a FixedRow),
    its condition, and whether that is `settled` by what the whole source is."""

    place: int
    look: Text | None
    when: Condition | None
    settled: bool
    row: Any


@dataclass(frozen=True, slots=True)
class CompiledMap:
    """A map ready to run. `steps` are in the order written; defaults and links are apart. `when_settled`: its
    condition holds all over a source or nowhere. `plans` remembers `steps_for`."""

    name: str
    segment: str
    resource: str
    onto: str
    label: str
    mode: Any
    same: bool
    apart: str
    needs: str
    when: Condition | None
    when_settled: bool
    within: frozenset[str]
    without: frozenset[str]
    after: frozenset[str]
    identity: tuple[tuple[Part, ...], ...]
    missing: Missing | None
    steps: tuple[Step, ...]
    defaults: tuple[DefaultRow, ...]
    links: tuple[LinkRow, ...]
    ignores: tuple[IgnoreRow, ...]
    continues: tuple[Text, ...]
    continues_when: Condition | None
    at: frozenset[str]
    plans: dict[Any, tuple[Step, ...]]

    def steps_for(self, node: Any, scope: Scope) -> tuple[Step, ...]:
        """The steps that can do anything for a node of this plan; the same plans come again and again."""
        known = self.plans.get(node.plan)
        if known is None:
            known = tuple(self._settled(node, scope))
            if len(self.plans) >= _PLANS:
                self.plans.clear()
            self.plans[node.plan] = known
        return known

    def _settled(self, node: Any, scope: Scope) -> Iterator[Step]:
        for step in self.steps:
            if step.look is not None and step.row.own and not step.row.source.finds(node.shape):
                continue
            if not step.settled or step.when is None:
                yield step
            elif step.when(node, scope):
                yield step._replace(when=None)


@dataclass(frozen=True, slots=True)
class Maps:
    """Every map by the kind of node it is for, what is ignored (source path → reason), the vocabularies, and
    the sources that are disabled. `routes` remembers which maps are for a node in a group of a name,
    `settled` which of them in a source of a kind, `reasons` why a field of a node is ignored;
    `looking` is the kind of work that is to look on, if any."""

    by_segment: Mapping[str, tuple[CompiledMap, ...]]
    routes: dict[tuple[str, str], tuple[CompiledMap, ...]]
    ignored: Mapping[str, str]
    vocabularies: Mapping[str, Vocabulary]
    disabled: frozenset[str] = frozenset()
    settled: dict[tuple[str, ...], tuple[CompiledMap, ...]] = field(default_factory=dict)
    reasons: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    looking: Callable[..., Any] | None = None

    @property
    def continued(self) -> dict[str, CompiledMap]:
        """By kind of node, the map in which a node may continue the one before it."""
        return {name: each for name, maps in self.by_segment.items() for each in maps if each.continues}

    def route(self, segment: str, group: str) -> tuple[CompiledMap, ...]:
        """The maps for a kind of node in a group of this name."""
        known = self.routes.get((segment, group))
        if known is None:
            maps = self.by_segment.get(segment, ())
            known = tuple(
                each
                for each in maps
                if (not each.within or group in each.within) and group not in each.without
            )
            if maps:
                self.routes[segment, group] = known
        return known


@dataclass(frozen=True, slots=True)
class Template:
    """A text with placeholders, filled when it is used: maps are shared by those whose words differ."""

    text: str

    def filled(self, words: Mapping[str, str]) -> str:
        return PLACEHOLDER.sub(lambda found: words[found[1]], self.text)
