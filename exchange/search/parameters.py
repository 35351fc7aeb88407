"""The registry: every R4 search parameter, and what in a resource answers it.

https://hl7.org/fhir/R4/searchparameter-registry.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Protocol

from exchange.search.expression import Path, Step, UnsupportedExpression, paths
from exchange.search.source import Parameter, Source


class SearchParameter(Protocol):
    """What the registry needs of a SearchParameter."""

    @property
    def code(self) -> str: ...
    @property
    def base(self) -> tuple[str, ...]: ...
    @property
    def type(self) -> str: ...
    @property
    def expression(self) -> str | None: ...
    @property
    def target(self) -> tuple[str, ...]: ...


class Binding(Protocol):
    """The value set that an element's code comes from."""

    @property
    def value_set(self) -> str: ...


class Element(Protocol):
    """What the registry needs of an element definition."""

    @property
    def types(self) -> tuple[str, ...]: ...
    @property
    def is_list(self) -> bool: ...
    @property
    def is_choice(self) -> bool: ...
    @property
    def binding(self) -> Binding | None: ...


class Definitions(Protocol):
    """What the registry needs of the R4 definitions (`profiles.definitions`)."""

    @property
    def resource_types(self) -> frozenset[str]: ...
    @property
    def search_parameters(self) -> tuple[SearchParameter, ...]: ...
    def compartment(self, code: str) -> Mapping[str, tuple[str, ...]]: ...
    def element(self, path: str) -> Element | None: ...
    def codings(self, value_set: str) -> frozenset[tuple[str, str]] | None: ...


_TOKENS = {
    **dict.fromkeys(
        ("CodeableConcept", "Coding", "ContactPoint", "code", "id", "string", "boolean"), "token"
    ),
    **dict.fromkeys(("uri", "url", "canonical", "oid", "uuid"), "token"),
    "Identifier": "identifier",
}
_QUANTITIES = (
    "Quantity",
    "SimpleQuantity",
    "Age",
    "Count",
    "Distance",
    "Duration",
    "Money",
    "Range",
    "SampledData",
)
_KINDS: Mapping[str, Mapping[str, str]] = {
    "token": _TOKENS,
    "reference": dict.fromkeys(("Reference", "canonical", "uri"), "token"),
    "uri": dict.fromkeys(("uri", "url", "canonical", "oid", "uuid"), "token"),
    "date": dict.fromkeys(("date", "dateTime", "instant", "Period", "Timing"), "date"),
    "string": dict.fromkeys(("string", "markdown", "HumanName", "Address"), "string"),
    "number": dict.fromkeys(("decimal", "integer", "positiveInt", "unsignedInt", "Range"), "number"),
    "quantity": dict.fromkeys(_QUANTITIES, "quantity"),
}
_PARTS = {
    "HumanName": ("family", "given", "prefix", "suffix", "text"),
    "Address": ("line", "city", "district", "state", "postalCode", "country", "text"),
}
_REPEATED_PARTS = frozenset(("given", "prefix", "suffix", "line"))
_DECEASED = "Patient.deceased.exists() and Patient.deceased != false"
_UNSEARCHABLE = {
    "phonetic": "Search by sound is not supported; use name, or name:contains.",
    "near": "Search by distance is not supported.",
}


@cache
def parameter_ids() -> Mapping[str, int]:
    """The id of each path in the side tables: its place in parameter_ids.json, which only ever grows.

    `python -m exchange.search.generate_parameter_ids` adds the paths that are new.
    """
    listed: list[str] = json.loads(files(__package__).joinpath("parameter_ids.json").read_bytes())["paths"]
    return {path: place for place, path in enumerate(listed, start=1)}


def parameters_of(
    definitions: Definitions, resource_type: str, ids: Mapping[str, int]
) -> dict[str, Parameter]:
    """The parameters of a resource type by code, those of every resource included."""
    found: dict[str, Parameter] = {}
    for parameter in definitions.search_parameters:
        if not {resource_type, "Resource", "DomainResource"}.isdisjoint(parameter.base):
            made = _parameter(definitions, resource_type, parameter, ids)
            known = found.get(parameter.code)
            found[parameter.code] = made if known is None or known.refusal else known
    return found


def _parameter(
    definitions: Definitions, resource_type: str, parameter: SearchParameter, ids: Mapping[str, int]
) -> Parameter:
    code, kind = parameter.code, parameter.type
    if code in ("_id", "_lastUpdated"):
        return Parameter(code, kind, ())  # answered by columns of their own
    if kind in ("composite", "special") or code in _UNSEARCHABLE:
        reason = _UNSEARCHABLE.get(code, f"Parameters of type {kind} are not supported.")
        return Parameter(code, kind, (), refusal=reason)
    try:
        sources = tuple(dict.fromkeys(_sources(definitions, resource_type, parameter, ids)))
    except UnsupportedExpression:
        sources = ()
    refusal = "" if sources else "This parameter is not supported."
    return Parameter(code, kind, sources, tuple(parameter.target), refusal)


def _sources(
    definitions: Definitions, resource_type: str, parameter: SearchParameter, ids: Mapping[str, int]
) -> Iterator[Source]:
    if parameter.expression == _DECEASED:
        path = Path(resource_type, (Step("deceased"),))
        yield Source("Patient.deceased", "token", path, ("deceased[x]",), "exists", False)
        return
    for path in paths(parameter.expression or "()"):
        if path.resource_type in (resource_type, "Resource", "DomainResource", ""):
            own = Path(resource_type, path.steps, path.target)
            for source in _typed_sources(definitions, own, parameter.type):
                if source.kind == "token":
                    yield source
                elif source.key in ids:
                    yield _numbered(source, ids[source.key])


def _numbered(source: Source, number: int) -> Source:
    return replace(source, number=number)


def _typed_sources(definitions: Definitions, path: Path, parameter_type: str) -> Iterator[Source]:
    names: list[str] = []
    repeats = False
    for step in path.steps[:-1]:
        element = definitions.element(".".join((path.resource_type, *names, step.name)))
        if element is None:
            return
        repeats = repeats or element.is_list
        names.append(step.name + _capitalised(step.cast) if step.cast else step.name)
    last = path.steps[-1]
    element = definitions.element(".".join((path.resource_type, *names, last.name)))
    if element is None:
        return
    repeats = repeats or element.is_list
    value_set = element.binding.value_set if element.binding and element.types == ("code",) else ""
    for data_type in (last.cast,) if last.cast else element.types:
        kind = _KINDS[parameter_type].get(data_type)
        if kind is not None:
            name = last.name + _capitalised(data_type) if element.is_choice else last.name
            made = Source(path.key, kind, path, (*names, name), data_type, repeats, value_set=value_set)
            yield from _parts(made)


def _parts(source: Source) -> Iterator[Source]:
    """A HumanName or an Address is searched by each of its parts, a name as a whole too."""
    if source.kind != "string" or source.data_type not in _PARTS:
        yield source
        return
    for part in _PARTS[source.data_type]:
        path = Path(source.path.resource_type, (*source.path.steps, Step(part)))
        repeats = source.repeats or part in _REPEATED_PARTS
        yield Source(path.key, "string", path, (*source.names, part), "string", repeats)
    if source.data_type == "HumanName":
        yield Source(f"{source.key}.whole", "string", source.path, source.names, "whole", source.repeats)


def _capitalised(data_type: str) -> str:
    return data_type[:1].upper() + data_type[1:]
