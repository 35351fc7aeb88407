"""An HL7 v2 message to FHIR resources, by the maps of its hospital; pure.

https://build.fhir.org/ig/HL7/v2-to-fhir/. Empty is unchanged and `""` is deleted: entries are merged into
what is stored (`adapters.merge`), results replace it. Every leaf of the message ends as mapped, ignored or
residue.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.hl7v2.context import Context
from adapters.hl7v2.coverage import account, residue_of
from adapters.hl7v2.functions import functions
from adapters.hl7v2.keeping import keep
from adapters.hl7v2.layout import Layout, layout_of
from adapters.hl7v2.parse import Message
from adapters.hl7v2.reading import Node
from adapters.hl7v2.reasons import reason_of
from adapters.hl7v2.sources import V2Sources
from adapters.hospitals.hospital import Hospital
from adapters.hospitals.level import V2
from adapters.mapping.compile import compile_maps
from adapters.mapping.compiled import CompiledMap, Maps
from adapters.mapping.condition import Holds, rules_out, settled
from adapters.mapping.draft import Scope
from adapters.mapping.layers import joined, overridden
from adapters.mapping.library import Compilations
from adapters.mapping.model import Model
from adapters.mapping.read import read_layer
from adapters.mapping.rows import Layer
from adapters.mapping.run import Work
from adapters.mapping.steps import MOST, Steps, known_steps
from adapters.translation import Coverage, Entry, Fields, Translation
from terminology.issue import Issue

# Segments that say something about the segment before them.
_ANNOTATIONS = frozenset(("NTE", "PRT", "ROL", "ARV", "CTI", "FT1"))
# Messages that may speak of no patient: of resources, tables, staff, beds, or answers that nobody fits.
_WITHOUT_PATIENT = frozenset(("MFN", "SIU", "NMD", "INU", "RSP", "ADR"))


@cache
def base_layer() -> Layer:
    """The hub's own maps."""
    folder = files("adapters.hl7v2.maps")
    paths = sorted(
        (path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name
    )
    return joined(read_layer(path.read_text("utf-8"), path.name) for path in paths)


_ROUTES = 8192
_ANY_SHAPE = b"\1" * 256
WORDS = ("hospital.id", "hospital.name", "hospital.base")


def maps_for(layer: Layer, model: Model) -> Maps:
    """The base maps as a layer changes them, compiled. Raises MapError with file and line."""
    return compiled(overridden(base_layer(), layer), model)


def compiled(whole: Layer, model: Model) -> Maps:
    return compile_maps(whole, model, V2Sources(whole.segments), functions(), WORDS)


class MapLibrary:
    """Compiled maps, made for the first message of whoever changes the same of them."""

    __slots__ = ("compilations",)

    def __init__(self, model: Model) -> None:
        self.compilations = Compilations(base_layer, lambda whole: compiled(whole, model))

    def of(self, hospital: Hospital) -> Maps:
        """Raises MapError."""
        return self.compilations.of(hospital.layers(V2))


def translate(message: Message, hospital: Hospital, received: datetime, maps: Maps) -> Translation:
    """The resources that a message says, in the order of their first mention.

    An issue of severity `error` means that nothing may be stored: no patient, a patient without a number, a
    record merged into itself. `received` is the hub's time of receipt.
    """
    return translated_by(Work, message, hospital, maps)


def translated_by(kind: type[Work], message: Message, hospital: Hospital, maps: Maps) -> Translation:
    """The same by a kind of work that looks on."""
    layout = layout_of(message)
    context = Context(hospital, time_zone(hospital.timezone), maps.vocabularies)
    work = kind(hospital.id, context, _dialect(message, hospital), _words(hospital))
    walk = _Walk(maps, work, message)
    walk.group(layout, None)
    alone: list[tuple[str, int]] = []
    mapped, ignored, left = account(walk.nodes, message.delimiters, maps.ignored, walk.twins, alone)
    residue = keep(left, work, maps.disabled) if left else []
    drafts = work.finish()
    known = maps.reasons.get
    return Translation(
        entries=[
            Entry(
                draft.resource, draft.mode, tuple(dict.fromkeys(draft.deletions)) if draft.deletions else ()
            )
            for draft in drafts
        ],
        issues=[*work.issues, *layout.issues],
        coverage=Coverage(mapped + len(left) - len(residue), ignored, len(residue)),
        residue=[residue_of(each, message.delimiters) for each in residue],
        fields=Fields(
            [(node.segment.name, node.shape) for node in walk.nodes],
            [known(each) or reason_of(maps, *each) for each in alone],
        ),
    )


def _dialect(message: Message, hospital: Hospital) -> str:
    """Everything but the text itself that a function's result depends on."""
    of = message.delimiters
    signs = "".join((of.field, of.component, of.repetition, of.escape, of.subcomponent))
    return f"{hospital.dialect} {signs} {of.codec}"


def _words(hospital: Hospital) -> dict[str, str]:
    return dict(zip(WORDS, (hospital.id, hospital.name, hospital.base), strict=True))


@lru_cache(maxsize=64)
def time_zone(name: str) -> tzinfo:
    """A zone by name; China's is known even where the system has no zone data."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        if name != "Asia/Shanghai":
            raise
        return timezone(timedelta(hours=8))


class _Walk:
    """Goes through the groups in order and runs the maps that are for each segment."""

    def __init__(self, maps: Maps, work: Work, message: Message) -> None:
        self.maps = maps
        self.work = work
        self.message = message
        self.kind = message.text("MSH-9.1")
        self.event = message.text("MSH-9.2")
        self.before = ""
        self.nodes = [Node(each, message.delimiters, self.kind, self.event) for each in message.segments]
        self.steps = None if work.looks_on else known_steps(maps, work.dialect)
        self.following: dict[int, list[Node]] = {}
        self.twins: dict[int, Node] = {}
        self.find_continued()

    def find_continued(self) -> None:
        """A text may go over several segments that stand next to each other and say the same of it."""
        continued = self.maps.continued
        anywhere = Scope("", None)
        first: Node | None = None
        for node in self.nodes:
            each = continued.get(node.segment.name)
            when = each.continues_when if each is not None else None
            if each is None or when is None or rules_out(when, node.fields) or not when.holds(node, anywhere):
                first = None
            elif first is not None and _alike(each, first, node, anywhere):
                self.following.setdefault(first.segment.position, []).append(node)
                self.twins[node.segment.position] = first
            else:
                first = node

    def group(self, layout: Layout, parent: Scope | None) -> None:
        nodes, below = self.nodes, layout.below
        scope = Scope(layout.name if parent else "", parent, lambda name: self.below(below, name))
        for name, positions in layout.segments.items():
            scope.nodes[name] = [nodes[position] for position in positions]
        if parent is None:
            self.look_for_patient(scope)
        for child in layout.children:
            if isinstance(child, Layout):
                self.group(child, scope)
            elif child not in self.twins:
                self.segment(nodes[child], scope)
        self.work.close(scope)

    def look_for_patient(self, scope: Scope) -> None:
        """An error if there is none where one must be, and a stand-in."""
        if self.kind in _WITHOUT_PATIENT or self.event == "A20" or self.message.first("PID") is not None:
            return
        self.work.issues.append(Issue("error", "required", "the message has no PID segment", "PID"))
        self.work.stand_in("Patient", "patient", scope)

    def below(self, below: Mapping[str, int], name: str) -> Node | None:
        position = below.get(name)
        return self.nodes[position] if position is not None else None

    def route(self, name: str, node: Node, scope: Scope) -> tuple[tuple[CompiledMap, Holds | None], ...]:
        """The maps for a segment here, in a message of this kind, with what is left of their conditions."""
        key = (name, scope.name, self.kind, self.event)
        known = self.maps.settled.get(key)
        if known is None:
            known = tuple(_left(self.maps.route(name, scope.name), node, scope))
            if len(self.maps.settled) < _ROUTES:
                self.maps.settled[key] = known
        return known

    def segment(self, node: Node, scope: Scope) -> None:
        name = node.segment.name
        if self.steps is None or node.segment.position in self.following:
            self.by_rows(node, scope)
        else:
            self.written(node, scope, self.steps)
        if name not in _ANNOTATIONS:
            self.before = name

    def by_rows(self, node: Node, scope: Scope) -> None:
        following = self.following.get(node.segment.position, ())
        for each, holds in self.route(node.segment.name, node, scope):
            if (not each.after or self.before in each.after) and (holds is None or holds(node, scope)):
                self.work.run(each, node, scope, following)

    def written(self, node: Node, scope: Scope, known: dict[Any, Steps]) -> None:
        """The same by functions that are written for nodes of this plan."""
        name, work = node.segment.name, self.work
        homes = self.maps.homes.get(name, ())
        owners: Sequence[Node | None] = [scope.node(home) for home in homes] if homes else ()
        shapes = [owner.shape if owner is not None else b"" for owner in owners] if homes else ()
        key = (name, scope.name, node.plan, *shapes)
        steps = known.get(key)
        if steps is None:
            steps = Steps(self.maps.route(name, scope.name), node, scope)
            if len(known) < MOST:
                known[key] = steps
        if steps.waiting:
            steps.write(work.dialect, node, scope, homes, shapes)
        for each, holds, run in steps.steps:
            if run is not None:
                run(work, node, scope, owners)
            elif (not each.after or self.before in each.after) and (holds is None or holds(node, scope)):
                work.run(each, node, scope)


def _left(
    maps: Iterable[CompiledMap], node: Node, scope: Scope
) -> Iterator[tuple[CompiledMap, Holds | None]]:
    for each in maps:
        left = settled(each.when, _ANY_SHAPE, node, scope) if each.when is not None else True
        if left:
            yield each, None if isinstance(left, bool) else left.holds


def _alike(each: CompiledMap, first: Node, node: Node, scope: Scope) -> bool:
    return all(text(first, scope) == text(node, scope) for text in each.continues)
