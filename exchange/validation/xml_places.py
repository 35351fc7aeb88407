"""Where the elements of a resource stand in its XML text; in time proportional to the text.

The text is known to be sound. https://hl7.org/fhir/R4/xml.html
"""

import contextlib
from xml.parsers import expat

from exchange.validation.place import Place, Spot


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.root: Spot | None = None
        self._open: list[Spot] = []

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        """A resource in an element is that element itself, as it is in JSON."""
        name = tag.rpartition(":")[2]
        if self._open and name[:1].isupper():
            self._open.append(self._open[-1])
            return
        place = Place(self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)
        spot = Spot(place)
        for attribute in ("id", "url"):
            if attribute in attributes:
                spot.inside[attribute] = {0: Spot(place)}
        if self._open:
            there = self._open[-1].inside.setdefault(name, {})
            there[len(there)] = spot
        else:
            self.root = spot
        self._open.append(spot)

    def _end(self, tag: str) -> None:
        self._open.pop()


def xml_places(raw: bytes) -> Spot:
    """The resource's own spot. An element's place is where its tag begins."""
    reader = _Reader()
    with contextlib.suppress(expat.ExpatError):
        reader.parser.Parse(raw, True)
    return reader.root or Spot(Place(1, 1))
