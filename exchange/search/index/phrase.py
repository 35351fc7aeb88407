"""Texts and uris as the index keeps them: each one once, under the token that its resources have.

Displays, texts and uris repeat from resource to resource. So a resource has but a token for each, among the
others in `resource_index.tokens`, and `text_index` says what the token stands for:

    token  as it stands in `tokens`
    path   the salt of where it stands (below)
    value  what `:text` and `:below` compare by prefix: normalised and cut (`text.normalised`) for a text,
           as it stands for a uri, empty for a narrative and other content
    words  hashes of its words (`words`), for `_text` and `_content`; empty for a uri

A search finds the tokens by value or word, and with them the resources: `tokens && ARRAY(SELECT token …)`.

path                       holds
`salt(texts_path(key))`    the texts beside the codes, identifiers and references at the element `key`
                           (CodeableConcept.text, Coding.display, the text of Identifier.type,
                           Reference.display): `code:text`
`salt(key)`                the uris at the element `key`, under the very token of an exact search: `url:below`
`salt(NARRATIVE)`          `text.div` without its markup: `_text`
`salt(CONTENT)`            every other text in the resource: with all of the above but uris, `_content`

A text that several writers met at the same time may stand twice.

https://hl7.org/fhir/R4/search.html#text
"""

import re
from functools import lru_cache
from typing import NamedTuple

from exchange.search.value.text import (
    IDEOGRAPH,
    INDEXED_CHARACTERS,
    folded,
    normalised,
    pairs,
    sought_grams,
)
from exchange.search.value.token import h64, salt

NARRATIVE = "_text"
CONTENT = "_content"
# Characters of one text that are indexed.
LONGEST = 500_000
_IDEOGRAPHS = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
# A longer run is rare, and must not fill the cache.
_LONGEST_CACHED = 32
# A run of ideographs, or of other letters and digits.
_RUNS = re.compile(rf"([{IDEOGRAPH}]+)|([^\W_{IDEOGRAPH}]+)")


class Phrase(NamedTuple):
    """A row of text_index."""

    token: int
    path: int
    value: str
    words: tuple[int, ...]


def texts_path(key: str) -> str:
    """The path of the texts beside the codes or references at an element."""
    return f"{key}:text"


def text_phrase(path: str, text: str, *, sought_by_prefix: bool = True) -> Phrase:
    """A text under its path (`texts_path(key)`, NARRATIVE, CONTENT); a very long one by its beginning."""
    whole = folded(text[:LONGEST])
    known = whole[:INDEXED_CHARACTERS] if len(text) <= INDEXED_CHARACTERS else normalised(text)
    value = known if sought_by_prefix else ""
    return Phrase(h64(f"\x03{whole}") ^ salt(path), salt(path), value, _words(whole))


def uri_phrase(key: str, uri: str) -> Phrase:
    """A uri, under the token of an exact search; a very long one cannot be found by its beginning's end."""
    return Phrase(h64(uri) ^ salt(key), salt(key), uri[:500], ())


def words(text: str) -> tuple[int, ...]:
    """The hashes of a text's words; of Chinese, those of each character and each pair of neighbours."""
    return _words(folded(text))


def _words(whole: str) -> tuple[int, ...]:
    found: set[int] = set()
    for chinese, other in _RUNS.findall(whole):
        if not chinese:
            found.add(word(other))
        else:
            found.update(_cached_run(chinese) if len(chinese) <= _LONGEST_CACHED else _run(chinese))
    return tuple(sorted(found))


def _run(chinese: str) -> tuple[int, ...]:
    return tuple(map(word, (*chinese, *pairs(chinese))))


# Streets, districts and what is said of somebody's condition repeat.
_cached_run = lru_cache(maxsize=1 << 13)(_run)


def sought_words(text: str) -> tuple[int, ...]:
    """The hashes that the words of a text must all have been, to hold this one; none if it has no word."""
    found: set[str] = set()
    for chinese, other in _RUNS.findall(folded(text)):
        found.update(sought_grams(chinese) if chinese else (other,))
    return tuple(sorted(map(word, found)))


@lru_cache(maxsize=1 << 16)
def word(value: str) -> int:
    """The signed 32-bit hash of one word."""
    return (h64(value) & 0xFFFFFFFF) - 0x80000000
