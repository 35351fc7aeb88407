"""XML to elements, by expat: no DOCTYPE, no entity of its own, bounded depth and size.

lxml would keep every name that it has ever seen for as long as the thread lives.
https://www.w3.org/TR/xml/ https://docs.python.org/3/library/xml.html#xml-security
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from xml.parsers import expat

from adapters.trees.element import TYPE, Document, Element

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 200
MAX_ELEMENTS: Final = 500_000
_XSI = "http://www.w3.org/2001/XMLSchema-instance "
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'][^>]*\?>""")
_NOT_FHIR = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]+")


class XmlError(ValueError):
    """The bytes are no document that may be read."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A document, the namespace of its root, and what its leaves became."""

    root: Element
    namespace: str
    document: Document


def parse(raw: bytes, charset: str | None = None) -> Tree:
    """Reads a document; `charset` is the channel's and wins over the declaration. Raises XmlError."""
    if len(raw) > MAX_BYTES:
        raise XmlError(f"a document has at most {MAX_BYTES} bytes")
    builder = _Builder()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(_decoded(raw, charset), True)
    except expat.ExpatError as error:
        told = expat.ErrorString(error.code)
        raise XmlError(f"not well-formed: {told} (line {error.lineno})") from error
    finally:
        parser.StartElementHandler = parser.EndElementHandler = None
        parser.CharacterDataHandler = parser.StartDoctypeDeclHandler = None
    if builder.root is None:
        raise XmlError("there is no element")
    return Tree(builder.root, builder.namespace, builder.document)


def _decoded(raw: bytes, charset: str | None) -> bytes:
    """As UTF-8: expat knows few of the charsets that hospitals write."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = "utf-16"
    else:
        declared = _DECLARED.match(raw.removeprefix(b"\xef\xbb\xbf"))
        name = charset or (declared[1].decode("ascii") if declared else "utf-8")
    if name.lower() in ("gb2312", "gbk", "gb18030"):
        name = "gb18030"
    try:
        text = raw.decode("utf-8-sig" if name.lower() in ("utf-8", "utf8") else name)
    except (LookupError, UnicodeDecodeError) as error:
        raise XmlError(f"the bytes are not {name}") from error
    return text.lstrip("\ufeff \r\n\t").encode("utf-8", "replace")


def _refuse(*declaration: object) -> None:
    raise XmlError("a document with a DOCTYPE is not read")


class _Builder:
    def __init__(self) -> None:
        self.document = Document()
        self.root: Element | None = None
        self.namespace = ""
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise XmlError("the document is nested too deeply, or has too many elements")
        space, _, local = name.rpartition(" ")
        parent = self._open[-1] if self._open else None
        element = Element(local, parent, self.document)
        if parent is None:
            self.root, self.namespace = element, space
        else:
            parent.children.append(element)
            parent.content.append(element)
        for key, value in attributes.items():
            if (known := _attribute(key)) and (text := _clean(value)):
                element.leaves[known] = self.document.leaf(element, known, text)
        self._open.append(element)

    def text(self, data: str) -> None:
        self._open[-1].content.append(data)

    def end(self, name: str) -> None:
        element = self._open.pop()
        text = _clean(" ".join([each for each in element.content if isinstance(each, str)]))
        if text:
            element.leaves[""] = self.document.leaf(element, "", text)


def _attribute(key: str) -> str:
    if key.startswith(_XSI):
        local = key.removeprefix(_XSI)
        return {"type": TYPE, "nil": "xsi:nil"}.get(local, "")
    return key.rpartition(" ")[2]


def _clean(text: str) -> str:
    return _NOT_FHIR.sub("", text).strip()


def parsed_or_none(raw: bytes) -> Any:
    """The tree, or None where the bytes are no document: for sniffing."""
    try:
        return parse(raw)
    except XmlError:
        return None
