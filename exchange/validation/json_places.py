"""Where the elements of a resource stand in its JSON text; in time proportional to the text.

The text is known to be sound. https://hl7.org/fhir/R4/json.html
"""

import re
from bisect import bisect_right
from typing import Final

from exchange.validation.place import Place, Spot

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


class Lines:
    """Line and column of an offset."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, offset: int) -> Place:
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)


def json_places(text: str) -> Spot:
    """The resource's own spot. A member's place is where its name begins, that of an item where it does."""
    return _Scanner(text).value()


class _Scanner:
    """Goes through the tokens once; `_next` is the one that is looked at."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.finditer(text)
        self._lines = Lines(text)
        self._next = next(self._tokens, None)

    def value(self, place: Place | None = None, beside: Spot | None = None) -> Spot:
        """What the next token begins; a list gives a spot whose items are under the empty name."""
        token = self._taken()
        if token is None:
            return beside or Spot(place or Place(1, 1))
        spot = beside or Spot(place or self._lines.place(token.start()))
        if token[0] == "{":
            self._members(spot)
        elif token[0] == "[":
            self._items(spot)
        return spot

    def _members(self, spot: Spot) -> None:
        while self._next is not None and self._next[0] != "}":
            name = self._next
            self._taken()
            self._taken()  # the colon
            self._member(spot, name[0][1:-1], self._lines.place(name.start()))
            self._pass_comma()
        self._taken()

    def _member(self, spot: Spot, name: str, place: Place) -> None:
        """Elements; of a primitive its sibling too, be it before or after it."""
        plain = name.removeprefix("_")
        there = spot.inside.get(plain)
        listed = self._next is not None and self._next[0] == "["
        if not listed:
            spot.inside[plain] = [self.value(place, there[0] if there else None)]
            return
        items = self.value(place).inside.get("", [])
        if there is None:
            spot.inside[plain] = items
            return
        for old, new in zip(there, items, strict=False):
            old.inside.update(new.inside)
        there += items[len(there) :]

    def _items(self, spot: Spot) -> None:
        items = spot.inside.setdefault("", [])
        while self._next is not None and self._next[0] != "]":
            items.append(self.value())
            self._pass_comma()
        self._taken()

    def _pass_comma(self) -> None:
        if self._next is not None and self._next[0] == ",":
            self._taken()

    def _taken(self) -> re.Match[str] | None:
        token, self._next = self._next, next(self._tokens, None)
        return token
