"""Maps and rows compiled once to closures; whatever could never work is a fault with its file and line.

Faults are: an unknown function, vocabulary, extension or label, an argument the function does not take, a
target that R4 does not have, a source path that can never find anything, a condition that cannot be read.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from adapters.mapping.compiled import (
    PLACEHOLDER,
    CompiledMap,
    DefaultRow,
    FixedRow,
    IgnoreRow,
    LinkRow,
    Maps,
    Plans,
    Template,
    ValueRow,
)
from adapters.mapping.condition import Condition, compile_condition
from adapters.mapping.fault import Fault, MapError
from adapters.mapping.functions import Function
from adapters.mapping.memory import Memories
from adapters.mapping.model import Model, Source, Sources, Text
from adapters.mapping.parts import Part, nowhere, part_of
from adapters.mapping.rows import ABSENT, Layer, Map, Row
from adapters.mapping.straight import Straight, straight
from adapters.mapping.target import Place, compile_target, deletion, parse_target, without_slots
from adapters.mapping.whole import homes


def compile_maps(
    layer: Layer,
    model: Model,
    sources: Sources,
    functions: Mapping[str, Function],
    words: Collection[str] = (),
) -> Maps:
    """Compiles a layer. `words` are the placeholders that assignments may have. Raises MapError."""
    compiler = _Compiler(layer, model, sources, functions, words)
    by_segment: dict[str, list[CompiledMap]] = {}
    ignored: dict[str, str] = {}
    for each in layer.maps.values():
        by_segment.setdefault(each.segment, []).append(compiler.map(each))
        for row in each.rows:
            if row.ignore and not row.when and _always(each):
                compiler.checked(row, partial(sources.source, row.source, each.segment))
                ignored[row.source] = row.ignore
    if compiler.faults:
        raise MapError(compiler.faults)
    frozen = {segment: tuple(maps) for segment, maps in by_segment.items()}
    continued = {name: each for name, maps in frozen.items() for each in maps if each.continues}
    beside = {name: others for name, maps in frozen.items() if (others := homes(maps))}
    return Maps(frozen, {}, ignored, layer.vocabularies, layer.disabled, continued, homes=beside)


class _Compiler:
    """Collects faults instead of stopping at the first."""

    def __init__(
        self,
        layer: Layer,
        model: Model,
        sources: Sources,
        functions: Mapping[str, Function],
        words: Collection[str],
    ) -> None:
        self.layer = layer
        self.model = model
        self.sources = sources
        self.functions = functions
        self.words = words
        self.faults: list[Fault] = []
        self.memories: dict[Any, Memories] = {}
        self.labels = {
            each.label: each.resource for each in layer.maps.values() if each.resource and each.label
        }

    def checked(self, at: Row | Map, compile_it: Callable[[], Any]) -> Any:
        """The result, or None and a fault."""
        try:
            return compile_it()
        except ValueError as error:
            name = f"row {at.id!r}" if isinstance(at, Row) else f"map {at.name!r}"
            self.faults.append(Fault(at.place, f"{name}: {error}"))
            return None

    def map(self, each: Map) -> CompiledMap:
        resource = each.resource or self.labels.get(each.onto, "")
        for label in (each.apart, each.needs):
            if label and label not in self.labels:
                self.faults.append(Fault(each.place, f"map {each.name!r}: no map has the label {label!r}"))
        if each.onto and not resource:
            self.faults.append(Fault(each.place, f"map {each.name!r}: no map has the label {each.onto!r}"))
        if each.resource and not each.identity:
            self.faults.append(Fault(each.place, f"map {each.name!r} makes a resource but has no identity"))
        if each.resource and self.model.element(f"{each.resource}.id") is None:
            self.faults.append(Fault(each.place, f"map {each.name!r}: R4 has no {each.resource}"))
            resource = ""
        rows = self.rows(each)
        active = [row for row in rows if not row.ignore] if resource else []
        compiled = [self.row(row, each, resource) for row in active]
        return CompiledMap(
            name=each.name,
            segment=each.segment,
            resource=each.resource,
            onto=each.onto,
            label=each.label or each.onto,
            mode=each.mode,
            same=each.repeats == "same",
            apart=each.apart,
            needs=each.needs,
            when=self.condition(each, each.when, each.segment),
            within=frozenset(each.within),
            without=frozenset(each.without),
            after=frozenset(each.after),
            identity=tuple(
                tuple(self.checked(each, partial(self.part, part, len(parts) == 1, each)) for part in parts)
                for parts in each.identity
            ),
            missing=each.missing,
            rows=tuple(row for row in compiled if isinstance(row, ValueRow | FixedRow)),
            defaults=tuple(row for row in compiled if isinstance(row, DefaultRow)),
            links=tuple(row for row in compiled if isinstance(row, LinkRow)),
            ignores=tuple(
                self.ignore(row, each) for row in rows if row.ignore and (row.when or not _always(each))
            ),
            continues=tuple(self.checked(each, partial(self.text, path, each)) for path in each.continues),
            continues_when=self.condition(each, each.continues_when, each.segment),
            at=frozenset(each.at),
            plans=Plans(),
        )

    def rows(self, each: Map) -> tuple[Row, ...]:
        """A map's own rows, then those of the map it is like."""
        if not each.like:
            return each.rows
        other = self.layer.maps.get(each.like)
        if other is None or other.like:
            self.faults.append(
                Fault(each.place, f"map {each.name!r}: there is no map {each.like!r} of its own rows")
            )
            return each.rows
        return (*each.rows, *other.rows)

    def ignore(self, row: Row, each: Map) -> IgnoreRow:
        when = self.condition(row, row.when, each.segment)
        source = self.checked(row, partial(self.sources.source, row.source, each.segment))
        return IgnoreRow(source, when, row.ignore)

    def condition(self, at: Row | Map, text: str, segment: str) -> Condition | None:
        if not text:
            return None
        compiled: Condition | None = self.checked(
            at,
            lambda: compile_condition(
                text,
                lambda path: self.sources.text(path, segment),
                lambda path: self.sources.repeats(path, segment),
                lambda path: self.sources.told(path, segment),
                lambda path: self.sources.index(path, segment),
            ),
        )
        return compiled

    def part(self, text: str, alone: bool, each: Map) -> Part:
        return part_of(text, alone, each.segment, self.sources, self.functions, self.labels)

    def text(self, path: str, each: Map) -> Text:
        return self.sources.text(path, each.segment)

    def row(self, row: Row, each: Map, resource: str) -> Any:
        if not row.target:
            when = self.condition(row, row.when, each.segment)
            gone = self.checked(row, partial(self.taken_away, row, resource))
            return FixedRow(f"{each.name}/{row.id}", when, nowhere, Straight(""), None, "", gone or "")
        place = self.checked(
            row, lambda: compile_target(row.target, resource, self.model, self.layer.extensions, row.beside)
        )
        if place is None:
            return None
        at = straight(parse_target(row.target, resource, self.model, self.layer.extensions), row.beside)
        when = self.condition(row, row.when, each.segment)
        if row.reference:
            return self.reference(row, each, place, at, when, resource)
        if row.default is not ABSENT:
            return DefaultRow(
                row.target.partition(".")[0].partition("[")[0].removeprefix("_"),
                place,
                self.constant(row, row.default),
            )
        if row.value is not ABSENT:
            return FixedRow(f"{each.name}/{row.id}", when, place, at, self.constant(row, row.value), "")
        function = self.function(row)
        if function is None:
            return None
        source = self.checked(row, partial(self.sources.source, row.source, each.segment))
        arguments = self.arguments(row, function)
        if source is None:
            return None
        return ValueRow(
            id=f"{each.name}/{row.id}",
            source=source,
            when=when,
            call=partial(function.call, **arguments),
            takes_all=function.takes_all,
            makes=function.makes,
            inputs=tuple(
                (name, self.checked(row, partial(self.sources.source, path, each.segment)))
                for name, path in row.inputs.items()
            ),
            place=place,
            straight=at,
            deletes=self.checked(row, partial(self.deletion, row)),
            memories=self.memories_of(row, each, function, arguments, source, at)
            if function.remembered
            else None,
        )

    def deletion(self, row: Row) -> str:
        return deletion(row.target if row.deletes is None else row.deletes, self.layer.extensions)

    def taken_away(self, row: Row, resource: str) -> str:
        """What a row without target and source deletes, an element of R4."""
        path = f"{resource}.{(row.deletes or '').partition('.where(')[0]}"
        if self.model.element(path) is None and self.model.element(f"{path}[x]") is None:
            raise ValueError(f"deletes {row.deletes!r}: R4 has no {path}")
        return deletion(row.deletes or "", self.layer.extensions)

    def memories_of(
        self,
        row: Row,
        each: Map,
        function: Function,
        arguments: Mapping[str, Any],
        source: Source,
        at: Straight,
    ) -> Memories:
        """Rows that do the same with equal texts remember it together."""
        given = repr(sorted((name, value) for name, value in arguments.items() if name != "vocabulary"))
        inputs = (each.segment, *row.inputs.items()) if row.inputs else ()
        key = (function.name, given, row.vocabulary, inputs, source.part, at.form)
        return self.memories.setdefault(key, Memories(function.remembered))

    def reference(
        self, row: Row, each: Map, place: Place, at: Straight, when: Condition | None, resource: str
    ) -> Any:
        if row.reference not in self.labels:
            self.faults.append(Fault(row.place, f"row {row.id!r}: no map has the label {row.reference!r}"))
        if not row.at:
            return FixedRow(f"{each.name}/{row.id}", when, place, at, None, row.reference)
        return LinkRow(row.id, row.at, place, row.reference, not self.repeats(row, resource))

    def repeats(self, row: Row, resource: str) -> bool:
        path = without_slots(row.target)
        lists = (self.model.element(f"{resource}.{'.'.join(path.split('.')[: i + 1])}") for i in range(9))
        return any(element is not None and element.is_list for element in lists)

    def function(self, row: Row) -> Function | None:
        if not row.source:
            self.faults.append(Fault(row.place, f"row {row.id!r} has a target but nothing to put there"))
            return None
        function = self.functions.get(row.function)
        if function is None:
            self.faults.append(Fault(row.place, f"row {row.id!r}: there is no function {row.function!r}"))
            return None
        offered = set(row.given) | set(row.inputs) | ({"vocabulary"} if row.vocabulary else set())
        for name in sorted(offered - function.parameters):
            self.faults.append(Fault(row.place, f"row {row.id!r}: {function.name} takes no {name!r}"))
        for name in sorted(function.required - offered - {"field"}):
            self.faults.append(Fault(row.place, f"row {row.id!r}: {function.name} needs {name!r}"))
        return function

    def arguments(self, row: Row, function: Function) -> dict[str, Any]:
        arguments = dict(row.given)
        if "field" in function.parameters:
            arguments.setdefault("field", row.source)
        if row.vocabulary:
            arguments["vocabulary"] = self.layer.vocabularies.get(row.vocabulary)
            if arguments["vocabulary"] is None:
                text = f"row {row.id!r}: there is no vocabulary {row.vocabulary!r}"
                self.faults.append(Fault(row.place, text))
        return arguments

    def constant(self, row: Row, value: Any) -> Any:
        """The constant, or the Template that a text with `{name}` placeholders is."""
        if not isinstance(value, str) or "{" not in value:
            return value
        for name in PLACEHOLDER.findall(value):
            if name not in self.words:
                self.faults.append(Fault(row.place, f"row {row.id!r}: there is no word {{{name}}}"))
        return Template(value)


def _always(each: Map) -> bool:
    """Whether what a map ignores is ignored wherever its node stands."""
    return not (each.when or each.within or each.without or each.after or each.onto)
