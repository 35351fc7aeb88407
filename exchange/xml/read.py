"""Reads FHIR XML strictly, in one pass: what is not defined, stands in a wrong place or repeats is refused.

Only the order of elements is not checked, for it says nothing. There is no DOCTYPE, hence no entity but XML's
own. https://hl7.org/fhir/R4/xml.html
"""

from typing import Any, Final

from exchange.fhirjson import MAX_DEPTH
from exchange.xml.build import Building, Misplaced
from exchange.xml.members import Homes, homes
from exchange.xml.narrative import extracted
from exchange.xml.parser import Malformed, new_parser, parse, reason
from profiles.definitions import Definitions
from terminology.issue import Issue

Resource = dict[str, Any]

MAX_TOKEN: Final = 10_000_000
MAX_NAMESPACES: Final = 64  # at one place
MAX_PREFIXES: Final = 50_000  # in one document; all of a tag's are taken before anybody can refuse them


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
    reading = Reading(raw, homes(definitions))
    try:
        require_readable(raw)
        reading.read()
        return reading.resource()
    except Malformed as error:
        code, text = "structure", f"The XML is malformed: {reason(error)}"
    except Misplaced as error:
        code, text = error.code, str(error)
    line = reading.parser.CurrentLineNumber
    raise UnreadableXml(Issue("error", code, f"{text} (line {line})", reading.expression()))


class Reading(Building):
    """A document, and what the parser tells of it."""

    def __init__(self, raw: bytes, homes: Homes) -> None:
        super().__init__(homes)
        self.raw = raw
        self.parser = new_parser()
        self.parser.XmlDeclHandler = _require_utf8
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self._scope: list[tuple[str | None, str | None]] = []
        self._first_byte = self._depth = 0
        self._expect_elements()

    def read(self) -> None:
        parse(self.parser, self.raw)

    def begin_narrative(self) -> None:
        """Nothing in it matters but where it ends."""
        parser = self.parser
        self._first_byte, self._depth = parser.CurrentByteIndex, 1
        parser.StartElementHandler, parser.EndElementHandler = self._deeper, self._shallower
        parser.CharacterDataHandler = None
        parser.StartNamespaceDeclHandler = parser.EndNamespaceDeclHandler = None

    def _expect_elements(self) -> None:
        parser = self.parser
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.text
        parser.StartNamespaceDeclHandler, parser.EndNamespaceDeclHandler = self._declare, self._undeclare

    def _deeper(self, tag: str, attributes: object) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _forbidden(f"The narrative is nested more than {MAX_DEPTH} levels deep")

    def _shallower(self, tag: str) -> None:
        self._depth -= 1
        if not self._depth:
            try:
                div = extracted(self.raw, self._first_byte, self.parser.CurrentByteIndex, self._scope)
            except ValueError as error:
                raise _forbidden(str(error)) from None
            self.end_narrative(div)
            self._expect_elements()

    def _declare(self, prefix: str | None, space: str | None) -> None:
        self._scope.append((prefix, space))
        if len(self._scope) > MAX_NAMESPACES:
            raise _forbidden(f"More than {MAX_NAMESPACES} namespaces are declared")

    def _undeclare(self, prefix: str | None) -> None:
        self._scope.pop()


def _forbidden(diagnostics: str) -> Misplaced:
    return Misplaced("structure", diagnostics)


def require_readable(raw: bytes) -> None:
    if b"\0" in raw[:4] or raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _forbidden("FHIR XML is sent in UTF-8")
    if raw.count(b"xmlns:") > MAX_PREFIXES:
        raise _forbidden(f"More than {MAX_PREFIXES} prefixes are declared")
    if len(raw) > MAX_TOKEN:
        _require_short_tokens(raw)


def _require_short_tokens(raw: bytes) -> None:
    """An older expat begins an unfinished token anew with each MB, which takes quadratic time."""
    tag = 0
    while len(raw) - tag > MAX_TOKEN:
        tag = raw.rfind(b"<", tag, tag + MAX_TOKEN) + 1
        if not tag:
            raise _forbidden(f"A value has more than {MAX_TOKEN} bytes")
    for opening, closing in ((b"<!--", b"-->"), (b"<?", b"?>")):
        start = raw.find(opening)
        while start >= 0:
            end = raw.find(closing, start + len(opening), start + MAX_TOKEN)
            if end < 0:
                raise _forbidden(f"A comment or instruction has more than {MAX_TOKEN} bytes, or no end")
            start = raw.find(opening, end)


def _require_utf8(version: str, encoding: str | None, standalone: int) -> None:
    if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii", "ascii"):
        raise _forbidden("FHIR XML is sent in UTF-8")


def _refuse_doctype(*declaration: object) -> None:
    raise _forbidden("A DOCTYPE is not allowed")
