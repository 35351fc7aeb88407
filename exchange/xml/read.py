"""Reads FHIR XML strictly, in one pass: what is not defined, stands in a wrong place or repeats is refused.

Only the order of elements is not checked, for it says nothing. There is no DOCTYPE, hence no entity but XML's
own. https://hl7.org/fhir/R4/xml.html

The parser is expat: lxml keeps every name that it has ever seen in a dictionary of the thread, and whoever
sends ever new names would take the memory for good.
"""

from typing import Any, Final
from xml.parsers import expat

from exchange.fhirjson import MAX_DEPTH
from exchange.xml.build import Building, Misplaced
from exchange.xml.members import Homes, homes
from exchange.xml.narrative import extracted, reason
from profiles.definitions import Definitions
from terminology.issue import Issue

Resource = dict[str, Any]

MAX_TOKEN: Final = 10_000_000
MAX_NAMESPACES: Final = 64


class UnreadableXml(ValueError):
    """The bytes are not FHIR XML."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.diagnostics)
        self.issue = issue


def loads(raw: bytes, definitions: Definitions) -> Resource:
    """The resource that `raw` holds, as `fhirjson.loads` would give it.

    What only a check of the structure can judge (lexical forms of text, cardinality) is left to it.
    Raises UnreadableXml; its issue has the line in `diagnostics`.
    """
    reading = _Reading(raw, homes(definitions))
    try:
        _require_readable(raw)
        reading.parser.Parse(raw, True)
        return reading.building.resource()
    except expat.ExpatError as error:
        text, code, expression = f"The XML is malformed: {reason(error)}", "structure", ""
    except Misplaced as error:
        text, code, expression = error.diagnostics, error.code, error.expression
    except _Forbidden as error:
        text, code, expression = str(error), "structure", ""
    finally:
        line = reading.parser.CurrentLineNumber
        reading.forget()
    expression = expression or reading.building.expression()
    raise UnreadableXml(Issue("error", code, f"{text} (line {line})", expression))


class _Forbidden(Exception):
    """What XML allows and FHIR, or we, do not."""


class _Reading:
    """The parser, and what it tells."""

    def __init__(self, raw: bytes, homes: Homes) -> None:
        self.raw = raw
        self.building = Building(homes, self._begin_narrative)
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.XmlDeclHandler = _require_utf8
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self._scope: list[tuple[str | None, str | None]] = []
        self._first_byte = self._depth = 0
        self._expect_elements()

    def forget(self) -> None:
        """Breaks the circle of parser and handlers, which would keep the document in memory."""
        self._expect_narrative()
        self.parser.StartElementHandler = self.parser.EndElementHandler = None

    def _expect_elements(self) -> None:
        parser, building = self.parser, self.building
        parser.StartElementHandler, parser.EndElementHandler = building.start, building.end
        parser.CharacterDataHandler = building.text
        parser.StartNamespaceDeclHandler, parser.EndNamespaceDeclHandler = self._declare, self._undeclare

    def _expect_narrative(self) -> None:
        """Nothing in it matters but where it ends."""
        parser = self.parser
        parser.StartElementHandler, parser.EndElementHandler = self._deeper, self._shallower
        parser.CharacterDataHandler = None
        parser.StartNamespaceDeclHandler = parser.EndNamespaceDeclHandler = None

    def _begin_narrative(self) -> None:
        self._first_byte, self._depth = self.parser.CurrentByteIndex, 1
        self._expect_narrative()

    def _deeper(self, tag: str, attributes: object) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Forbidden(f"The narrative is nested more than {MAX_DEPTH} levels deep")

    def _shallower(self, tag: str) -> None:
        self._depth -= 1
        if not self._depth:
            try:
                div = extracted(self.raw, self._first_byte, self.parser.CurrentByteIndex, self._scope)
            except ValueError as error:
                raise _Forbidden(str(error)) from None
            self.building.end_narrative(div)
            self._expect_elements()

    def _declare(self, prefix: str | None, space: str | None) -> None:
        self._scope.append((prefix, space))
        if len(self._scope) > MAX_NAMESPACES:
            raise _Forbidden(f"More than {MAX_NAMESPACES} namespaces are declared")

    def _undeclare(self, prefix: str | None) -> None:
        self._scope.pop()


def _require_readable(raw: bytes) -> None:
    """UTF-8, in tokens so short that an older expat takes no quadratic time for them: it begins an unfinished
    token anew with each MB."""
    if b"\0" in raw[:4] or raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _Forbidden("FHIR XML is sent in UTF-8")
    if len(raw) > MAX_TOKEN and (b"<!--" in raw or raw.count(b"<?") > 1):
        raise _Forbidden(f"XML of more than {MAX_TOKEN} bytes must not have comments or instructions")
    tag = 0
    while len(raw) - tag > MAX_TOKEN:
        tag = raw.rfind(b"<", tag, tag + MAX_TOKEN) + 1
        if not tag:
            raise _Forbidden(f"A value has more than {MAX_TOKEN} bytes")


def _require_utf8(version: str, encoding: str | None, standalone: int) -> None:
    if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii", "ascii"):
        raise _Forbidden("FHIR XML is sent in UTF-8")


def _refuse_doctype(*declaration: object) -> None:
    raise _Forbidden("A DOCTYPE is not allowed")
