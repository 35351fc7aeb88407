"""What maps and rows become: closures and what they need, ready to run."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.mapping.condition import Condition, Holds
from adapters.mapping.draft import Scope
from adapters.mapping.memory import Memories
from adapters.mapping.model import Source, Text
from adapters.mapping.parts import Part
from adapters.mapping.rows import Missing, Vocabulary
from adapters.mapping.straight import Straight
from adapters.mapping.target import Place

PLACEHOLDER = re.compile(r"\{([a-z.]+)\}")


@dataclass(frozen=True, slots=True, eq=False)
class ValueRow:
    """Values through a function to a target. `memories` hold results by text, if the function's are
    remembered; `makes`: they may need further resources."""

    id: str
    source: Source
    when: Condition | None
    call: Callable[..., Any]
    takes_all: bool
    makes: bool
    inputs: tuple[tuple[str, Source], ...]
    place: Place
    straight: Straight
    deletes: str
    memories: Memories | None


@dataclass(frozen=True, slots=True)
class FixedRow:
    """An assignment, a reference to the resource of a label, or what is taken away."""

    id: str
    when: Condition | None
    place: Place
    straight: Straight
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
    when: Condition | None
    reason: str


class Plans:
    """Written functions of a map: `runs` by dialect, for resources that are new or not, by a node's plan;
    `codes` by plan; how often a plan that has none was `seen`; how many were written. `identify` finds the
    business key, by dialect."""

    __slots__ = ("codes", "identify", "identity", "runs", "seen", "written")

    def __init__(self) -> None:
        self.identity: Any = None
        self.identify: dict[str, Callable[[Any, Any, Scope], str | None]] = {}
        self.runs: dict[str, tuple[dict[Any, Any], dict[Any, Any]]] = {}
        self.codes: dict[Any, Any] = {}
        self.seen: dict[Any, int] = {}
        self.written = 0


@dataclass(frozen=True, slots=True, eq=False)
class CompiledMap:
    """A map ready to run. `rows` are in the order written; defaults and links are apart. `plans`:
    what is known of how to run it for nodes of a plan."""

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
    within: frozenset[str]
    without: frozenset[str]
    after: frozenset[str]
    identity: tuple[tuple[Part, ...], ...]
    missing: Missing | None
    rows: tuple[ValueRow | FixedRow, ...]
    defaults: tuple[DefaultRow, ...]
    links: tuple[LinkRow, ...]
    ignores: tuple[IgnoreRow, ...]
    continues: tuple[Text, ...]
    continues_when: Condition | None
    at: frozenset[str]
    plans: Plans


@dataclass(frozen=True, slots=True)
class Maps:
    """Every map by the kind of node it is for, what is ignored (source path → reason), the vocabularies, and
    the sources that are disabled. `continued`: by kind of node, the map in which a node may continue the one
    before it. `routes` remembers which maps are for a node in a group of a name, `settled` which of them in a
    source of a kind, with what is left of their conditions, `reasons` why a field of a node is ignored,
    `steps` by dialect what there is to do for nodes of a plan, beside other nodes that are their `homes`;
    `looking` is the kind of work that is to look on, if any."""

    by_segment: Mapping[str, tuple[CompiledMap, ...]]
    routes: dict[tuple[str, str], tuple[CompiledMap, ...]]
    ignored: Mapping[str, str]
    vocabularies: Mapping[str, Vocabulary]
    disabled: frozenset[str] = frozenset()
    continued: Mapping[str, CompiledMap] = field(default_factory=dict)
    settled: dict[tuple[str, ...], tuple[tuple[CompiledMap, Holds | None], ...]] = field(default_factory=dict)
    reasons: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    homes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    steps: dict[str, dict[Any, Any]] = field(default_factory=dict)
    looking: Callable[..., Any] | None = None

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
