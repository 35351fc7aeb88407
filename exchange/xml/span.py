"""Where in an XML text an element begins and ends. https://www.w3.org/TR/xml/#sec-logical-struct"""

import contextlib
import re
from typing import Final, NamedTuple
from xml.parsers import expat

_ALL_BUT_LINES: Final = re.compile(rb"[^\r\n]")
_TEXT_END: Final = re.compile(rb"<|]]>")


class Span(NamedTuple):
    """Bytes, the last not included."""

    start: int
    end: int

    def is_in(self, other: "Span") -> bool:
        return other.start <= self.start and self.end <= other.end


class _Found(Exception):
    pass


class _Search:
    """The element whose start tag is at `index`; it ends where the next thing begins."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._open: list[int] = []
        self._start = -1
        self.span: Span | None = None
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = parser.DefaultHandler = self._other

    def _begin(self, name: str, attributes: object) -> None:
        self._other()
        self._open.append(self.parser.CurrentByteIndex)

    def _close(self, name: str) -> None:
        self._other()
        start = self._open.pop()
        if self._index == start:
            self._start = start

    def _other(self, data: str = "") -> None:
        if self._start >= 0:
            self.span = Span(self._start, self.parser.CurrentByteIndex)
            raise _Found


def culprit(raw: bytes, index: int) -> Span | None:
    """The element, or the text, at an index; None for the outermost element."""
    if raw[index : index + 1] != b"<":
        match = _TEXT_END.search(raw, index)
        return Span(index, match.start()) if match and match.start() > index else None
    search = _Search(index)
    with contextlib.suppress(_Found, expat.ExpatError):
        search.parser.Parse(raw, True)
    return search.span


def blanked(raw: bytes, span: Span) -> bytes:
    """The text with spaces there; its lines stay."""
    return raw[: span.start] + _ALL_BUT_LINES.sub(b" ", raw[span.start : span.end]) + raw[span.end :]
