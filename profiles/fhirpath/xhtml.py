"""The part of XHTML that narratives may have. https://hl7.org/fhir/R4/narrative.html#xhtml"""

from typing import Final
from xml.parsers import expat

XHTML: Final = "http://www.w3.org/1999/xhtml"
ELEMENTS: Final = frozenset(
    ["a", "abbr", "acronym", "b", "big", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "ins", "del", "kbd", "bdo"]
)
ATTRIBUTES: Final = frozenset(
    ["title", "style", "class", "id", "lang", "xml:lang", "dir", "accesskey", "tabindex", "name", "href", "rel", "rev", "type", "span", "align", "valign", "char", "charoff", "cellpadding", "cellspacing", "border", "width", "height", "rowspan", "colspan", "scope", "headers", "abbr", "axis", "summary", "frame", "rules", "src", "alt", "longdesc", "usemap", "ismap", "cite", "datetime", "start", "value", "compact", "charset", "hreflang", "shape", "coords", "bgcolor", "nowrap", "clear", "size", "noshade", "hspace", "vspace", "xml:space", "xmlns"]
)


class _Refused(Exception):
    pass


class _Reader:
    """Refuses what is not allowed; knows at the end whether there was any content."""

    def __init__(self) -> None:
        self.has_content = False
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if name not in ELEMENTS or not attributes.keys() <= ATTRIBUTES:
            raise _Refused
        if self._depth == 1 and (name != "div" or attributes.get("xmlns") != XHTML):
            raise _Refused
        if self._depth > 1 and attributes.get("xmlns", XHTML) != XHTML:
            raise _Refused
        self.has_content = self.has_content or name == "img"

    def end(self, name: str) -> None:
        self._depth -= 1

    def text(self, text: str) -> None:
        self.has_content = self.has_content or not text.isspace()

    def refuse(self, *_: object) -> None:
        raise _Refused


def is_allowed(div: str) -> bool:
    """Whether the text is one well-formed `div` of allowed elements and attributes that is not blank."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.ProcessingInstructionHandler = reader.refuse
    try:
        parser.Parse(div.encode(), True)
    except (_Refused, expat.ExpatError, UnicodeEncodeError):
        return False
    return reader.has_content
