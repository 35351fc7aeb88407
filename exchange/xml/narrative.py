"""The XHTML of a narrative: one string in JSON, markup in XML.

The text is kept as it stands, character by character, wherever it means the same alone and in a document.
https://hl7.org/fhir/R4/narrative.html
"""

import re
from collections.abc import Iterable
from html import escape
from html.entities import html5
from typing import Final

from exchange.fhirjson import MAX_DEPTH
from exchange.xml.parser import Malformed, new_parser, parse, reason
from exchange.xml.primitive import attribute, require_possible

XHTML: Final = "http://www.w3.org/1999/xhtml"
ROOT: Final = f"{XHTML} div"

Namespaces = Iterable[tuple[str | None, str | None]]


def embedded(div: str) -> str:
    """The markup that stands for the string in an XML document; raises ValueError if there can be none.

    White space and comments around the element go, for the element alone is the narrative. The names for
    characters that HTML has and XML has not (`&nbsp;`) become these characters.
    """
    require_possible(div)
    try:
        root, source = _alone(div.encode())
    except Malformed as first:
        spelled = _named.sub(_character, div)
        try:
            root, source = _alone(spelled.encode())
        except Malformed:
            raise ValueError(f"The narrative is not well-formed XHTML: {reason(first)}") from None
    if root == ROOT:
        return source.decode()
    if root == "div":
        return f'<div xmlns="{XHTML}"{source[4:].decode()}'
    raise ValueError("The narrative is not a <div> of XHTML")


def extracted(raw: bytes, start: int, last: int, scope: Namespaces) -> str:
    """The string for the element in `raw` whose start tag begins at `start`; raises ValueError if there can
    be none.

    `last` is where its end tag begins, or ends if there is but one tag; `scope` holds the prefixes and
    namespaces that are declared around it.
    """
    source = _source(raw, start, last)
    try:
        if _alone(source)[0] == ROOT:
            return source.decode()
    except Malformed:
        pass  # it has a prefix that is declared around it
    return _respelled(source, scope)


def _alone(raw: bytes) -> tuple[str, bytes]:
    """Name and source of the document element; raises ExpatError if this is not well-formed."""
    parser = new_parser()
    root, first, last, depth = "", 0, 0, 0

    def start(name: str, attributes: object) -> None:
        nonlocal root, first, depth
        depth += 1
        if depth == 1:
            root, first = name, parser.CurrentByteIndex
        elif depth > MAX_DEPTH:
            raise ValueError(f"The narrative is nested more than {MAX_DEPTH} levels deep")

    def end(name: str) -> None:
        nonlocal last, depth
        depth -= 1
        last = parser.CurrentByteIndex

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parse(parser, raw)
    return root, _source(raw, first, last)


def _source(raw: bytes, start: int, last: int) -> bytes:
    tag = _start_tag(raw, start)
    if tag and tag.end() == last and tag[0].endswith(b"/>"):
        return tag[0]
    return raw[start : raw.index(b">", last) + 1]


def _respelled(source: bytes, scope: Namespaces) -> str:
    """The element with all its namespaces declared within, as one that uses no prefix."""
    parser = new_parser()
    parser.buffer_text = True
    pieces: list[str] = []
    spaces: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if spaces:
            declared = f' xmlns="{attribute(space)}"' if space != spaces[-1] else ""
            pieces.append(f"<{local}{declared}{''.join(map(_attribute, attributes.items()))}>")
        spaces.append(space if spaces else "")

    def end(name: str) -> None:
        spaces.pop()
        local = name.rpartition(" ")[2]
        if local in _VOID and pieces[-1].startswith(f"<{local}") and not pieces[-1].endswith("/>"):
            pieces[-1] = pieces[-1][:-1] + "/>"
        elif spaces:
            pieces.append(f"</{local}>")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda text: pieces.append(escape(text, quote=False))
    parse(parser, b"<around%s>%s</around>" % (_declarations(scope), source))
    return "".join(pieces)


def _declarations(scope: Namespaces) -> bytes:
    return "".join(
        f' xmlns{(prefix and ":" + prefix) or ""}="{attribute(space or "")}"' for prefix, space in scope
    ).encode()


def _attribute(pair: tuple[str, str]) -> str:
    space, _, local = pair[0].rpartition(" ")
    if space not in _OF_XHTML:
        raise ValueError(f"The narrative has an attribute of the namespace {space[:64]}")
    return f' {_OF_XHTML[space]}{local}="{attribute(pair[1])}"'


def _character(found: re.Match[str]) -> str:
    return escape(html5[found[1]]) if found[1] in html5 else found[0]


def _refuse_doctype(*declaration: object) -> None:
    raise ValueError("The narrative has a DOCTYPE")


_OF_XHTML: Final = {"": "", "http://www.w3.org/XML/1998/namespace": "xml:"}
_VOID: Final = frozenset(("br", "col", "hr", "img"))  # to HTML, `</br>` would be one more of them
_named: Final = re.compile("&([A-Za-z][A-Za-z0-9]*;)")
_start_tag: Final = re.compile(rb"""<(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""").match
