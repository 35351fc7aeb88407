"""`_sort`: from the names of parameters to what the results are sorted by.

Dates, numbers, quantities and strings are sorted as the index keeps them; codes of a closed value set in the
order of the alphabet, by the rank of their tokens. Other codes, references and uris are hashes in the index,
so the matches themselves are read (`exchange.search.page.arranged`).

https://hl7.org/fhir/R4/search.html#sort
"""

from collections.abc import Mapping
from typing import Final

from exchange.search.criteria import Search
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter, Source
from exchange.search.query.query import SortKey
from exchange.search.query.values import refused
from exchange.search.value.token import token

MAX_KEYS: Final = 4

_COLUMNS: Final[Mapping[str, str]] = {"_id": "id", "_lastUpdated": "updated"}
_TABLES: Final[Mapping[str, str]] = {
    "date": "date_index",
    "string": "string_index",
    "number": "number_index",
    "quantity": "quantity_index",
}
_BY_CONTENT: Final = ("token", "reference", "uri")
_BOOLEANS: Final = ("boolean", "exists")


def sort_keys(search: Search, of: TypeParameters, value: str) -> tuple[SortKey, ...]:
    """`-date,_id`: a key that is named again decides nothing."""
    found: dict[str, SortKey] = {}
    for part in map(str.strip, value.split(",")):
        found.setdefault(part.removeprefix("-"), _key(search, of, part.removeprefix("-"), part[:1] == "-"))
    if len(found) > MAX_KEYS:
        raise refused("_sort", f"_sort takes {MAX_KEYS} keys.", "too-costly")
    return tuple(found.values())


def _key(search: Search, of: TypeParameters, code: str, descending: bool) -> SortKey:
    if code in _COLUMNS:
        return SortKey(_COLUMNS[code], descending)
    parameter = of.parameters.get(code)
    if parameter is None:
        raise refused("_sort", f"{of.resource_type} has no search parameter {code}.", "not-supported")
    if of.date is not None and parameter.keys == of.date.keys:
        return SortKey("ts", descending)
    if identifiers := parameter.of_kind("identifier"):
        return SortKey("identifier_index", descending, _numbers(identifiers))
    if parameter.refusal or not parameter.sources:
        raise refused("_sort", f"Sorting by {code} is not supported.", "not-supported")
    if parameter.type in _TABLES:
        return SortKey(_TABLES[parameter.type], descending, _numbers(parameter.of_kind(parameter.type)))
    if ranked := _ranked(search, parameter):
        return SortKey("rank", descending, tokens=ranked)
    if parameter.type in _BY_CONTENT:
        return SortKey("content", descending, elements=parameter.sources)
    raise refused("_sort", f"A {parameter.type} parameter has no order: {code}.", "not-supported")


def _numbers(sources: tuple[Source, ...]) -> tuple[int, ...]:
    return tuple(sorted({source.number for source in sources}))


def _ranked(search: Search, parameter: Parameter) -> tuple[int, ...]:
    """The tokens that the element may have, in the order of their codes; none if any code may stand there."""
    if len(parameter.sources) != 1:
        return ()
    (source,) = parameter.sources
    if source.data_type in _BOOLEANS:
        return tuple(token(source.key, value) for value in ("false", "true"))
    if source.data_type != "code" or not source.value_set:
        return ()
    codes = search.registry.codings(source.value_set) or ()
    return tuple(token(source.key, code) for code in sorted({code for _, code in codes}))
