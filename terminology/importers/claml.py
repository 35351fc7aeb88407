"""WHO's classifications in ClaML: chapters, blocks and categories, with what modifiers add to them.

https://www.iso.org/standard/69318.html (ISO 13120), https://icd.who.int/browse10/2019/en
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from lxml import etree

from terminology.code_system import CONCEPT_PROPERTIES, Header
from terminology.importers.release import Release, Row, Rows, Tell, UnusableFile, told
from terminology.naming import ICD_10

_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_TAGS: Final = ("Title", "Class", "Modifier", "ModifierClass")


@dataclass(slots=True)
class _Read:
    """`modified` are the modifiers of a code with the codes that are valid of each (all, if none is named);
    `classes` are those of a modifier: code and label."""

    title: str = ""
    version: str = ""
    language: str = ""
    rows: Rows = field(default_factory=Rows)
    lines: dict[str, int] = field(default_factory=dict)
    modified: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    excluded: dict[str, set[str]] = field(default_factory=dict)
    classes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def claml_release(file: str, xml: IO[bytes], url: str, version: str, tell: Tell) -> Release:
    """Raises UnusableFile."""
    read = _Read()
    for element in told(tell, file, _elements(file, xml)):
        _READERS[element.tag](file, read, element)
        element.clear()
        if (parent := element.getparent()) is not None:
            del parent[: parent.index(element)]
    if not read.rows.by_code:
        raise UnusableFile(f"{file} has no Class: it is not ClaML")
    _modify(read)
    header = Header(
        url or ICD_10,
        version or read.version,
        name=read.title or "ClaML",
        status="active",
        language=read.language,
        is_case_sensitive=True,
        properties={"notSelectable": CONCEPT_PROPERTIES + "notSelectable", "kind": "", "usage": ""},
    )
    return Release(header, read.rows.listed())


def _elements(file: str, xml: IO[bytes]) -> Iterator[etree._Element]:
    """The publisher's file names its DTD, which is not read."""
    try:
        for _, element in etree.iterparse(
            xml, tag=_TAGS, no_network=True, load_dtd=False, resolve_entities=False, huge_tree=False
        ):
            yield element
    except etree.XMLSyntaxError as error:
        raise UnusableFile(f"{file}, line {error.lineno}: {error.msg}") from None


def line_of(element: etree._Element) -> int:
    return element.sourceline if isinstance(element.sourceline, int) else 0


def _title(file: str, read: _Read, element: etree._Element) -> None:
    read.title, read.version = element.get("name", ""), element.get("version", "")


def _class(file: str, read: _Read, element: etree._Element) -> None:
    code, line = element.get("code", ""), line_of(element)
    if not code:
        raise UnusableFile(f"{file}, line {line}: a Class has no code")
    if code in read.lines:
        raise UnusableFile(f"{file}, line {line} repeats the code {code} of line {read.lines[code]}")
    read.lines[code] = line
    row = read.rows.at(code, _label(read, element))
    row.above = tuple(each.get("code", "") for each in element.findall("SuperClass"))
    row.put("kind", "valueCode", element.get("kind", ""))
    row.put("usage", "valueCode", element.get("usage", ""))
    if element.get("kind") in ("chapter", "block"):
        row.put("notSelectable", "valueBoolean", True)
    for each in element.findall("ModifiedBy"):
        valid = frozenset(one.get("code", "") for one in each.findall("ValidModifierClass"))
        read.modified.setdefault(code, {})[each.get("code", "")] = valid
    read.excluded[code] = {each.get("code", "") for each in element.findall("ExcludeModifier")}


def _label(read: _Read, element: etree._Element, kind: str = "preferred") -> str:
    for label in element.iterfind(f"Rubric[@kind='{kind}']/Label"):
        read.language = read.language or label.get(_LANGUAGE, "")
        return " ".join("".join(map(str, label.itertext())).split())
    return ""


def _modifier(file: str, read: _Read, element: etree._Element) -> None:
    read.classes.setdefault(element.get("code", ""), [])


def _modifier_class(file: str, read: _Read, element: etree._Element) -> None:
    code, modifier = element.get("code", ""), element.get("modifier", "")
    read.classes.setdefault(modifier, []).append((code, _label(read, element)))


_READERS: Final = {
    "Title": _title,
    "Class": _class,
    "Modifier": _modifier,
    "ModifierClass": _modifier_class,
}


def _modify(read: _Read) -> None:
    """A category that has no codes below it has one for each class of each of its modifiers."""
    parents = {above for row in read.rows.listed() for above in row.above}
    leaves = [row for row in read.rows.listed() if row.code not in parents]
    for row in leaves:
        for modifier, valid in _modifiers(read, row).items():
            for code, label in read.classes.get(modifier, ()):
                if not valid or code in valid:
                    made = read.rows.at(row.code + code, f"{row.display} : {label}")
                    made.above = made.above or (row.code,)
                    made.put("kind", "valueCode", "category")


def _modifiers(read: _Read, row: Row) -> dict[str, frozenset[str]]:
    """Its own and those of the classes above it, but what it excludes."""
    found = dict(read.modified.get(row.code, {}))
    excluded = read.excluded.get(row.code, set())
    for code in row.above:
        above = read.rows.get(code)
        if above is not None:
            found = {**_modifiers(read, above), **found}
    return {modifier: valid for modifier, valid in found.items() if modifier not in excluded}
