"""Tokens to a syntax tree, by operator precedence (Pratt). http://hl7.org/fhirpath/N1/grammar.html"""

from decimal import Decimal
from functools import lru_cache
from typing import Final, cast
from typing import Literal as OneOf

from profiles.fhirpath import temporal
from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.lexer import Token, tokens
from profiles.fhirpath.quantity import CALENDAR, Quantity
from profiles.fhirpath.syntax import (
    Binary,
    Call,
    Chain,
    Constant,
    Empty,
    Item,
    Literal,
    Name,
    Path,
    Special,
    Tree,
    TypeName,
    TypeTest,
    Unary,
)

# The depth of a tree is the depth of Python's stack when it is evaluated.
MAX_DEPTH: Final = 100
MAX_INTEGER: Final = 2**32 - 1
_UNARY = 11
_POWERS: Final = {
    **dict.fromkeys(("implies",), 1),
    **dict.fromkeys(("or", "xor"), 2),
    **dict.fromkeys(("and",), 3),
    **dict.fromkeys(("in", "contains"), 4),
    **dict.fromkeys(("=", "~", "!=", "!~"), 5),
    **dict.fromkeys(("<", ">", "<=", ">="), 6),
    **dict.fromkeys(("|",), 7),
    **dict.fromkeys(("is", "as"), 8),
    **dict.fromkeys(("+", "-", "&"), 9),
    **dict.fromkeys(("*", "/", "div", "mod"), 10),
    **dict.fromkeys((".", "["), 12),
}
_ASSOCIATIVE: Final = frozenset(("and", "or", "|"))
_NAMES: Final = frozenset(("name", "delimited"))
# Words that cannot stand for an element unless they are delimited or follow a point.
_RESERVED: Final = frozenset(("and", "or", "xor", "implies", "div", "mod"))


@lru_cache(256)
def parse(text: str) -> Tree:
    """Raises FhirPathError of kind `syntax`."""
    parser = _Parser(tokens(text))
    tree = parser.expression(0)
    if parser.token.kind != "end":
        parser.refuse()
    return tree


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._nesting = 0
        self._heights: dict[int, tuple[int, Tree]] = {}

    @property
    def token(self) -> Token:
        return self._tokens[self._next]

    def refuse(self) -> FhirPathError:
        token = self.token
        what = (
            "The expression ends too early" if token.kind == "end" else f"{token.text!r} is not expected here"
        )
        raise FhirPathError("syntax", what, token.position)

    def expression(self, minimum: int) -> Tree:
        """What binds more strongly than `minimum`."""
        self._nesting += 1
        if self._nesting > MAX_DEPTH:
            raise FhirPathError("syntax", "The expression is nested too deep", self.token.position)
        left = self._prefix()
        while (power := self._power()) > minimum:
            left = self._infix(left, self._take(), power)
        self._nesting -= 1
        return left

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _expect(self, symbol: str) -> None:
        if self.token.kind != "symbol" or self.token.text != symbol:
            self.refuse()
        self._next += 1

    def _at(self, symbol: str) -> bool:
        return self.token.kind == "symbol" and self.token.text == symbol

    def _power(self) -> int:
        return _POWERS.get(self.token.text, 0) if self.token.kind in ("symbol", "name") else 0

    def _measured(self, tree: Tree, *below: Tree) -> Tree:
        """The tree, once it is known that it is not too high.

        A tree is kept with its height, so that no other gets its `id`.
        """
        height = 1 + max((self._heights[id(one)][0] for one in below if id(one) in self._heights), default=0)
        if height > MAX_DEPTH:
            raise FhirPathError("syntax", "The expression is nested too deep", tree.position)
        self._heights[id(tree)] = (height, tree)
        return tree

    def _prefix(self) -> Tree:
        token = self.token
        if token.kind == "symbol":
            return self._prefix_symbol(self._take())
        if token.kind in _NAMES:
            return self._named()
        self._next += 1
        match token.kind:
            case "number":
                return self._number(token)
            case "string":
                return Literal(token.text, token.position)
            case "date" | "datetime" | "time":
                return self._temporal(token)
            case "special":
                return Special(cast(OneOf["$this", "$index", "$total"], token.text), token.position)
            case "constant":
                return Constant(token.text, token.position)
        self._next -= 1
        raise self.refuse()

    def _prefix_symbol(self, token: Token) -> Tree:
        if token.text == "(":
            inner = self.expression(0)
            self._expect(")")
            return inner
        if token.text == "{":
            self._expect("}")
            return Empty(token.position)
        if token.text in ("+", "-"):
            operand = self.expression(_UNARY)
            sign = cast(OneOf["+", "-"], token.text)
            return self._measured(Unary(sign, operand, token.position), operand)
        self._next -= 1
        raise self.refuse()

    def _named(self) -> Tree:
        """A literal, a function or an element at the beginning of a path."""
        token = self.token
        if token.kind == "name":
            if token.text in ("true", "false"):
                return Literal(self._take().text == "true", token.position)
            if token.text in _RESERVED:
                self.refuse()
        return self._step()

    def _step(self) -> Name | Call:
        token = self._take()
        if token.kind not in _NAMES:
            self._next -= 1
            self.refuse()
        if not self._at("("):
            return Name(token.text, token.position)
        call = Call(token.text, self._arguments(), token.position)
        self._measured(call, *call.arguments)
        return call

    def _arguments(self) -> tuple[Tree, ...]:
        self._expect("(")
        arguments: list[Tree] = []
        while not self._at(")"):
            if arguments:
                self._expect(",")
            arguments.append(self.expression(0))
        self._expect(")")
        return tuple(arguments)

    def _number(self, token: Token) -> Tree:
        value = Decimal(token.text) if "." in token.text else int(token.text)
        unit = self.token
        if unit.kind == "string" or (unit.kind == "name" and unit.text in CALENDAR):
            self._next += 1
            return Literal(Quantity(Decimal(value), CALENDAR.get(unit.text, unit.text)), token.position)
        if type(value) is int and value > MAX_INTEGER:
            raise FhirPathError("syntax", "The integer is too big", token.position)
        return Literal(value, token.position)

    def _temporal(self, token: Token) -> Tree:
        text = token.text[1:]
        read = {"date": temporal.date, "datetime": temporal.date_time, "time": temporal.time}[token.kind]
        value = read(text.removeprefix("T"))
        if value is None:
            raise FhirPathError("syntax", f"{token.text} is not in the calendar", token.position)
        return Literal(value, token.position)

    def _infix(self, left: Tree, token: Token, power: int) -> Tree:
        operator = token.text
        if operator == ".":
            step = self._step()
            return self._measured(Path(left, step, step.position), left, step)
        if operator == "[":
            index = self.expression(0)
            self._expect("]")
            return self._measured(Item(left, index, token.position), left, index)
        if operator in ("is", "as"):
            test = cast(OneOf["is", "as"], operator)
            return self._measured(TypeTest(test, left, self._type_name(), token.position), left)
        right = self.expression(power)
        if operator not in _ASSOCIATIVE:
            return self._measured(Binary(operator, left, right, token.position), left, right)
        operands = [left, right]
        while self.token.text == operator and self.token.kind in ("symbol", "name"):
            self._next += 1
            operands.append(self.expression(power))
        return self._measured(Chain(operator, tuple(operands), token.position), *operands)

    def _type_name(self) -> TypeName:
        position = self.token.position
        names = [self._step_name()]
        while self._at("."):
            self._next += 1
            names.append(self._step_name())
        return TypeName(".".join(names[:-1]) or None, names[-1], position)

    def _step_name(self) -> str:
        if self.token.kind not in _NAMES:
            self.refuse()
        return self._take().text
