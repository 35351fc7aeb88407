"""`_text` and `_content`: words joined by AND, OR and NOT, parentheses, and "words of one text".

    (bone OR liver) and metastases        两 病 NOT "肝 转移"

Words side by side must all be there, in one text or in several; those between quotation marks in one. A comma
separates alternatives, as in every parameter.

https://hl7.org/fhir/R4/search.html#content
"""

import re
from typing import Final

from exchange.search.index.phrase import NARRATIVE, sought_words
from exchange.search.query.conditions import Words
from exchange.search.query.criterion import AllOf, AnyOf, Criterion, Not
from exchange.search.query.values import alternatives, refused, unescaped
from exchange.search.value.token import salt

PATHS: Final = {"_text": (salt(NARRATIVE),), "_content": ()}
"""Where each of them looks; nowhere in particular means in every text."""

MAX_WORDS: Final = 50
MAX_DEPTH: Final = 10

_PIECES: Final = re.compile(r'\s*(?:([()])|"([^"]*)"|([^\s()"]+))')


def words(name: str, value: str) -> Criterion:
    """The criterion. Raises SearchError for what is no such expression, or asks for no word."""
    found = [_Parser(name, unescaped(each)).whole() for each in alternatives(name, value)]
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


class _Parser:
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.pieces = [match.groups() for match in _PIECES.finditer(text)]
        self.at = 0
        if len(self.pieces) > MAX_WORDS:
            raise refused(name, f"{name} takes {MAX_WORDS} words.", "too-costly")
        if text.count('"') % 2:
            raise refused(name, f"{name} has a quotation mark without its other half.")

    def whole(self) -> Criterion:
        found = self.either(0)
        if self.at < len(self.pieces):
            raise refused(self.name, f"{self.name} has a parenthesis that was not opened.")
        return found

    def either(self, depth: int) -> Criterion:
        if depth > MAX_DEPTH:
            raise refused(self.name, f"{self.name} may be nested {MAX_DEPTH} deep.", "too-costly")
        found = [self.both(depth)]
        while self.take("or"):
            found.append(self.both(depth))
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def both(self, depth: int) -> Criterion:
        found = [self.one(depth)]
        while self.at < len(self.pieces) and self.pieces[self.at][0] != ")" and not self.sees("or"):
            self.take("and")
            found.append(self.one(depth))
        return found[0] if len(found) == 1 else AllOf(tuple(found))

    def one(self, depth: int) -> Criterion:
        if depth > MAX_DEPTH:
            raise refused(self.name, f"{self.name} may be nested {MAX_DEPTH} deep.", "too-costly")
        if self.take("not"):
            return Not(self.one(depth + 1))
        if self.at == len(self.pieces) or self.sees("and") or self.sees("or"):
            raise refused(self.name, f"{self.name} needs a word here.")
        bracket, quoted, word = self.pieces[self.at]
        self.at += 1
        if bracket == "(":
            found = self.either(depth + 1)
            if self.at == len(self.pieces):
                raise refused(self.name, f"{self.name} has a parenthesis that is not closed.")
            self.at += 1
            return found
        hashes = sought_words(quoted or word or "")
        if not hashes:
            raise refused(self.name, f"{self.name} needs words, not marks alone.")
        return Words(PATHS[self.name], hashes)

    def sees(self, operator: str) -> bool:
        return self.at < len(self.pieces) and (self.pieces[self.at][2] or "").lower() == operator

    def take(self, operator: str) -> bool:
        seen = self.sees(operator)
        self.at += seen
        return seen
