"""The text of `_filter` as a tree.

    filter    = term *(("and" / "or") term)     left to right: neither binds closer than the other
    term      = ["not"] "(" filter ")" / "not" test / test
    test      = path operator value
    path      = name *(["[" filter "]"] "." name)
    value     = a JSON string, or anything but white space, ")" and "]"

https://hl7.org/fhir/R4/search_filter.html
"""

import json
import re
from dataclasses import dataclass
from typing import Final, NoReturn, Union

from exchange.search.query.query import SearchError
from exchange.search.query.values import refused

MAX_LENGTH: Final = 8_000
MAX_DEPTH: Final = 20
MAX_TESTS: Final = 100

_LISTED: Final = "eq ne co sw ew gt lt ge le ap sa eb pr po ss sb in ni re"
OPERATORS: Final = frozenset(_LISTED.split())

_SPACE: Final = re.compile(r"\s*")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORD: Final = re.compile(r"[^\s()\[\]]+")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """A parameter on the way, and what the resource it leads to must fulfil besides."""

    name: str
    filter: Union["Filter", None] = None


@dataclass(frozen=True, slots=True)
class Predicate:
    """`path operator value`; `at` is where it begins in the text."""

    path: tuple[Step, ...]
    operator: str
    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Both:
    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Either:
    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Negated:
    filter: "Filter"


Filter = Union[Predicate, Both, Either, Negated]  # noqa: UP007


def wrong(at: int, diagnostics: str, code: str = "invalid") -> SearchError:
    """The error about a place of the text, counted from one."""
    return refused("_filter", f"_filter, character {at + 1}: {diagnostics}", code)


def filter_of(text: str) -> Filter:
    """The tree. Raises SearchError that says where the text is no filter."""
    if len(text) > MAX_LENGTH:
        raise refused("_filter", f"A filter may have {MAX_LENGTH} characters.", "too-costly")
    parser = _Parser(text)
    found = parser.filter(0)
    parser.space()
    if parser.at < len(text):
        parser.fail("Here `and`, `or` or the end was expected.")
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tests = 0

    def fail(self, diagnostics: str) -> NoReturn:
        raise wrong(self.at, diagnostics)

    def filter(self, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise wrong(self.at, f"A filter may be nested {MAX_DEPTH} levels deep.", "too-costly")
        found = self.term(depth)
        while operator := self.word_of("and", "or"):
            following = self.term(depth)
            kind = Both if operator == "and" else Either
            found = kind((*found.filters, following) if isinstance(found, kind) else (found, following))
        return found

    def term(self, depth: int) -> Filter:
        if self.word_of("not"):
            if depth >= MAX_DEPTH:
                raise wrong(self.at, f"A filter may be nested {MAX_DEPTH} levels deep.", "too-costly")
            return Negated(self.term(depth + 1))
        if self.take("("):
            found = self.filter(depth + 1)
            if not self.take(")"):
                self.fail("A parenthesis is not closed.")
            return found
        return self.test(depth)

    def test(self, depth: int) -> Predicate:
        self.space()
        began = self.at
        self.tests += 1
        if self.tests > MAX_TESTS:
            raise wrong(began, f"A filter may have {MAX_TESTS} comparisons.", "too-costly")
        path = self.path(depth)
        self.space()
        operator = self.match(_WORD)
        if operator not in OPERATORS:
            self.at -= len(operator)
            self.fail(f"An operator was expected, one of {' '.join(sorted(OPERATORS))}.")
        return Predicate(path, operator, self.value(), began)

    def path(self, depth: int) -> tuple[Step, ...]:
        steps: list[Step] = []
        while True:
            name = self.match(_NAME)
            if not name:
                self.fail("The name of a search parameter was expected.")
            inner = None
            if self.text.startswith("[", self.at):
                self.at += 1
                inner = self.filter(depth + 1)
                if not self.take("]"):
                    self.fail("A bracket is not closed.")
                if not self.text.startswith(".", self.at):
                    self.fail("After a bracket the path goes on with a dot.")
            steps.append(Step(name, inner))
            if not self.text.startswith(".", self.at):
                return tuple(steps)
            self.at += 1

    def value(self) -> str:
        self.space()
        if not self.text.startswith('"', self.at):
            return self.match(_WORD) or self.fail("A value was expected.")
        began = self.at
        quoted = self.match(_STRING)
        try:
            value = json.loads(quoted)
        except ValueError:
            self.at = began
            self.fail("This string is not closed, or is not written as JSON writes strings.")
        if not value:
            self.at = began
            self.fail("The value is empty.")
        if any("\ud800" <= c <= "\udfff" or c == "\x00" for c in value):
            self.at = began
            self.fail("The value holds a character that no text may hold.")
        return str(value)

    def space(self) -> None:
        self.match(_SPACE)

    def match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def take(self, character: str) -> bool:
        self.space()
        if not self.text.startswith(character, self.at):
            return False
        self.at += 1
        return True

    def word_of(self, *words: str) -> str:
        """One of the words, if it stands here as a word of its own."""
        self.space()
        began = self.at
        word = self.match(_NAME)
        if word in words and (self.at == len(self.text) or self.text[self.at] in " \t\r\n("):
            return word
        self.at = began
        return ""
