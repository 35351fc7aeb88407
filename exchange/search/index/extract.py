"""From a resource to its row in the search index.

https://hl7.org/fhir/R4/searchparameter.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any

from exchange.search.definition.definitions import Definitions
from exchange.search.definition.leading import Registry, TypeParameters, compile_registry
from exchange.search.definition.source import Composite, Source
from exchange.search.index.compiled import Extract, Type, compiled, source_text
from exchange.search.index.content_tree import ContentTrees
from exchange.search.index.emit import Surroundings
from exchange.search.index.evaluated import evaluating
from exchange.search.index.fragments import Names, Reading
from exchange.search.index.memo import Unwritten
from exchange.search.index.row import IndexRow

Resource = Mapping[str, Any]

_WITH_TEXTS = frozenset(("CodeableConcept", "Coding", "Reference"))


class Extraction:
    """Makes index rows; a type's function is compiled when it is first met.

    The same `base` and `zone` must be used to search. `unwritten` are the texts that rows still bring along.
    """

    def __init__(self, definitions: Definitions, registry: Registry, surroundings: Surroundings) -> None:
        self._definitions = definitions
        self.registry = registry
        self.surroundings = surroundings
        self._names = Names(surroundings, self._evaluating)
        self._trees = ContentTrees(definitions)
        self._extracts = _Extracts(self)

    @property
    def unwritten(self) -> Unwritten:
        return self._names.unwritten

    def row(self, resource: Resource) -> IndexRow:
        """The index row of a structurally valid resource that has its id."""
        return self._extracts[resource["resourceType"]](resource)

    def prepare(self, resource_type: str) -> None:
        """Compile it now, if it is not yet."""
        self._extracts[resource_type]

    def compile(self, resource_type: str) -> Extract:
        """The function of a type, as its parameters are now."""
        return compiled(self._type(resource_type), self._names)

    def source_text(self, resource_type: str) -> str:
        """What is compiled, for people to read."""
        return source_text(self._type(resource_type), self._names)

    def forget(self, types: Iterable[str]) -> None:
        """The registry has changed: these types are compiled anew when they are next met."""
        for name in types:
            self._extracts.pop(name, None)

    def _evaluating(self, source: Source) -> Extract:
        return evaluating(source, self._definitions, self._names)

    def _type(self, resource_type: str) -> Type:
        of = self.registry.of(resource_type)
        readings = list(_readings(of))
        read = [each.source.names for each in readings if each.source.data_type in _WITH_TEXTS]
        composites = list(_composites(of))
        return Type(
            resource_type,
            readings,
            [each for each in composites if each.grouped],
            [each for each in composites if not each.grouped],
            self._trees.of(resource_type, read) if self.surroundings.full_text else {},
        )


class _Extracts(dict[str, Extract]):
    __slots__ = ("extraction",)

    def __init__(self, extraction: Extraction) -> None:
        super().__init__()
        self.extraction = extraction

    def __missing__(self, resource_type: str) -> Extract:
        made = self[resource_type] = self.extraction.compile(resource_type)
        return made


def compile_extraction(
    definitions: Definitions, base: str = "", zone: tzinfo = UTC, *, full_text: bool = True
) -> Extraction:
    """The extraction over the definitions.

    `base` is our own FHIR base, under which an absolute reference is a reference to a resource of ours.
    `zone` is the zone of dates that name none. `full_text`: index what `_text` and `_content` look for.
    """
    around = Surroundings(base.rstrip("/"), zone, full_text)
    return Extraction(definitions, compile_registry(definitions), around)


def _readings(of: TypeParameters) -> Iterator[Reading]:
    """Each element once, whatever the number of parameters that it answers."""
    members = {_identity(source) for source in of.compartment}
    uris = {
        _identity(source)
        for parameter in of.parameters.values()
        if parameter.type == "uri"
        for source in parameter.sources
    }
    found: dict[tuple[Any, ...], Source] = {}
    for source in _sources(of):
        found.setdefault(_identity(source), source)
    for identity, source in found.items():
        leads = next((name for name, keys in _leading(of) if source.key in keys), "")
        yield Reading(source, leads, identity in members, identity in uris)  # type: ignore[arg-type]


def _sources(of: TypeParameters) -> Iterable[Source]:
    for parameter in of.parameters.values():
        yield from parameter.sources
    yield from of.compartment


def _identity(source: Source) -> tuple[Any, ...]:
    """What is read, whatever type a reference must resolve to."""
    return source.key, source.kind, source.names, source.data_type, source.number


def _leading(of: TypeParameters) -> Iterator[tuple[str, frozenset[str]]]:
    if of.date is not None:
        yield "date", of.date.keys
    if of.code is not None:
        yield "code", of.code.keys
    if of.patient is not None:
        yield "patient" if of.says_patient else "patients", of.patient.keys


def _composites(of: TypeParameters) -> Iterator[Composite]:
    """The contexts that store something, each once."""
    every = (each for parameter in of.parameters.values() for each in parameter.composites if each.stored)
    yield from {each.key: replace(each) for each in every}.values()
