"""Composite parameters: values that belong together, and how the index keeps them together.

A composite has one or more contexts (`combo-code-value-quantity`: the Observation and each of its
components), and matches where one context fulfils all its parts (`source.Composite`).

Where the context is the resource itself and none of its parts repeats, to fulfil the plain criteria of the
parts is the same as to fulfil the composite: `grouped` is false. Such a context stores nothing (`stored` is
empty), or a row for speed only. Every other context stores what the parts have together:

**`stored` = `tokens`**: two parts, each with tokens (codes, references, booleans). For each form of the first
and each form of the second there is one token: `token(composite.key, paired(first, second))`, where the forms
are the values that plain tokens are made of: `coded(system, code)` and `code` of a Coding; a code, boolean or
reference as it stands (a reference also without its version). And one that says there is a pair at all:
`token(composite.key, present())`.

**`stored` = `composite_index`**: the first part has tokens; one row for each of its forms and each value:

    param  composite.number; negative where lo and hi differ (a range), as in the other side tables
    key    token(composite.key, form of the first part)
    second part is a
      quantity  lo, hi its range; unit: a token of `numbers.sought_units`, one row each; NULL without a unit
      number    lo = hi
      date      lo, hi its range in microseconds, as float8: exact between 1684 and 2255; hi exclusive
      string    value normalised, lo = hi = 0
    second and third part are numbers (a variant's start and end): lo is the second, hi the third, and
    param is positive

The forms of the first part are `coded(system, code)` and `code`, if `grouped`; else only `coded(system,
code)`, because all else is found by the plain criteria of the parts.

https://hl7.org/fhir/R4/search.html#composite
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from exchange.search.definition.definitions import Component, Definitions, SearchParameter
from exchange.search.definition.expression import Path, UnsupportedExpression, paths
from exchange.search.definition.source import Composite, Parameter, Source
from exchange.search.definition.sources import RESOURCES, typed_sources

_BETWEEN = "\x04"
_RESOURCE = "%resource."
_CODED = frozenset(("CodeableConcept", "Coding"))
_VALUES = frozenset(("quantity", "number", "date", "string"))


def paired(first: str, second: str) -> str:
    """The value of two values that stand together; their order matters."""
    return f"{first}{_BETWEEN}{second}"


def composites_of(
    definitions: Definitions,
    resource_type: str,
    parameter: SearchParameter,
    known: Mapping[str, SearchParameter],
    plain: Mapping[str, Parameter],
    ids: Mapping[str, int],
) -> Iterator[Composite]:
    """The contexts of a composite parameter. Raises UnsupportedExpression.

    `known` are the parameters by URL, `plain` those of the type by code, without its composites.
    """
    indexed = {replace(source, number=0) for each in plain.values() for source in each.sources}
    code = plain.get("code")
    for context in paths(parameter.expression or resource_type):
        if context.resource_type not in (resource_type, *RESOURCES, ""):
            continue
        own = Path(resource_type, context.steps)
        parts = tuple(_part(definitions, own, each, known) for each in parameter.component)
        place = _place(definitions, own)
        grouped = any(place.lists) or not all(source in indexed for part in parts for source in part)
        key, stored = _key(own, parameter.component), _stored(parts, grouped, code.keys if code else ())
        number = ids[key] if stored == "composite_index" else 0
        numbered = tuple(tuple(_numbered(source, ids) for source in part) for part in parts)
        yield Composite(key, place, numbered, grouped, stored, number)


def _numbered(source: Source, ids: Mapping[str, int]) -> Source:
    """The part's source as it stands by itself, with 0 if it is indexed in the composite alone."""
    return source if source.kind == "token" else replace(source, number=ids.get(source.key, 0))


def _part(
    definitions: Definitions, context: Path, component: Component, known: Mapping[str, SearchParameter]
) -> tuple[Source, ...]:
    """What answers a part: elements of the context, or of the resource."""
    parameter = known.get(component.definition.partition("|")[0])
    if parameter is None:
        raise UnsupportedExpression(component.definition)
    steps = () if component.expression.startswith(_RESOURCE) else context.steps
    below = [
        Path(context.resource_type, (*steps, *path.steps), path.target) for path in paths(_plain(component))
    ]
    # R4's DocumentReference.relationship has the definitions of its two parts the wrong way round.
    for parameter_type in (parameter.type, "token", "reference"):
        if found := [s for path in below for s in typed_sources(definitions, path, parameter_type)]:
            return tuple(found)
    raise UnsupportedExpression(component.expression)


def _place(definitions: Definitions, path: Path) -> Source:
    """The context as an element."""
    names: list[str] = []
    lists: list[bool] = []
    for step in path.steps:
        names.append(step.name)
        element = definitions.element(".".join((path.resource_type, *names)))
        if element is None or element.is_choice:
            raise UnsupportedExpression(path.key)
        lists.append(element.is_list)
    return Source(path.key, "context", path, tuple(names), "context", any(lists), lists=tuple(lists))


def _key(context: Path, components: Collection[Component]) -> str:
    """`Observation.component(code+value as Quantity)`"""
    parts = ("|".join(_relative_key(path) for path in paths(_plain(each))) for each in components)
    return f"{context.key}({'+'.join(parts)})"


def _plain(component: Component) -> str:
    return component.expression.removeprefix(_RESOURCE)


def _relative_key(path: Path) -> str:
    return replace(path, resource_type="").key.removeprefix(".")


def _stored(parts: tuple[tuple[Source, ...], ...], grouped: bool, code: Collection[str]) -> str:
    kinds = [{source.kind for source in part} for part in parts]
    if not grouped:
        leads = {source.key for source in parts[0]} == set(code)
        coded = leads and all(source.data_type in _CODED for source in parts[0])
        return "composite_index" if coded and kinds[1:] == [{"quantity"}] else ""
    if kinds == [{"token"}, {"token"}]:
        return "tokens"
    of_values = len(kinds) == 2 and kinds[1] <= _VALUES
    if kinds[0] == {"token"} and (of_values or kinds[1:] == [{"number"}, {"number"}]):
        return "composite_index"
    raise UnsupportedExpression(_key_of(parts))


def _key_of(parts: tuple[tuple[Source, ...], ...]) -> str:
    return "+".join(source.key for part in parts for source in part)
