"""ATC with its defined daily doses: WHO's index in XML, or a table.

https://www.whocc.no/atc_ddd_index/
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from terminology.code_system import Header
from terminology.importers.files import Files
from terminology.importers.records import records
from terminology.importers.release import Release, Row, Rows, Tell, UnusableFile, told
from terminology.naming import ATC

_CODE: Final = re.compile(r"[A-Z](\d{2}([A-Z]([A-Z](\d{2})?)?)?)?")
_LEVELS: Final = (1, 3, 4, 5, 7)
# What the columns, and the attributes of the index, are called.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("atc_code", "atccode", "atc code", "code"),
    "name": ("atc_name", "name", "atc level name", "atc_level_name"),
    "ddd": ("ddd",),
    "unit": ("uom", "unittype", "unit", "u"),
    "route": ("adm_r", "admcode", "adm.r", "admroute", "route"),
    "note": ("note", "dddcomment", "comment"),
}
Said = Mapping[str, str]


def atc_release(files: Files, version: str, tell: Tell) -> Release:
    """Several files are read one after the other: the codes, then the doses. Raises UnusableFile."""
    rows = Rows()
    names = files.matching("*.xml", "*.csv", "*.tsv", "*.txt")
    for name in sorted(names, key=lambda each: "ddd" in each.lower()):
        for line, said in told(tell, name, _said(files, name)):
            _take(rows, name, line, said)
    if not rows.by_code:
        raise UnusableFile(f"{files.root} has no table of ATC, and no index in XML")
    if not version:
        raise UnusableFile("ATC's files do not say their version: give --version, the year")
    for row in rows.listed():
        above = next(
            (row.code[:n] for n in reversed(_LEVELS) if n < len(row.code) and rows.get(row.code[:n])), ""
        )
        row.above = (above,) if above else ()
    header = Header(
        ATC,
        version,
        name="ATC",
        title="Anatomical Therapeutic Chemical Classification",
        status="active",
        language="en",
        is_case_sensitive=True,
        properties={"DDD": "", "level": ""},
    )
    return Release(header, rows.listed())


def _take(rows: Rows, file: str, line: int, said: Said) -> None:
    code = said.get("code", "")
    if not _CODE.fullmatch(code):
        raise UnusableFile(f"{file}, line {line}: {code!r} is not an ATC code")
    row = rows.get(code)
    if row is None:
        row = rows.at(code, said.get("name", ""))
        row.put("level", "valueInteger", _LEVELS.index(len(code)) + 1)
    if dose := said.get("ddd", "").replace("NA", ""):
        parts = (dose, said.get("unit", ""), said.get("route", ""), said.get("note", "").replace("NA", ""))
        _dose(row, " ".join(part for part in parts if part))


def _dose(row: Row, dose: str) -> None:
    if ("DDD", "valueString", dose) not in row.properties:
        row.put("DDD", "valueString", dose)


def _said(files: Files, name: str) -> Iterator[tuple[int, Said]]:
    if name.lower().endswith(".xml"):
        yield from _xml(files, name)
        return
    for line, record in records(
        name, files.lines(name), (), "\t" if name.lower().endswith((".tsv", ".txt")) else ","
    ):
        yield line, _known(record)


def _xml(files: Files, name: str) -> Iterator[tuple[int, Said]]:
    """Rows whose attributes are the columns."""
    with files.opened(name) as file:
        try:
            for _, element in etree.iterparse(file, no_network=True, load_dtd=False, resolve_entities=False):
                said = _known({key: str(value) for key, value in element.attrib.items()})
                if "code" in said and etree.QName(element).localname == "row":
                    yield element.sourceline or 0, said
                element.clear()
        except etree.XMLSyntaxError as error:
            raise UnusableFile(f"{name}, line {error.lineno}: {error.msg}") from None


def _known(record: Mapping[str, str]) -> dict[str, str]:
    folded = {name.strip().lower(): value.strip() for name, value in record.items()}
    return {
        meaning: folded[name]
        for meaning, names in _NAMES.items()
        for name in reversed(names)
        if name in folded
    }
