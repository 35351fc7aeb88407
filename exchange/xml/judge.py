"""Reads FHIR XML to the end, whatever stands in it: what is refused is told and passed over.

For those who want to know everything that is wrong; what is stored is read by `read.loads`, which stops at
the first. https://hl7.org/fhir/R4/xml.html
"""

from collections.abc import Sequence
from typing import Any, Final, NoReturn

from exchange.xml.build import Misplaced
from exchange.xml.members import Homes, Members, homes
from exchange.xml.parser import Malformed, reason
from exchange.xml.read import Reading, require_readable
from exchange.xml.span import Span, blanked, culprit
from profiles.definitions import Definitions
from terminology.issue import Issue

Resource = dict[str, Any]
MOST: Final = 50  # faults, each of which costs another reading
MOST_BYTES: Final = 4_000_000  # of a text that is read again
_EMPTY: Final = "An element must not be empty"
_REPEATED: Final = "This element must not be repeated"


def read_on(raw: bytes, definitions: Definitions) -> tuple[Resource | None, list[Issue]]:
    """The resource, without what does not belong in it, and what is wrong; None if there is none."""
    told: list[Issue] = []
    gone: list[Span] = []
    text = raw
    while True:
        reading = _Judging(text, homes(definitions))
        try:
            require_readable(text)
            reading.read()
            return reading.resource(), told + reading.told
        except Malformed as error:
            diagnostics = f"The XML is malformed: {reason(error)}"
            return None, [*told, _issue("structure", diagnostics, reading)]
        except Misplaced as error:
            span = culprit(text, reading.refused) if reading.refused is not None else None
            if not (str(error) == _EMPTY and span and any(one.is_in(span) for one in gone)):
                told.append(_issue(error.code, str(error), reading))
            if span is None or span in gone or len(gone) >= MOST or len(raw) > MOST_BYTES:
                return None, told
            gone.append(span)
            text = blanked(text, span)


def _issue(code: str, diagnostics: str, reading: "_Judging") -> Issue:
    """What stands too often is told of what it stands in."""
    line, at = reading.parser.CurrentLineNumber, reading.expression()
    at = at.rpartition(".")[0] if diagnostics == _REPEATED else at
    return Issue("error", code, f"{diagnostics} (line {line})", at)


class _Judging(Reading):
    """Notes elements that stand out of order as well, and instructions."""

    def __init__(self, raw: bytes, homes: Homes) -> None:
        super().__init__(raw, homes)
        self.told: list[Issue] = []
        self.refused: int | None = None  # the byte at which something was
        self._reached: list[int] = [0]
        self._starts: list[int] = []
        self._ended: int | None = None  # where the element began that is ending
        self.parser.ProcessingInstructionHandler = self._instruction

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        rank = _ranks(self.here).get(tag, 0)
        self._ended = None
        super().start(tag, attributes)
        self._starts.append(self.parser.CurrentByteIndex)
        if rank < self._reached[-1] and len(self.told) < MOST:
            name = tag.rpartition(" ")[2]
            text = f"The element {name!r} stands out of order (line {self.parser.CurrentLineNumber})"
            self.told.append(Issue("error", "invalid", text, self.expression(), "xml-order"))
        self._reached[-1] = max(rank, self._reached[-1])
        self._reached.append(0)

    def end(self, tag: str) -> None:
        self._reached.pop()
        self._ended = self._starts.pop()
        super().end(tag)
        self._ended = None

    def end_narrative(self, text: str) -> None:
        self._reached.pop()
        self._ended = self._starts.pop()
        super().end_narrative(text)
        self._ended = None

    def _refuse(self, code: str, diagnostics: str) -> NoReturn:
        """expat is further on when the exception comes out of it, and at an empty element's end."""
        self.refused = self.parser.CurrentByteIndex if self._ended is None else self._ended
        super()._refuse(code, diagnostics)

    def _instruction(self, target: str, data: str) -> None:
        text = f"There are no processing instructions in resources (line {self.parser.CurrentLineNumber})"
        self.told.append(Issue("error", "invalid", text, "", "xml-instruction"))


_KNOWN: dict[int, tuple[Members, dict[str, int]]] = {}


def _ranks(members: Members) -> dict[str, int]:
    """The places of the elements in their order; those of one choice share a place."""
    known = _KNOWN.get(id(members))
    if known is None:
        names: Sequence[str] = list(members)
        known = _KNOWN[id(members)] = (members, {name: number for number, name in enumerate(names)})
    return known[1]
