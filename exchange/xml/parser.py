"""The XML parser: expat, as it is in Python.

lxml would keep every name that it has ever seen in a dictionary of the thread, and whoever sends ever new
names would take the memory for good.
"""

from typing import Final
from xml.parsers import expat

Malformed = expat.ExpatError
Parser = expat.XMLParserType


def new_parser() -> Parser:
    """One for one document of UTF-8, which gives names as `namespace name`."""
    return expat.ParserCreate("utf-8", " ")


def parse(parser: Parser, document: bytes) -> None:
    """Parses it all; raises Malformed, and what the handlers raise.

    The handlers go in any case: they hold the parser, and the circle would keep both, and the document, long
    after.
    """
    try:
        parser.Parse(document, True)
    finally:
        for handler in _HANDLERS:
            setattr(parser, handler, None)


def reason(error: Malformed) -> str:
    """What is wrong, without the place."""
    return expat.ErrorString(error.code)


_HANDLERS: Final = (
    "CharacterDataHandler",
    "EndElementHandler",
    "EndNamespaceDeclHandler",
    "StartDoctypeDeclHandler",
    "StartElementHandler",
    "StartNamespaceDeclHandler",
    "XmlDeclHandler",
)
