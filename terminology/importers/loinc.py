"""LOINC's table (`LoincTable/Loinc.csv`), and a linguistic variant beside it (`zhCN*LinguisticVariant.csv`).

https://loinc.org/kb/users-guide/loinc-database-structure/
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

from terminology.code_system import CONCEPT_PROPERTIES, Header
from terminology.importers.release import Release, Row, UnusableFile, unique
from terminology.importers.table import decoded
from terminology.naming import LOINC

AXES: Final = ("COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS")
OTHERS: Final = ("CLASSTYPE", "ORDER_OBS", "EXAMPLE_UCUM_UNITS", "VersionLastChanged", "STATUS")
NEEDED: Final = ("LOINC_NUM", "COMPONENT", "LONG_COMMON_NAME", "STATUS")
_SHORT: Final = {"system": "http://loinc.org", "code": "SHORTNAME"}


def loinc_release(table: bytes, version: str, variants: Mapping[str, bytes] | None = None) -> Release:
    """`variants` are linguistic variants by language. Raises UnusableFile."""
    rows = unique(_row(record) for record in _records(table, NEEDED))
    by_code = {row.code: row for row in rows}
    for language, raw in (variants or {}).items():
        for record in _records(raw, ("LOINC_NUM", "COMPONENT")):
            if row := by_code.get(record["LOINC_NUM"]):
                row.designate(_name(record), language)
    properties = {**dict.fromkeys((*AXES, *OTHERS), ""), "inactive": CONCEPT_PROPERTIES + "inactive"}
    header = Header(
        LOINC,
        version,
        name="LOINC",
        title="Logical Observation Identifiers Names and Codes",
        status="active",
        language="en",
        properties=properties,
    )
    return Release(header, rows)


def _records(raw: bytes, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(decoded(raw), newline=""))
    missing = [name for name in needed if name not in (reader.fieldnames or ())]
    if missing:
        raise UnusableFile(f"the table has no column {', '.join(missing)}")
    for record in reader:
        yield {name: value or "" for name, value in record.items() if name}


def _row(record: Mapping[str, str]) -> Row:
    row = Row(record["LOINC_NUM"], record["LONG_COMMON_NAME"] or record["COMPONENT"])
    row.designate(record.get("SHORTNAME", ""), "en", _SHORT)
    row.designate(record.get("CONSUMER_NAME", ""), "en")
    for name in (*AXES, *OTHERS):
        row.put(name, "valueString", record.get(name, ""))
    if record["STATUS"] in ("DEPRECATED", "DISCOURAGED"):
        row.put("inactive", "valueBoolean", record["STATUS"] == "DEPRECATED")
    return row


def _name(record: Mapping[str, str]) -> str:
    """The long name of a variant, or else its axes."""
    said = record.get("LONG_COMMON_NAME") or record.get("LinguisticVariantDisplayName", "")
    return said or ":".join(record.get(axis, "") for axis in AXES[:6]).strip(":")
