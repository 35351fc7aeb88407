"""SNOMED CT's release format 2, its snapshot files: concepts, descriptions, is-a relationships.

https://confluence.ihtsdotools.org/display/DOCRELFMT
"""

from collections.abc import Iterable, Iterator
from typing import Final

from terminology.code_system import CONCEPT_PROPERTIES, Header
from terminology.importers.release import Release, Row, UnusableFile
from terminology.naming import SNOMED_CT

IS_A: Final = "116680003"
FULLY_SPECIFIED: Final = "900000000000003001"
SYNONYM: Final = "900000000000013009"
DEFINED: Final = "900000000000073002"
CONCEPTS: Final = ("id", "effectiveTime", "active", "moduleId", "definitionStatusId")
DESCRIPTIONS: Final = ("id", "active", "conceptId", "languageCode", "typeId", "term")
RELATIONSHIPS: Final = ("active", "sourceId", "destinationId", "typeId")
_PROPERTIES: Final = ("moduleId", "effectiveTime", "sufficientlyDefined")


def rf2_release(
    concepts: Iterable[str], descriptions: Iterable[str], relationships: Iterable[str], version: str
) -> Release:
    """The files as lines of text, header line first; descriptions of several languages may be chained.
    Raises UnusableFile."""
    rows: dict[str, Row] = {}
    for id_, time, active, module, defined in _lines(concepts, CONCEPTS):
        row = rows[id_] = Row(id_, "")
        row.put("moduleId", "valueCode", module)
        row.put("effectiveTime", "valueString", time)
        row.put("sufficientlyDefined", "valueBoolean", defined == DEFINED)
        if active != "1":
            row.put("inactive", "valueBoolean", True)
    _describe(rows, descriptions)
    above: dict[str, dict[str, None]] = {}
    for active, source, destination, type_ in _lines(relationships, RELATIONSHIPS):
        if active == "1" and type_ == IS_A:
            above.setdefault(source, {})[destination] = None
    for code, parents in above.items():
        if code in rows:
            rows[code].above = tuple(parents)
    return Release(_header(version), list(rows.values()))


def _describe(rows: dict[str, Row], descriptions: Iterable[str]) -> None:
    """The display is the first synonym in English, which a concept has before it has others."""
    for _, active, concept, language, type_, term in _lines(descriptions, DESCRIPTIONS):
        row = rows.get(concept)
        if row is None or active != "1":
            continue
        if not row.display and type_ == SYNONYM and language == "en":
            row.display = term
        else:
            row.designate(term, language, {"system": SNOMED_CT, "code": type_})
    for row in rows.values():
        if not row.display:
            named = row.entry.get("designation", [{"value": row.code}])
            row.display = named[0]["value"]


def _header(version: str) -> Header:
    return Header(
        SNOMED_CT,
        version,
        name="SNOMED_CT",
        title="SNOMED CT",
        status="active",
        language="en",
        is_case_sensitive=True,
        properties={**dict.fromkeys(_PROPERTIES, ""), "inactive": CONCEPT_PROPERTIES + "inactive"},
    )


def _lines(given: Iterable[str], wanted: tuple[str, ...]) -> Iterator[list[str]]:
    """The wanted columns of each line; a further header line begins a further file."""
    at: list[int] = []
    for number, line in enumerate(given, 1):
        cells = line.rstrip("\r\n").split("\t")
        if cells[0] == "id":
            missing = [name for name in wanted if name not in cells]
            if missing:
                raise UnusableFile(f"line {number} names no column {', '.join(missing)}")
            at = [cells.index(name) for name in wanted]
        elif not at or len(cells) <= max(at):
            raise UnusableFile(f"line {number} is not of release format 2")
        else:
            yield [cells[n] for n in at]
