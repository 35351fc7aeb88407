"""Where elements of a resource stand in its JSON text: what is not asked for is passed over by the C scanner.

The text is known to be sound. https://hl7.org/fhir/R4/json.html
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from json.decoder import JSONDecoder, scanstring  # type: ignore[attr-defined]
from typing import Final

from exchange.validation.place import Place, Spot, Wanted, wanted

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_PASS: Final = JSONDecoder(strict=False, parse_float=str, parse_int=str).scan_once  # type: ignore[attr-defined]


class Lines:
    """Line and column of an offset."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, offset: int) -> Place:
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)


def json_places(text: str, expressions: Iterable[str]) -> Spot:
    """The resource's own spot, with those that the expressions lead to. A member's place is where its name
    begins, that of an item where it does."""
    scanner = _Scanner(text)
    start = scanner.after_space(0)
    spot = Spot(scanner.lines.place(start))
    scanner.value(start, spot, wanted(expressions))
    return spot


class _Scanner:
    """Each function is given where something begins, and tells where it ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.lines = Lines(text)

    def after_space(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def value(self, at: int, spot: Spot, inside: Wanted) -> int:
        """What is asked for in an object is put into its spot."""
        if not inside or self._text[at] != "{":
            return self._passed(at)
        at = self.after_space(at + 1)
        while self._text[at] != "}":
            place = self.lines.place(at)
            name, at = scanstring(self._text, at + 1, False)
            at = self.after_space(self.after_space(at) + 1)
            plain = name.removeprefix("_")
            asked = inside.get(plain)
            at = self._passed(at) if asked is None else self._member(at, spot, plain, place, asked)
            at = self._after_comma(at)
        return at + 1

    def _passed(self, at: int) -> int:
        return int(_PASS(self._text, at)[1])

    def _after_comma(self, at: int) -> int:
        at = self.after_space(at)
        return self.after_space(at + 1) if self._text[at] == "," else at

    def _member(self, at: int, spot: Spot, name: str, place: Place, asked: dict[int, Wanted]) -> int:
        """Of a primitive its sibling too, be it before or after it: both are one element."""
        there = spot.inside.setdefault(name, {})
        if self._text[at] != "[":
            return self.value(at, there.setdefault(0, Spot(place)), asked.get(0, {}))
        at, index = self.after_space(at + 1), 0
        while self._text[at] != "]":
            inner = asked.get(index)
            if inner is None:
                at = self._passed(at)
            else:
                at = self.value(at, there.setdefault(index, Spot(self.lines.place(at))), inner)
            at, index = self._after_comma(at), index + 1
        return at + 1
