"""A table (CSV, TSV) as a code system, by a map that says which column is what.

url = "http://hospital.example/CodeSystem/icd-10-gl"
version = "2.0"
name = "ICD-10 国临版"
language = "zh-CN"
hierarchy = "prefix"            # or "parent", by the column, or nothing
case-sensitive = true

[columns]
code = "主要编码"
display = "疾病名称"
parent = "上级编码"
definition = "说明"
inactive = { column = "停用", when = ["是"] }

[designations]
en = "English name"

[properties]
chapter = "章"
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from terminology.code_system import CONCEPT_PROPERTIES, Header
from terminology.importers.records import Numbered, records
from terminology.importers.release import Release, Row, UnusableFile, above_by_prefix, unique

ENCODINGS: Final = ("utf-8-sig", "gb18030")
DELIMITERS: Final = "\t,;"
HIERARCHIES: Final = frozenset(("", "parent", "prefix"))


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """`inactive` are the values of that column which say so."""

    header: Header
    hierarchy: str
    columns: Mapping[str, str]
    inactive: tuple[str, ...] = ()
    designations: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)


def column_map(said: Mapping[str, Any]) -> ColumnMap:
    """From TOML; raises UnusableFile."""
    columns = dict(said.get("columns", {}))
    inactive = columns.get("inactive")
    values: tuple[str, ...] = ()
    if isinstance(inactive, Mapping):
        columns["inactive"], values = inactive.get("column", ""), tuple(inactive.get("when", ()))
    if not said.get("url") or "code" not in columns:
        raise UnusableFile("the map needs url, and under [columns] at least code")
    if said.get("hierarchy", "") not in HIERARCHIES:
        raise UnusableFile(f"hierarchy is one of {', '.join(sorted(HIERARCHIES - {''}))}")
    properties = dict(said.get("properties", {}))
    header = Header(
        said["url"],
        str(said.get("version", "")),
        name=said.get("name", ""),
        status="active",
        is_case_sensitive=said.get("case-sensitive", True),
        language=said.get("language", ""),
        properties={"inactive": CONCEPT_PROPERTIES + "inactive", **dict.fromkeys(properties, "")},
    )
    hierarchy = said.get("hierarchy", "parent" if "parent" in columns else "")
    return ColumnMap(header, hierarchy, columns, values, dict(said.get("designations", {})), properties)


def table_release(file: str, raw: bytes, given: ColumnMap) -> Release:
    """Raises UnusableFile: a column is not there, a code stands twice."""
    rows = unique(file, ((line, _row(each, given)) for line, each in _records(file, raw, given)))
    if given.hierarchy == "prefix":
        above_by_prefix(rows)
    return Release(given.header, rows)


def _records(file: str, raw: bytes, given: ColumnMap) -> Iterator[Numbered]:
    text = decoded(file, raw)
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    needed = (*given.columns.values(), *given.designations.values(), *given.properties.values())
    return records(file, io.StringIO(text, newline=""), needed, delimiter)


def decoded(file: str, raw: bytes) -> str:
    """UTF-8, or GB 18030 as Chinese spreadsheets are saved."""
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnusableFile(f"{file} is neither UTF-8 nor GB 18030")


def _row(record: Mapping[str, str], given: ColumnMap) -> Row:
    columns = given.columns
    row = Row(record[columns["code"]], record.get(columns.get("display", ""), ""))
    if given.hierarchy == "parent" and (parent := record.get(columns.get("parent", ""), "")):
        row.above = (parent,)
    if definition := record.get(columns.get("definition", ""), ""):
        row.add("definition", definition)
    if record.get(columns.get("inactive", ""), "") in given.inactive and "inactive" in columns:
        row.put("inactive", "valueBoolean", True)
    for language, column in given.designations.items():
        row.designate(record[column], language)
    for code, column in given.properties.items():
        row.put(code, "valueString", record[column])
    return row
