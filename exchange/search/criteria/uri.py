"""URIs: as they stand, character by character; URLs by their place in the hierarchy of paths, too.

https://hl7.org/fhir/R4/search.html#uri
"""

import re
from collections.abc import Mapping

from exchange.search.criteria.asked import Asked, Made, Search
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Phrases, Tokens
from exchange.search.query.criterion import Criterion
from exchange.search.query.values import alternatives, refused, unescaped
from exchange.search.value.token import salt, token

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#|]+")
# What ends a step of a path.
_ENDS = "/?#|"


def uri(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    values = [unescaped(value) for value in alternatives(asked.name, asked.value)]
    return _tokens(parameter, values)


def above(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """This URL, or one that it lies under: each beginning of it that ends with a step."""
    return _tokens(parameter, [each for url in _urls(asked) for each in _beginnings(url)])


def below(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """This URL, or one that lies under it."""
    prefixes: list[str] = []
    for url in _urls(asked):
        prefixes += [url] if url[-1] in _ENDS else [url + end for end in _ENDS]
    keys = sorted(parameter.keys)
    hashes = tuple(token(key, url) for key in keys for url in _urls(asked))
    return Phrases(tuple(map(salt, keys)), tuple(prefixes), hashes)


def _tokens(parameter: Parameter, values: list[str]) -> Tokens:
    keys = sorted(parameter.keys)
    return Tokens(tuple(dict.fromkeys(token(key, value) for value in values for key in keys)))


def _urls(asked: Asked) -> list[str]:
    values = [unescaped(value) for value in alternatives(asked.name, asked.value)]
    if not all(_URL.match(value) for value in values):
        raise refused(asked.name, f"{asked.name} needs a URL: no other URI has a hierarchy.")
    return values


def _beginnings(url: str) -> list[str]:
    host = _URL.match(url)
    start = host.end() if host else 0
    ends = [at for at in range(start, len(url)) if url[at] in _ENDS]
    return list(dict.fromkeys([url, *(url[:at] for at in ends), *(url[: at + 1] for at in ends)]))


MODIFIERS: Mapping[str, Made] = {"": uri, "above": above, "below": below}
