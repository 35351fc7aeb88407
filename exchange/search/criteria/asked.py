"""What is asked of one search parameter, and what it takes to answer.

https://hl7.org/fhir/R4/search.html#modifiers
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from exchange.search.definition.leading import Registry, TypeParameters
from exchange.search.definition.source import Composite, Parameter, Source
from exchange.search.index.extract import Extraction
from exchange.search.query.conditions import Tokens
from exchange.search.query.criterion import AnyOf, Criterion, Targets
from exchange.terminology.core import core_library
from terminology.library import Library


def _alone(system: str) -> tuple[str, ...]:
    return (system,)


@dataclass(frozen=True, slots=True)
class Search:
    """What searching needs to know of the hub: the registry, its own base, its zone, the time, whether
    texts are indexed, the terminology that it has, and what else a system of identifiers is called (itself
    included)."""

    registry: Registry
    base: str
    zone: tzinfo
    now: Callable[[], datetime]
    full_text: bool = True
    library: Callable[[], Library] = core_library
    aliases: Callable[[str], tuple[str, ...]] = _alone


def search_of(
    extraction: Extraction,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    library: Callable[[], Library] = core_library,
    aliases: Callable[[str], tuple[str, ...]] = _alone,
) -> Search:
    """The searching side of an extraction: both must agree on base and zone."""
    around = extraction.surroundings
    return Search(extraction.registry, around.base, around.zone, now, around.full_text, library, aliases)


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter as it was asked for: `name` with its modifier, as errors and chains show it."""

    name: str
    modifier: str
    value: str


Made = Callable[[Search, TypeParameters, Parameter, Asked], Criterion]
"""Makes the criterion of one type of parameter under one modifier."""

NOTHING = Tokens(())
"""The criterion that no resource fulfils."""


def any_of(criteria: list[Criterion]) -> Criterion:
    """One of the criteria, of which there is at least one."""
    return criteria[0] if len(criteria) == 1 else AnyOf(tuple(criteria))


def targets_of(search: Search, resource_type: str, criteria: tuple[Criterion, ...]) -> Targets:
    """The resources of a type that fulfil the criteria, as a chain is led by them."""
    return Targets(resource_type, criteria, resource_type not in search.registry.compartment_types)


def numbers_of(parameter: Parameter, kind: str) -> tuple[int, ...]:
    """The ids of the parameter's elements in a kind of side table."""
    return tuple(sorted({source.number for source in parameter.of_kind(kind)}))


def part_parameters(context: Composite) -> list[Parameter]:
    """The parts of a composite as parameters of their own."""
    return [Parameter("", type_of(sources), sources) for sources in context.parts]


def type_of(sources: tuple[Source, ...]) -> str:
    """The type of parameter that elements indexed like this answer."""
    if any(source.data_type == "Reference" for source in sources):
        return "reference"
    return next(source.kind for source in sources)
