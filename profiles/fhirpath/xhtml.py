"""The part of XHTML that narratives may have. https://hl7.org/fhir/R4/narrative.html#xhtml"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from xml.parsers import expat

XHTML: Final = "http://www.w3.org/1999/xhtml"
ELEMENTS: Final = frozenset(
    (
        "a", "abbr", "acronym", "address", "area", "b", "bdo", "big", "blockquote", "br", "caption", "cite",
        "code", "col", "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6",
        "hr", "i", "img", "kbd", "li", "map", "ol", "p", "pre", "q", "samp", "small", "span", "strong", "sub",
        "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var",
    )
)  # fmt: skip
ATTRIBUTES: Final = frozenset(
    (
        "abbr", "accesskey", "align", "axis", "char", "charoff", "class", "colspan", "dir", "headers", "id",
        "lang", "rowspan", "scope", "span", "style", "tabindex", "title", "valign", "width", "xml:lang",
        "xml:space", "xmlns",
    )
)  # fmt: skip
"""Of every element; others are of some elements only."""

_OF: Final[Mapping[str, frozenset[str]]] = {
    name: ATTRIBUTES.union(own.split())
    for name, own in {
        "a": "charset coords href hreflang name rel rev shape type",
        "area": "alt coords href nohref shape",
        "blockquote": "cite",
        "img": "alt border height ismap longdesc src usemap",
        "map": "name",
        "pre": "space",
        "q": "cite",
        "table": "border cellpadding cellspacing frame rules summary",
        "td": "nowrap",
        "th": "nowrap",
    }.items()
}

_BEGIN: Final = f'<div xmlns="{XHTML}"'
_TAG: Final = re.compile(r"([^\s/]+)(.*)", re.DOTALL)
_LONGEST_TAG: Final = 1024
_ATTRIBUTE: Final = re.compile(r"""\s+([^\s"'<>=/]+)\s*=\s*(?:"[^"<>]*"|'[^'<>]*')""")


class _Refused(Exception):
    pass


def attributes_of(name: str) -> frozenset[str]:
    """The attributes that an element may have."""
    return _OF.get(name, ATTRIBUTES)


class _Reader:
    """Refuses what is not allowed."""

    def __init__(self) -> None:
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if name not in ELEMENTS or not attributes.keys() <= attributes_of(name):
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
    tags = {text.partition(">")[0] for text in div.split("<")}
    if not all(len(tag) <= _LONGEST_TAG and _is_plain_tag(tag) for tag in tags):
        return False
    try:
        expat.ParserCreate().Parse(div.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        return False
    return True


@lru_cache(1024)
def _is_plain_tag(text: str) -> bool:
    """Of what stands between < and >: whether it ends an element, or begins one that is allowed."""
    match = _TAG.match(text)
    return match is None or (match[1] in ELEMENTS and (not match[2] or _has_plain(match[1], match[2])))


def _has_plain(name: str, rest: str) -> bool:
    """Whether the rest of a tag is allowed attributes and nothing else."""
    left = _ATTRIBUTE.sub("", rest).strip()
    return left in ("", "/") and attributes_of(name).issuperset(_ATTRIBUTE.findall(rest))


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
