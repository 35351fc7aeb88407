"""The Chinese editions of ICD-10 and ICD-9-CM-3 as they are published: spreadsheets of the clinical edition
(国临版: code, further code, name) and of the medical insurance's (医保版: a column pair for each level).

https://www.nhc.gov.cn/ and https://code.nhsa.gov.cn/
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from terminology.chinese_resources import BASE
from terminology.code_system import CONCEPT_PROPERTIES, Header
from terminology.importers.icd_chapters import derive
from terminology.importers.release import Release, Row, Rows, Tell, UnusableFile, told
from terminology.importers.spreadsheet import Line, spreadsheet_lines
from terminology.naming import DIAGNOSIS_ICD_10, PROCEDURE_ICD_9_CM_3

# Levels above the codes, highest first, by what their code columns are called; names are called alike.
LEVELS: Final = ("章", "节", "类目", "亚目", "细目")
_CODES: Final = (
    *("诊断代码", "诊断编码", "疾病诊断代码", "疾病诊断编码", "主要编码", "疾病代码", "疾病编码", "ICD编码"),
    *(
        "手术操作代码",
        "手术操作编码",
        "手术代码",
        "手术编码",
        "操作代码",
        "操作编码",
        "ICD代码",
        "编码",
        "代码",
    ),
)
_NAMES: Final = (*("诊断名称", "疾病诊断名称", "疾病名称", "手术操作名称", "手术名称", "操作名称", "名称"),)
_FURTHER: Final = ("附加编码", "附加代码")
_PROPERTIES: Final = ("类别", "手术类别", "操作类别", "录入选项", "手术级别", "备注")
_SEARCHED: Final = 30
_MARKS: Final = {"+": "dagger", "*": "asterisk"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where what stands; `levels` are pairs of code and name."""

    code: int
    name: int
    levels: tuple[tuple[int, int], ...]
    further: int | None
    properties: tuple[tuple[str, int], ...]
    is_procedures: bool


def catalog_release(path: Path, url: str, version: str, tell: Tell) -> Release:
    """Raises UnusableFile: no sheet has the columns, a code stands twice."""
    rows, seen = Rows(), dict[str, str]()
    columns: Columns | None = None
    for line, columns in _tables(told(tell, path.name, spreadsheet_lines(path))):
        _take(rows, seen, line, columns)
    if columns is None:
        raise UnusableFile(f"{path.name} has no sheet with a column of codes ({_CODES[0]}) and one of names")
    derive(rows, "icd-9-cm-3" if columns.is_procedures else "icd-10", "zh-CN")
    return Release(_header(columns, url, version), rows.listed())


def _tables(lines: Iterable[Line]) -> Iterator[tuple[Line, Columns]]:
    """The lines below a header, sheet by sheet; blank cells of levels are as in the line before."""
    sheet, columns = "", None
    filled: tuple[str, ...] = ()
    for line in lines:
        if line.sheet != sheet:
            sheet, columns, filled = line.sheet, None, ()
        if columns is None:
            columns = columns_of(line.cells) if line.number <= _SEARCHED else None
        elif any(line.cells):
            filled = _filled(line.cells, filled, columns)
            yield Line(line.sheet, line.number, filled), columns


def _filled(cells: Sequence[str], before: Sequence[str], columns: Columns) -> tuple[str, ...]:
    """Merged cells have their value in the first line; it ends where a level above begins anew."""
    made = list(cells)
    for pair in columns.levels:
        if any(at < len(made) and made[at] for at in pair):
            break
        for at in pair:
            if at < len(before) and at < len(made):
                made[at] = before[at]
    return tuple(made)


def columns_of(header: Sequence[str]) -> Columns | None:
    """By the names that the editions use; None where this is no header."""
    plain = ["".join(cell.split()) for cell in header]
    code, name = _at(plain, _CODES), _at(plain, _NAMES)
    if code is None or name is None:
        return None
    levels = tuple(
        (at, called)
        for level in LEVELS
        if (at := _at(plain, (f"{level}代码范围", f"{level}代码", f"{level}编码", level))) is not None
        and (called := _at(plain, (f"{level}名称", f"{level}的名称"))) is not None
    )
    properties = tuple((each, plain.index(each)) for each in _PROPERTIES if each in plain)
    is_procedures = any(word in plain[code] + plain[name] for word in ("手术", "操作"))
    return Columns(code, name, levels, _at(plain, _FURTHER), properties, is_procedures)


def _at(header: Sequence[str], names: Iterable[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _take(rows: Rows, seen: dict[str, str], line: Line, columns: Columns) -> None:
    cells = (*line.cells, *[""] * (_width(columns) - len(line.cells)))
    above = ""
    for at, called in columns.levels:
        if code := _plain(cells[at]):
            above = _level(rows, code, cells[called], above)
    code = _plain(cells[columns.code])
    if not code:
        if cells[columns.name]:
            raise UnusableFile(f"{line.sheet}, line {line.number} has a name and no code")
        return
    _once(seen, line, code)
    row = rows.at(code)
    row.display = cells[columns.name]
    if above and above != code:
        row.above = (above,)
    _tell_more(row, cells, columns)


def _once(seen: dict[str, str], line: Line, code: str) -> None:
    here = f"{line.sheet}, line {line.number}"
    if code in seen:
        raise UnusableFile(f"{here} repeats the code {code} of {seen[code]}")
    seen[code] = here


def _level(rows: Rows, code: str, name: str, above: str) -> str:
    row = rows.at(code, name)
    row.display = row.display or name
    if above and above != code and not row.above:
        row.above = (above,)
    return code


def _tell_more(row: Row, cells: Sequence[str], columns: Columns) -> None:
    if (mark := unicodedata.normalize("NFKC", cells[columns.code])[-1:]) in _MARKS:
        row.put("mark", "valueCode", _MARKS[mark])
    if columns.further is not None:
        row.put("further", "valueString", cells[columns.further])
    for name, at in columns.properties:
        row.put(name, "valueString", cells[at])


def _width(columns: Columns) -> int:
    places = [columns.code, columns.name, columns.further or 0, *(at for _, at in columns.properties)]
    return max([*places, *(at for pair in columns.levels for at in pair)]) + 1


def _plain(code: str) -> str:
    """Without what a typewriter adds: full-width letters, spaces, the mark of a dagger or an asterisk."""
    return "".join(unicodedata.normalize("NFKC", code).split()).rstrip("+*")


def _header(columns: Columns, url: str, version: str) -> Header:
    is_insurance = bool(columns.levels)
    kind = "procedure" if columns.is_procedures else "diagnosis"
    clinical = PROCEDURE_ICD_9_CM_3 if columns.is_procedures else DIAGNOSIS_ICD_10
    title = "手术操作分类代码" if columns.is_procedures else "疾病分类与代码"
    return Header(
        url or (f"{BASE}/CodeSystem/nhsa-{kind}" if is_insurance else clinical),
        version,
        name=f"{'NHSA' if is_insurance else 'NHC'}_{kind}",
        title=f"{title}{'医保版' if is_insurance else '国家临床版'}",
        status="active",
        language="zh-CN",
        is_case_sensitive=True,
        properties={
            "notSelectable": CONCEPT_PROPERTIES + "notSelectable",
            **dict.fromkeys(("mark", "further", *_PROPERTIES), ""),
        },
    )
