"""Conditions of rows: `PV1-45 not valued`, `OBX-2 in ('NM', 'SN') and not event = 'A11'`.

    condition  = term { "or" term }
    term       = factor { "and" factor }
    factor     = "not" factor | "(" condition ")" | test
    test       = path ( [ "not" ] ( "valued" | "repeats" | "in" texts ) | ( "=" | "!=" ) text )
    texts      = "(" text { "," text } ")"

A path is one of the source's (its first value counts), or a word the source format defines (`event`).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from adapters.mapping.draft import Scope
from adapters.mapping.model import Text

Holds = Callable[[Any, Scope], bool]
_TOKEN = re.compile(r"\s*(?:'([^']*)'|([()=,]|!=)|([A-Za-z.^{@](?:[A-Za-z0-9_.\-/@^{}*|]|\[[^\]]*\])*))")
_WORDS = frozenset(("and", "or", "not", "in", "valued", "repeats"))


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A test, or a `word` over its `parts`; `holds` asks it of a node. `told`: what a test says is the same
    for all nodes of a shape. `index`: the test asks whether the `fields` of the node (or of the one that is
    its `home`) have a text there, or whether that is `among` these texts, or repeats."""

    holds: Holds
    word: Literal["", "not", "and", "or"] = ""
    parts: "tuple[Condition, ...]" = ()
    told: Callable[[bytes], bool] = lambda shape: False
    home: str = ""
    index: int = 0
    repeats: bool = False
    among: frozenset[str] | None = None


def rules_out(of: Condition, fields: Sequence[str]) -> bool:
    """Whether a plain text of a node is seen at a glance not to be among those that a condition asks for."""
    while of.word == "and":
        of = of.parts[0]
    if of.among is None or of.home or not 0 < of.index < len(fields):
        return False
    text = fields[of.index]
    return text not in of.among and text.isalnum()


def settled(of: Condition, shape: bytes, node: Any, scope: Scope) -> Condition | bool:
    """What is left to ask of the nodes of a shape, in a source of this kind."""
    if not of.word:
        return of.holds(node, scope) if of.told(shape) else of
    parts = [settled(part, shape, node, scope) for part in of.parts]
    if of.word == "not":
        return not parts[0] if isinstance(parts[0], bool) else _not(parts[0])
    decides = of.word == "or"
    if decides in parts:
        return decides
    left = [part for part in parts if not isinstance(part, bool)]
    if len(left) < 2:
        return left[0] if left else not decides
    return _any(left) if decides else _all(left)


def compile_condition(
    text: str,
    path: Callable[[str], Text],
    repeats: Callable[[str], Holds],
    told: Callable[[str], Callable[[bytes], bool]] = lambda path: lambda shape: False,
    index: Callable[[str], tuple[str, int]] = lambda path: ("", 0),
) -> Condition:
    """`path` compiles a path to its text, `repeats` to whether it has several values, `told` to whether a
    shape tells, `index` to where a plain text stands. Raises ValueError with a reason."""
    parser = _Parser(_tokens(text), path, repeats, told, index)
    condition = parser.condition()
    if parser.tokens:
        raise ValueError(f"condition {text!r}: {parser.tokens[0][1]!r} is too much")
    return condition


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
        self,
        tokens: list[tuple[str, str]],
        path: Callable[[str], Text],
        repeats: Callable[[str], Holds],
        told: Callable[[str], Callable[[bytes], bool]],
        index: Callable[[str], tuple[str, int]],
    ) -> None:
        self.tokens = tokens
        self.path = path
        self.repeats = repeats
        self.told = told
        self.index = index

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
        text, told, (home, index) = self.path(path), self.told(path), self.index(path)
        negative = self.took("not")
        if self.took("valued"):
            condition = Condition(
                lambda node, scope: bool(text(node, scope)), told=told, home=home, index=index
            )
        elif self.took("repeats"):
            condition = Condition(self.repeats(path), told=told, home=home, index=index, repeats=True)
        else:
            negative, among = self.compared(negative)
            condition = Condition(
                lambda node, scope: text(node, scope) in among,
                told=told,
                home=home,
                index=index,
                among=among,
            )
        return _not(condition) if negative else condition

    def compared(self, negative: bool) -> tuple[bool, frozenset[str]]:
        """Whether it is to be none of some texts, and these."""
        if self.took("in"):
            return negative, self.texts()
        if negative:
            raise ValueError("condition: after `not` comes `valued`, `repeats` or `in`")
        negative = self.took("!=")
        if not negative:
            self.expect("=")
        return negative, frozenset((self.take("text"),))

    def texts(self) -> frozenset[str]:
        self.expect("(")
        texts = [self.take("text")]
        while self.took(","):
            texts.append(self.take("text"))
        self.expect(")")
        return frozenset(texts)

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
    other = (rest[0] if len(rest) == 1 else _any(rest)).holds
    one = first.holds
    return Condition(lambda node, scope: one(node, scope) or other(node, scope), "or", tuple(terms))


def _all(factors: list[Condition]) -> Condition:
    first, *rest = factors
    other = (rest[0] if len(rest) == 1 else _all(rest)).holds
    one = first.holds
    return Condition(lambda node, scope: one(node, scope) and other(node, scope), "and", tuple(factors))


def _not(condition: Condition) -> Condition:
    holds = condition.holds
    return Condition(lambda node, scope: not holds(node, scope), "not", (condition,))
