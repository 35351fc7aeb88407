"""Conditions of rows: `PV1-45 not valued`, `OBX-2 in ('NM', 'SN') and not event = 'A11'`.

    condition  = term { "or" term }
    term       = factor { "and" factor }
    factor     = "not" factor | "(" condition ")" | test
    test       = path ( [ "not" ] ( "valued" | "repeats" | "in" texts ) | ( "=" | "!=" ) text )
    texts      = "(" text { "," text } ")"

A path is one of the source's (its first value counts), or a word the source format defines (`event`).
"""

import re
from collections.abc import Callable
from typing import Any

from adapters.mapping.draft import Scope
from adapters.mapping.model import Text

Condition = Callable[[Any, Scope], bool]
_TOKEN = re.compile(r"\s*(?:'([^']*)'|([()=,]|!=)|([A-Za-z.^{@](?:[A-Za-z0-9_.\-/@^{}*|]|\[[^\]]*\])*))")
_WORDS = frozenset(("and", "or", "not", "in", "valued", "repeats"))


def compile_condition(
    text: str, path: Callable[[str], Text], repeats: Callable[[str], Condition]
) -> Condition:
    """`path` compiles a path to its text, `repeats` to whether it has several values. Raises ValueError with
    a reason."""
    parser = _Parser(_tokens(text), path, repeats)
    condition = parser.condition()
    if parser.tokens:
        raise ValueError(f"condition {text!r}: {parser.tokens[0][1]!r} is too much")
    return condition


def paths_of(text: str) -> frozenset[str]:
    """The paths and words that a condition looks at."""
    return frozenset(word for kind, word in _tokens(text) if kind == "path")


def texts_of(text: str) -> list[tuple[str, frozenset[str]]]:
    """Each path as often as it stands there, with the texts that it is compared with."""
    found: list[tuple[str, set[str]]] = []
    for kind, word in _tokens(text):
        if kind == "path":
            found.append((word, set()))
        elif kind == "text" and found:
            found[-1][1].add(word)
    return [(path, frozenset(texts)) for path, texts in found]


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if not found:
            raise ValueError(f"condition {text!r}: cannot read {text[position:]!r}")
        literal, sign, word = found.groups()
        if literal is not None:
            tokens.append(("text", literal))
        elif sign:
            tokens.append(("sign", sign))
        else:
            tokens.append(("word" if word in _WORDS else "path", word))
        position = found.end()
    return tokens


class _Parser:
    def __init__(
        self, tokens: list[tuple[str, str]], path: Callable[[str], Text], repeats: Callable[[str], Condition]
    ) -> None:
        self.tokens = tokens
        self.path = path
        self.repeats = repeats

    def condition(self) -> Condition:
        terms = [self.term()]
        while self.took("or"):
            terms.append(self.term())
        return terms[0] if len(terms) == 1 else _any(terms)

    def term(self) -> Condition:
        factors = [self.factor()]
        while self.took("and"):
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else _all(factors)

    def factor(self) -> Condition:
        if self.took("not"):
            return _not(self.factor())
        if self.took("("):
            inner = self.condition()
            self.expect(")")
            return inner
        return self.test()

    def test(self) -> Condition:
        path = self.take("path")
        text = self.path(path)
        negative = self.took("not")
        condition: Condition | None = None
        if self.took("valued"):
            condition = lambda node, scope: bool(text(node, scope))  # noqa: E731
        elif self.took("repeats"):
            condition = self.repeats(path)
        elif self.took("in"):
            condition = _among(text, self.texts())
        elif negative:
            raise ValueError("condition: after `not` comes `valued`, `repeats` or `in`")
        if condition is not None:
            return _not(condition) if negative else condition
        negative = self.took("!=")
        if not negative:
            self.expect("=")
        among = _among(text, [self.take("text")])
        return _not(among) if negative else among

    def texts(self) -> list[str]:
        self.expect("(")
        texts = [self.take("text")]
        while self.took(","):
            texts.append(self.take("text"))
        self.expect(")")
        return texts

    def took(self, word: str) -> bool:
        if self.tokens and self.tokens[0][0] in ("word", "sign") and self.tokens[0][1] == word:
            self.tokens.pop(0)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.took(word):
            raise ValueError(f"condition: {word!r} is missing")

    def take(self, kind: str) -> str:
        if not self.tokens or self.tokens[0][0] != kind:
            raise ValueError(f"condition: a {kind} is missing")
        return self.tokens.pop(0)[1]


def _any(terms: list[Condition]) -> Condition:
    first, *rest = terms
    other = rest[0] if len(rest) == 1 else _any(rest)
    return lambda node, scope: first(node, scope) or other(node, scope)


def _all(factors: list[Condition]) -> Condition:
    first, *rest = factors
    other = rest[0] if len(rest) == 1 else _all(rest)
    return lambda node, scope: first(node, scope) and other(node, scope)


def _not(condition: Condition) -> Condition:
    return lambda node, scope: not condition(node, scope)


def _among(text: Text, texts: list[str]) -> Condition:
    wanted = frozenset(texts)
    return lambda node, scope: text(node, scope) in wanted
