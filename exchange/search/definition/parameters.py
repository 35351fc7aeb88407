"""The search parameters of a resource type, and what in a resource answers them.

https://hl7.org/fhir/R4/searchparameter-registry.html
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import chain

from exchange.search.definition.composite import composites_of
from exchange.search.definition.definitions import Definitions, SearchParameter
from exchange.search.definition.expression import UnsupportedExpression
from exchange.search.definition.source import Parameter, Source
from exchange.search.definition.sources import RESOURCES, evaluated, sources_of

# Answered by columns of their own, or by other means than an element's value.
_OTHERWISE = frozenset(("_id", "_lastUpdated", "_text", "_content", "_filter"))
_REFUSED = {"_query": "No named queries are defined here."}


@cache
def parameter_ids() -> Mapping[str, int]:
    """The id of each path in the side tables: its place in parameter_ids.json, which only ever grows.

    `python -m exchange.search.definition.generate_parameter_ids` adds the paths that are new.
    """
    listed: list[str] = json.loads(files(__package__).joinpath("parameter_ids.json").read_bytes())["paths"]
    return {path: place for place, path in enumerate(listed, start=1)}


def parameters_of(
    definitions: Definitions,
    resource_type: str,
    ids: Mapping[str, int],
    further: Iterable[SearchParameter] = (),
) -> dict[str, Parameter]:
    """The parameters of a resource type by code, those of every resource included.

    `further` are parameters beside those of the definitions; a code that is taken stays as it is.
    """
    of_type = {resource_type, *RESOURCES}
    every = list(chain(definitions.search_parameters, further))
    asked = [each for each in every if not of_type.isdisjoint(each.base)]
    found: dict[str, Parameter] = {}
    for each in asked:
        if each.type != "composite":
            made = _plain(definitions, resource_type, each, ids)
            known = found.get(each.code)
            found[each.code] = made if known is None or known.refusal else known
    by_url = {each.url: each for each in every}
    plain = dict(found)
    for each in asked:
        if each.type == "composite":
            found.setdefault(each.code, _composite(definitions, resource_type, each, by_url, plain, ids))
    return found


def _plain(
    definitions: Definitions, resource_type: str, parameter: SearchParameter, ids: Mapping[str, int]
) -> Parameter:
    code, kind = parameter.code, parameter.type
    if code in _OTHERWISE or code in _REFUSED:
        return Parameter(code, kind, (), refusal=_REFUSED.get(code, ""), url=parameter.url)
    try:
        made = tuple(sources_of(definitions, resource_type, code, kind, parameter.expression))
    except UnsupportedExpression:
        made = ()
    if not made and parameter not in definitions.search_parameters:
        made = tuple(evaluated(resource_type, kind, parameter.expression or ""))
    sources = tuple(dict.fromkeys(_numbered(source, ids) for source in made))
    refusal = "" if sources else "This parameter is not supported."
    return Parameter(code, kind, sources, tuple(parameter.target), refusal, url=parameter.url)


def _composite(
    definitions: Definitions,
    resource_type: str,
    parameter: SearchParameter,
    by_url: Mapping[str, SearchParameter],
    plain: Mapping[str, Parameter],
    ids: Mapping[str, int],
) -> Parameter:
    try:
        made = composites_of(definitions, resource_type, parameter, by_url, plain, ids)
        composites = tuple(made)
    except UnsupportedExpression:
        composites = ()
    refusal = "" if composites else "This parameter is not supported."
    return Parameter(
        parameter.code, "composite", (), refusal=refusal, composites=composites, url=parameter.url
    )


def _numbered(source: Source, ids: Mapping[str, int]) -> Source:
    """The source with the id that its rows in a side table have."""
    if source.kind in ("token", "position"):
        return source
    return replace(source, number=ids[source.key])
