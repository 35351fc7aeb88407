"""What a narrative's XHTML holds, read in one pass. https://hl7.org/fhir/R4/narrative.html#xhtml"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from xml.parsers import expat

from profiles.fhirpath.xhtml import ELEMENTS, attributes_of
from profiles.validator.special.markup_order import misplaced, misplaced_text

_MOST: Final = 50  # of each kind of fault
_UNDEFINED: Final = 11  # expat's error: undefined entity
_ENTITY: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)([A-Za-z][A-Za-z0-9]*);")


@dataclass(frozen=True, slots=True)
class Link:
    """`path` names the elements around it (`div/p/a`), `text` is what it shows."""

    target: str
    path: str
    text: str


@dataclass(slots=True)
class Markup:
    """`language` is that of the whole; `sections` are the languages of the parts directly below it, and
    `is_mixed` says that there is content beside them. `unmarked` is content that names no source of its own.
    `misplaced` says what stands where HTML does not allow it. `entity` is one that XML does not know, `fault`
    what else keeps it from being XML."""

    elements: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    language: str = ""
    sections: list[str] = field(default_factory=list)
    is_mixed: bool = False
    unmarked: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    entity: str = ""
    fault: str = ""


SOURCES: Final = frozenset(("boilerplate", "generated", "original"))


class _Reader:
    def __init__(self) -> None:
        self.found = Markup()
        self._path: list[str] = []
        self._link: list[tuple[str, str, list[str]]] = []
        self._marked = 0  # the depth from which on content has a source

    def start(self, name: str, attributes: dict[str, str]) -> None:
        found, depth = self.found, len(self._path)
        for text in misplaced(name, self._path):
            _add(found.misplaced, text)
        self._path.append(name)
        if name not in ELEMENTS:
            _add(found.elements, name)
        for attribute in sorted(attributes.keys() - attributes_of(name)):
            _add(found.attributes, (attribute, name))
        if "id" in attributes:
            found.ids.append(attributes["id"])
        if name == "a" and "name" in attributes:
            found.anchors.add(attributes["name"])
        if name == "a" and "href" in attributes:
            self._link.append((attributes["href"], "/".join(self._path), []))
        if name == "img" and "src" in attributes:
            self.found.links.append(Link(attributes["src"], "/".join(self._path), ""))
        if not self._marked and SOURCES.intersection(attributes.get("class", "").split()):
            self._marked = depth + 1
        self._note_language(depth, name, attributes)

    def _note_language(self, depth: int, name: str, attributes: dict[str, str]) -> None:
        language = attributes.get("lang") or attributes.get("xml:lang") or ""
        if depth == 0:
            self.found.language = language
        elif depth == 1 and name == "div" and language:
            self.found.sections.append(language)
        elif depth == 1:
            self.found.is_mixed = True

    def text(self, text: str) -> None:
        if self._link:
            self._link[-1][2].append(text)
        shown = text.strip()
        if shown and (fault := misplaced_text(self._path)):
            _add(self.found.misplaced, fault)
        if shown and len(self._path) == 1:
            self.found.is_mixed = True
        if shown and not self._marked:
            _add(self.found.unmarked, shown)

    def end(self, name: str) -> None:
        if name == "a" and self._link and self._link[-1][1].count("/") == len(self._path) - 1:
            target, path, texts = self._link.pop()
            self.found.links.append(Link(target, path, "".join(texts).strip()[:80]))
        self._path.pop()
        if self._marked > len(self._path):
            self._marked = 0


@lru_cache(64)
def markup(div: str) -> Markup:
    """Of the text of a `div`. What is returned is not to be changed."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(div.encode(), True)
    except expat.ExpatError as error:
        entity = _ENTITY.search(div) if error.code == _UNDEFINED else None
        reader.found.entity = entity[0] if entity else ""
        reader.found.fault = "" if entity else str(error)
    except UnicodeEncodeError:
        reader.found.fault = "half a surrogate pair"
    return reader.found


def _add(kinds: list[Any], one: Any) -> None:
    if one not in kinds and len(kinds) < _MOST:
        kinds.append(one)
