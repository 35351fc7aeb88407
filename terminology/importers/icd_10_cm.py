"""ICD-10-CM as its publisher gives it out: the tabular list (XML), the order file, or both.

https://www.cms.gov/medicare/coding-billing/icd-10-codes, https://www.cdc.gov/nchs/icd/icd-10-cm/
"""

from collections.abc import Iterator
from typing import IO, Final

from lxml import etree

from terminology.code_system import CONCEPT_PROPERTIES, Header
from terminology.importers.files import Files
from terminology.importers.release import Release, Rows, Tell, UnusableFile, told
from terminology.naming import ICD_10_CM

TABULAR: Final = ("*tabular*.xml", "*Tabular*.xml")
ORDER: Final = ("*order*.txt",)
_NOTES: Final = ("inclusionTerm", "includes")


def icd_10_cm_release(files: Files, version: str, tell: Tell) -> Release:
    """Raises UnusableFile."""
    rows = Rows()
    lists, orders = files.matching(*TABULAR), files.matching(*ORDER)
    for name in lists[:1]:
        with files.opened(name) as xml:
            version = version or _tabular(name, xml, rows, tell)
    for name in orders[:1]:
        _order(name, told(tell, name, files.lines(name)), rows)
    if not rows.by_code:
        raise UnusableFile(f"{files.root} has no file {' or '.join((TABULAR[0], *ORDER))}")
    if not version:
        raise UnusableFile("the order file does not say its version: give --version")
    header = Header(
        ICD_10_CM,
        version,
        name="ICD10CM",
        title="ICD-10-CM",
        status="active",
        language="en",
        properties={"notSelectable": CONCEPT_PROPERTIES + "notSelectable", "billable": ""},
    )
    return Release(header, rows.listed())


def _tabular(file: str, xml: IO[bytes], rows: Rows, tell: Tell) -> str:
    """Chapters, sections, codes; gives back the version."""
    try:
        tree = etree.parse(xml, etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False))
    except etree.XMLSyntaxError as error:
        raise UnusableFile(f"{file}, line {error.lineno}: {error.msg}") from None
    root = tree.getroot()
    for chapter in told(tell, file, root.iterfind("chapter")):
        number = chapter.findtext("name", "")
        row = rows.at(f"chapter-{number}", chapter.findtext("desc", ""))
        row.put("notSelectable", "valueBoolean", True)
        for section in chapter.iterfind("section"):
            below = rows.at(section.get("id", ""), section.findtext("desc", ""))
            below.above = below.above or (row.code,)
            below.put("notSelectable", "valueBoolean", True)
            for diag in section.iterfind("diag"):
                _diag(file, diag, rows, below.code, {})
    return root.findtext("version", "")


def _diag(file: str, diag: etree._Element, rows: Rows, above: str, seventh: dict[str, str]) -> None:
    code = diag.findtext("name", "")
    if not code:
        raise UnusableFile(f"{file}, line {diag.sourceline}: a diag has no name")
    row = rows.at(code, diag.findtext("desc", ""))
    row.above = () if code == above else (above,)
    for kind in _NOTES:
        for note in diag.iterfind(f"{kind}/note"):
            row.designate("".join(map(str, note.itertext())).strip(), "en")
    seventh = {
        each.get("char", ""): each.text or "" for each in diag.iterfind("sevenChrDef/extension")
    } or seventh
    below = diag.findall("diag")
    for each in below:
        _diag(file, each, rows, code, seventh)
    if not below:
        for character, meaning in seventh.items():
            bare = code.replace(".", "").ljust(6, "X")
            full = rows.at(f"{bare[:3]}.{bare[3:]}{character}", f"{row.display}, {meaning}")
            full.above = (code,)


def _order(file: str, lines: Iterator[str], rows: Rows) -> None:
    """Number, code without its dot, 1 for what can be billed, short and long description; fixed columns."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        bare, flag, long = line[6:14].strip(), line[14:15], line[77:].strip()
        if not (line[:5].isdecimal() and bare and flag in ("0", "1")):
            raise UnusableFile(f"{file}, line {number} is not of the order file's columns")
        code = bare if len(bare) <= 3 else f"{bare[:3]}.{bare[3:]}"
        row = rows.at(code)
        row.display = row.display or long or line[16:77].strip()
        row.put("billable", "valueBoolean", flag == "1")
        if not row.above:
            row.above = next(
                ((code[:end],) for end in range(len(code) - 1, 2, -1) if rows.get(code[:end].rstrip("."))), ()
            )
            row.above = tuple(each.rstrip(".") for each in row.above)
