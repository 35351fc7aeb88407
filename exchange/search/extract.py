"""The compiled extraction: from a resource to its row in the search index.

The elements that a type's search parameters read are laid into one tree of JSON names, and each name that the
resource has is visited once. So a parameter costs nothing where its element is absent.

https://hl7.org/fhir/R4/searchparameter.html
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cache
from typing import Any

from exchange.search import emit
from exchange.search.emit import Emit, Sink, Surroundings
from exchange.search.expression import Where
from exchange.search.leading import Registry, TypeParameters, compile_registry
from exchange.search.parameters import Definitions
from exchange.search.row import IndexRow
from exchange.search.source import Source

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Extraction:
    """Makes index rows. The same `base` and `zone` must be used to search."""

    registry: Registry
    surroundings: Surroundings
    visitor: Callable[[str], Emit]

    def row(self, resource: Resource) -> IndexRow:
        """The index row of a structurally valid resource that has its id."""
        sink = Sink()
        self.visitor(resource["resourceType"])(resource, sink)
        return sink.row()


def compile_extraction(definitions: Definitions, base: str = "", zone: tzinfo = UTC) -> Extraction:
    """The extraction over the definitions; a type's closures are made when it is first met.

    `base` is our own FHIR base, under which an absolute reference is a reference to a resource of ours.
    `zone` is the zone of dates that name none.
    """
    registry = compile_registry(definitions)
    around = Surroundings(base.rstrip("/"), zone)
    return Extraction(registry, around, cache(lambda name: _visitor(registry.of(name), around)))


@dataclass(slots=True)
class _Node:
    """A place in the tree: what to emit there, and what to visit below."""

    emits: list[Emit] = field(default_factory=list)
    below: dict[tuple[str, Where | None], "_Node"] = field(default_factory=lambda: defaultdict(_Node))


def _visitor(parameters: TypeParameters, around: Surroundings) -> Emit:
    root = _Node()
    if parameters.resource_type == "Patient":
        root.emits.append(emit.own_key)
    for source, made in _emits(parameters, around):
        names = source.names
        if source.data_type == "exists":
            names = names[:-1]
        node = root
        for name, step in zip(names, source.path.steps, strict=False):
            node = node.below[name, step.where]
        node.emits.append(made)
    return _compiled(root)


def _emits(parameters: TypeParameters, around: Surroundings) -> Iterable[tuple[Source, Emit]]:
    dates = parameters.date.sources if parameters.date else ()
    codes = parameters.code.sources if parameters.code else ()
    for source in {source for parameter in parameters.parameters.values() for source in parameter.sources}:
        if source in dates:
            yield source, emit.leading_date(source, around)
        elif source in codes:
            yield (
                source,
                (emit.concept if source.data_type == "CodeableConcept" else emit.coding)(
                    source.key, leads=True
                ),
            )
        else:
            yield source, _emit(source, around)
    for source in parameters.compartment:
        leads = parameters.patient is not None and source.key in parameters.patient.keys
        yield source, emit.member(around, leads=leads)


_BY_TYPE: Mapping[str, Callable[[str], Emit]] = {
    "CodeableConcept": emit.concept,
    "Coding": emit.coding,
    "ContactPoint": emit.contact_point,
    "boolean": emit.boolean,
    "canonical": emit.canonical,
    "exists": emit.deceased,
}
_BY_KIND: Mapping[str, Callable[[Source], Emit]] = {
    "identifier": emit.identifier,
    "string": emit.string,
    "number": emit.number,
    "quantity": emit.quantity,
}


def _emit(source: Source, around: Surroundings) -> Emit:
    if source.kind == "date":
        return emit.date(source, around)
    if source.data_type == "Reference":
        return emit.reference(source.key, around)
    if source.kind == "token":
        return _BY_TYPE.get(source.data_type, emit.literal)(source.key)
    return emit.whole_name(source) if source.data_type == "whole" else _BY_KIND[source.kind](source)


def _compiled(node: _Node) -> Emit:
    visits: list[Emit] = list(node.emits)
    if node.below:
        visits.append(_descent(node.below))
    if len(visits) == 1:
        return visits[0]

    def visit(value: Any, sink: Sink) -> None:
        for each in visits:
            each(value, sink)

    return visit


def _descent(below: Mapping[tuple[str, Where | None], _Node]) -> Emit:
    """Visits the properties that are there."""
    named: dict[str, list[Emit]] = defaultdict(list)
    for (name, where), node in below.items():
        inner = _compiled(node)
        named[name].append(inner if where is None else _filtered(inner, where))
    visits = {name: each[0] if len(each) == 1 else _of_all(each) for name, each in named.items()}
    find = visits.get

    def visit(element: Any, sink: Sink) -> None:
        for name, value in element.items():
            inner = find(name)
            if inner is None:
                continue
            if type(value) is not list:
                inner(value, sink)
                continue
            for member in value:
                if member is not None:  # a null stands for a primitive that has only extensions
                    inner(member, sink)

    return visit


def _of_all(visits: list[Emit]) -> Emit:
    def visit(value: Any, sink: Sink) -> None:
        for each in visits:
            each(value, sink)

    return visit


def _filtered(inner: Emit, where: Where) -> Emit:
    def visit(element: Any, sink: Sink) -> None:
        if where.value in _values(element, where.child):
            inner(element, sink)

    return visit


def _values(element: Any, names: tuple[str, ...]) -> list[Any]:
    found = [element]
    for name in names:
        found = [inner for outer in found if name in outer for inner in _listed(outer[name])]
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
