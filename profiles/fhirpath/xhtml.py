"""The part of XHTML that narratives may have. https://hl7.org/fhir/R4/narrative.html#xhtml"""

import re
from functools import lru_cache
from typing import Final
from xml.parsers import expat

XHTML: Final = "http://www.w3.org/1999/xhtml"
ELEMENTS: Final = frozenset(
    (
        "a", "abbr", "acronym", "b", "bdo", "big", "blockquote", "br", "caption", "cite", "code", "col",
        "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
        "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike",
        "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
        "var",
    )
)  # fmt: skip
ATTRIBUTES: Final = frozenset(
    (
        "abbr", "accesskey", "align", "alt", "axis", "bgcolor", "border", "cellpadding", "cellspacing",
        "char", "charoff", "charset", "cite", "class", "clear", "cols", "colspan", "compact", "coords",
        "datetime", "dir", "frame", "headers", "height", "href", "hreflang", "hspace", "id", "ismap",
        "lang", "longdesc", "name", "noshade", "nowrap", "rel", "rev", "rowspan", "rules", "scope", "shape",
        "size", "span", "src", "start", "style", "summary", "tabindex", "title", "type", "usemap", "valign",
        "value", "vspace", "width", "xml:lang", "xml:space", "xmlns",
    )
)  # fmt: skip

_BEGIN: Final = f'<div xmlns="{XHTML}"'
_TAG: Final = re.compile(r"<([^\s/>]+)([^>]*)")
_ATTRIBUTE: Final = re.compile(r"""\s+([^\s"'<>=/]+)\s*=\s*(?:"[^"<>]*"|'[^'<>]*')""")


class _Refused(Exception):
    pass


class _Reader:
    """Refuses what is not allowed."""

    def __init__(self) -> None:
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if name not in ELEMENTS or not attributes.keys() <= ATTRIBUTES:
            raise _Refused
        if self._depth == 1 and (name != "div" or attributes.get("xmlns") != XHTML):
            raise _Refused
        if self._depth > 1 and attributes.get("xmlns", XHTML) != XHTML:
            raise _Refused

    def end(self, name: str) -> None:
        self._depth -= 1

    def refuse(self, *_: object) -> None:
        raise _Refused


def is_allowed(div: str) -> bool:
    """Whether the text is one well-formed `div` of allowed elements and attributes.

    It may be blank, as it is in R4's own examples, although txt-2 is about that in words.
    """
    return is_plain(div) or _is_read(div)


@lru_cache(64)
def is_plain(div: str) -> bool:
    """What is surely allowed: everything that looks like a tag or an attribute is one that is allowed.

    Most narratives are so, and no function of ours is called for each of their tags.
    """
    if not div.startswith(_BEGIN) or "<!" in div or "<?" in div or div.count("xmlns") != 1:
        return False
    if not all(name in ELEMENTS and (not rest or _has_plain(rest)) for name, rest in set(_TAG.findall(div))):
        return False
    try:
        expat.ParserCreate().Parse(div.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        return False
    return True


@lru_cache(1024)
def _has_plain(attributes: str) -> bool:
    """Whether the rest of a tag is allowed attributes and nothing else."""
    left = _ATTRIBUTE.sub("", attributes).strip()
    return left in ("", "/") and ATTRIBUTES.issuperset(_ATTRIBUTE.findall(attributes))


def _is_read(div: str) -> bool:
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.ProcessingInstructionHandler = reader.refuse
    try:
        parser.Parse(div.encode(), True)
    except (_Refused, expat.ExpatError, UnicodeEncodeError):
        return False
    return True
