"""SNOMED CT's release format 2: concepts, descriptions, relationships and reference sets, of one package or
of an edition with all that it depends on.

https://confluence.ihtsdotools.org/display/DOCRELFMT
"""

from typing import Final

from terminology.code_system import CONCEPT_PROPERTIES, Header
from terminology.importers.files import Files
from terminology.importers.release import Release, Row, Rows, Tell, UnusableFile
from terminology.importers.rf2_components import Component, components
from terminology.importers.rf2_modules import edition
from terminology.importers.rf2_refsets import add_refsets, preferred_in
from terminology.naming import SNOMED_CT

IS_A: Final = "116680003"
FULLY_SPECIFIED: Final = "900000000000003001"
SYNONYM: Final = "900000000000013009"
PREFERRED: Final = "900000000000548007"
DEFINED: Final = "900000000000073002"
_PROPERTIES: Final = ("moduleId", "effectiveTime", "sufficientlyDefined")
_USES: Final = {
    code: {"system": SNOMED_CT, "code": code, "display": display}
    for code, display in (
        (FULLY_SPECIFIED, "Fully specified name"),
        (SYNONYM, "Synonym"),
        (PREFERRED, "Preferred"),
    )
}


def rf2_release(files: Files, version: str, tell: Tell) -> Release:
    """The version is the edition's by its module dependencies, if none is given. Raises UnusableFile."""
    rows = Rows()
    for id_, time, active, module, defined in components(files, CONCEPTS, tell):
        row = rows.at(id_)
        row.put("moduleId", "valueCode", module)
        row.put("effectiveTime", "valueString", time)
        row.put("sufficientlyDefined", "valueBoolean", defined == DEFINED)
        if active != "1":
            row.put("inactive", "valueBoolean", True)
    if not rows.by_code:
        raise UnusableFile(f"{files.root} has no concepts")
    _describe(files, rows, tell)
    _relate(files, rows, tell)
    add_refsets(files, rows, tell)
    return Release(_header(version or edition(files, tell)), rows.listed())


CONCEPTS: Final = Component(
    "sct2_Concept_", ("id", "effectiveTime", "active", "moduleId", "definitionStatusId")
)
DESCRIPTIONS: Final = Component(
    "sct2_Description_", ("id", "effectiveTime", "active", "conceptId", "languageCode", "typeId", "term")
)
DEFINITIONS: Final = Component("sct2_TextDefinition_", ("id", "effectiveTime", "active", "conceptId", "term"))
RELATIONSHIPS: Final = Component(
    "sct2_Relationship_", ("id", "effectiveTime", "active", "sourceId", "destinationId", "typeId")
)


def _describe(files: Files, rows: Rows, tell: Tell) -> None:
    """The display is the synonym in English that a language reference set prefers, else the first one."""
    preferred = preferred_in(files, tell)
    shown: dict[str, tuple[int, str]] = {}
    for id_, _, active, concept, language, type_, term in components(files, DESCRIPTIONS, tell):
        row = rows.get(concept)
        if row is None or active != "1":
            continue
        rank = preferred.get(id_, 9)
        if type_ == SYNONYM and language == "en" and rank < shown.get(concept, (10, ""))[0]:
            shown[concept] = rank, term
        row.designate(term, language, _USES[PREFERRED] if type_ == SYNONYM and rank < 9 else _USES.get(type_))
    for _, _, active, concept, term in components(files, DEFINITIONS, tell, needed=False):
        if active == "1" and (row := rows.get(concept)):
            row.add("definition", term)
    for row in rows.listed():
        _name(row, shown.get(row.code, (9, ""))[1])


def _name(row: Row, display: str) -> None:
    """It is not repeated beside the display; preferred names come first."""
    row.display = display or (row.designations[0][0] if row.designations else row.code)
    others = [each for each in row.designations if each[0] != row.display or each[1] != "en"]
    row.designations = sorted(others, key=lambda each: each[2] is not _USES[PREFERRED])


def _relate(files: Files, rows: Rows, tell: Tell) -> None:
    """Is-a is the hierarchy, every other relationship a property."""
    above: dict[str, dict[str, None]] = {}
    for _, _, active, source, destination, type_ in components(files, RELATIONSHIPS, tell):
        row, other = rows.get(source), rows.get(destination)
        if active != "1" or row is None or other is None:
            continue
        if type_ == IS_A:
            above.setdefault(source, {})[other.code] = None
        else:
            row.put(type_, "valueCode", other.code)
    for code, parents in above.items():
        rows.at(code).above = tuple(parents)


def _header(version: str) -> Header:
    return Header(
        SNOMED_CT,
        version,
        name="SNOMED_CT",
        title="SNOMED CT",
        status="active",
        language="en",
        is_case_sensitive=True,
        value_set=f"{SNOMED_CT}?fhir_vs",
        properties={**dict.fromkeys(_PROPERTIES, ""), "inactive": CONCEPT_PROPERTIES + "inactive"},
    )
