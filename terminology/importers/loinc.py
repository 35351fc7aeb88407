"""LOINC's release: its table, parts and their hierarchy, answers, and the linguistic variants.

https://loinc.org/kb/users-guide/loinc-database-structure/, https://hl7.org/fhir/R4/loinc.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from terminology.code_system import CONCEPT_PROPERTIES, Header
from terminology.importers.files import Files
from terminology.importers.loinc_answers import add_answers
from terminology.importers.loinc_parts import add_parts
from terminology.importers.records import records
from terminology.importers.release import Release, Row, Rows, Tell, UnusableFile, told, unique
from terminology.naming import LOINC

AXES: Final = ("COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS")
OTHERS: Final = ("CLASSTYPE", "ORDER_OBS", "EXAMPLE_UCUM_UNITS", "VersionLastChanged", "STATUS")
NEEDED: Final = ("LOINC_NUM", "COMPONENT", "LONG_COMMON_NAME", "STATUS")
PROPERTIES: Final = (
    *(*AXES, *OTHERS),
    *("MAP_TO", "PartTypeName", "AnswerListId", "AnswerListLinkType", "LIST", "SequenceNumber"),
)
_SHORT: Final = {"system": LOINC, "code": "SHORTNAME"}
_VARIANT: Final = re.compile(r"([a-z]{2,3})([A-Z]{2})\d*LinguisticVariant\.csv")


def loinc_release(files: Files, version: str, tell: Tell) -> Release:
    """All of it that is there beside the table. Raises UnusableFile."""
    name = files.one("LOINC's table", "Loinc.csv", "loinc.csv")
    rows = Rows(unique(name, told(tell, name, _table(files, name))))
    _map_to(files, rows)
    for variant, language in variants(files):
        for _, record in told(
            tell, variant, records(variant, files.lines(variant), ("LOINC_NUM", "COMPONENT"))
        ):
            if row := rows.get(record["LOINC_NUM"]):
                row.designate(_name(record), language)
    add_parts(files, rows, tell)
    add_answers(files, rows, tell)
    if not version:
        raise UnusableFile("LOINC's files do not say their version: give --version")
    header = Header(
        LOINC,
        version,
        name="LOINC",
        title="Logical Observation Identifiers Names and Codes",
        status="active",
        language="en",
        value_set=f"{LOINC}/vs",
        properties={**dict.fromkeys(PROPERTIES, ""), "inactive": CONCEPT_PROPERTIES + "inactive"},
    )
    return Release(header, rows.listed())


def variants(files: Files) -> list[tuple[str, str]]:
    """Files and their languages: `zhCN5LinguisticVariant.csv` is `zh-CN`."""
    found = files.matching("*LinguisticVariant.csv")
    named = ((name, _VARIANT.search(name)) for name in found)
    return [(name, f"{match[1]}-{match[2]}") for name, match in named if match]


def _table(files: Files, name: str) -> Iterator[tuple[int, Row]]:
    for line, record in records(name, files.lines(name), NEEDED):
        yield line, _row(record)


def _row(record: Mapping[str, str]) -> Row:
    row = Row(record["LOINC_NUM"], record["LONG_COMMON_NAME"] or record["COMPONENT"])
    row.designate(record.get("SHORTNAME", ""), "en", _SHORT)
    row.designate(record.get("CONSUMER_NAME", ""), "en")
    for name in (*AXES, *OTHERS):
        row.put(name, "valueString", record.get(name, ""))
    if record["STATUS"] in ("DEPRECATED", "DISCOURAGED"):
        row.put("inactive", "valueBoolean", record["STATUS"] == "DEPRECATED")
    return row


def _map_to(files: Files, rows: Rows) -> None:
    """What a deprecated code was replaced by."""
    for name in files.matching("MapTo.csv")[:1]:
        for _, record in records(name, files.lines(name), ("LOINC", "MAP_TO")):
            if row := rows.get(record["LOINC"]):
                row.put("MAP_TO", "valueCode", record["MAP_TO"])


def _name(record: Mapping[str, str]) -> str:
    """The long name of a variant, or else its axes."""
    said = record.get("LONG_COMMON_NAME") or record.get("LinguisticVariantDisplayName", "")
    return said or ":".join(record.get(axis, "") for axis in AXES[:6]).strip(":")
