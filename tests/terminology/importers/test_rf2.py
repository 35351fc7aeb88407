"""SNOMED CT's release format, on files of our own in its layout."""

from pathlib import Path

import pytest

from terminology.algebra import runs_of
from terminology.code_system import CodeSystem
from terminology.implicit import implicit_map
from terminology.importers.files import Files
from terminology.importers.release import UnusableFile
from terminology.importers.rf2 import rf2_release
from terminology.library import Library, ready
from terminology.options import Options
from terminology.scope import Scope
from terminology.texts import Refusal
from terminology.wire.operations import Asked, answer
from tests.terminology.importers.made import below, display, hush, system_of, values, written

TERM, REFSET = "Snapshot/Terminology/", "Snapshot/Refset/"
FSN, SYNONYM, PREFERRED = "900000000000003001", "900000000000013009", "900000000000548007"
MODULE = "900000000000207008"
SCT = "http://snomed.info/sct"


def tabs(*rows: str) -> str:
    return "".join("\t".join(row.split("|")) + "\r\n" for row in rows)


CONCEPTS = "id|effectiveTime|active|moduleId|definitionStatusId"
DESCRIPTIONS = "id|effectiveTime|active|moduleId|conceptId|languageCode|typeId|term|caseSignificanceId"
MEMBER = "id|effectiveTime|active|moduleId|refsetId|referencedComponentId"
RELATIONSHIPS = (
    "id|effectiveTime|active|moduleId|sourceId|destinationId|relationshipGroup|typeId|characteristicTypeId"
)
MAP_MORE = "|mapGroup|mapPriority|mapRule|mapAdvice|mapTarget|correlationId|mapCategoryId"
RELEASE = {
    TERM + "sct2_Concept_Snapshot_INT_20260101.txt": tabs(
        CONCEPTS,
        "1000|20260101|1|90|900000000000073002",
        "1001|20260101|1|90|900000000000074008",
        "1002|20260101|0|90|900000000000074008",
        "2000|20250101|1|90|900000000000074008",
    ),
    TERM + "sct2_Description_Snapshot-en_INT_20260101.txt": tabs(
        DESCRIPTIONS,
        f"1|20260101|1|90|1000|en|{FSN}|Finding (finding)|0",
        f"2|20260101|1|90|1000|en|{SYNONYM}|Clinical finding|0",
        f"3|20260101|1|90|1001|en|{SYNONYM}|Ache|0",
        f"4|20260101|1|90|1001|en|{SYNONYM}|Pain|0",
        f"5|20260101|0|90|1001|en|{SYNONYM}|Dolour|0",
        f'7|20260101|1|90|2000|en|{SYNONYM}|"Head" structure|0',
    ),
    TERM + "sct2_Description_Snapshot-zh_CN_20260101.txt": tabs(
        DESCRIPTIONS, f"6|20260101|1|90|1001|zh|{SYNONYM}|疼痛|0"
    ),
    TERM + "sct2_TextDefinition_Snapshot-en_INT_20260101.txt": tabs(
        DESCRIPTIONS, "8|20260101|1|90|1001|en|900000000000550004|It hurts.|0"
    ),
    TERM + "sct2_Relationship_Snapshot_INT_20260101.txt": tabs(
        RELATIONSHIPS,
        "1|20260101|1|90|1001|1000|0|116680003|0",
        "2|20260101|0|90|1002|1000|0|116680003|0",
        "3|20260101|1|90|1001|2000|1|363698007|0",
    ),
    REFSET + "Language/der2_cRefset_LanguageSnapshot-en_INT_20260101.txt": tabs(
        MEMBER + "|acceptabilityId",
        f"a|20260101|1|90|900000000000509007|4|{PREFERRED}",
        "b|20260101|1|90|900000000000509007|3|900000000000549004",
    ),
    REFSET + "Content/der2_Refset_SimpleSnapshot_INT_20260101.txt": tabs(
        MEMBER, "c|20260101|1|90|723264001|1001", "d|20260101|0|90|723264001|1000"
    ),
    REFSET + "Content/der2_cRefset_AssociationSnapshot_INT_20260101.txt": tabs(
        MEMBER + "|targetComponentId", "e|20260101|1|90|900000000000527005|1002|1001"
    ),
    REFSET + "Map/der2_sRefset_SimpleMapSnapshot_INT_20260101.txt": tabs(
        MEMBER + "|mapTarget", "f|20260101|1|90|900000000000497000|1001|XE0r6"
    ),
    REFSET + "Map/der2_iisssccRefset_ExtendedMapSnapshot_INT_20260101.txt": tabs(
        MEMBER + MAP_MORE, "g|20260101|1|90|447562003|1001|1|1|TRUE|ALWAYS R52|R52|447558009|447637006"
    ),
    REFSET + "Metadata/der2_ssRefset_ModuleDependencySnapshot_INT_20260101.txt": tabs(
        MEMBER + "|sourceEffectiveTime|targetEffectiveTime",
        f"h|20260101|1|{MODULE}|900000000000534007|900000000000012004|20260101|20260101",
    ),
}
EDITION = f"{SCT}/{MODULE}/version/20260101"


def read(folder: Path, changed: dict[str, str] | None = None, version: str = "") -> CodeSystem:
    return system_of(rf2_release(written(folder, {**RELEASE, **(changed or {})}), version, hush))


def test_a_snapshot_makes_a_hierarchy_with_names(tmp_path: Path) -> None:
    system = read(tmp_path)
    assert system.header.canonical == f"{SCT}|{EDITION}"
    assert list(system.displays) == ["Clinical finding", "Pain", "1002", '"Head" structure']
    assert below(system, "1000") == ["1001"]
    assert [system.codes[n] for n in system.inactive] == ["1002"]
    assert {(each.language, each.value) for each in system.designations(1)} == {
        ("en", "Pain"),
        ("en", "Ache"),
        ("zh", "疼痛"),
    }
    assert values(system, "1001", "363698007") == ["2000"]
    assert system.definition(1) == "It hurts."


def test_reference_sets_are_value_sets_and_maps(tmp_path: Path) -> None:
    library = Library([ready(read(tmp_path))])
    scope = Scope(library, Options())
    for url in (f"{SCT}?fhir_vs=refset/723264001", f"{SCT}/{MODULE}?fhir_vs=refset/723264001"):
        value_set = scope.value_set(url)
        assert value_set is not None, url
        (run,) = runs_of(scope, value_set, lambda *_: None)
        assert [run.system.codes[n] for n in run.numbers] == ["1001"]
    assert scope.value_set(f"{SCT}?fhir_vs=isa/1000") is not None
    assert scope.value_set(f"{SCT}/1?fhir_vs") is None
    with pytest.raises(Refusal):
        scope.expandable(SCT, "http://snomed.info/sct/1/version/1")
    assert implicit_map(library, f"{SCT}?fhir_cm=1") is None


@pytest.mark.parametrize(
    ("refset", "code", "system", "target", "equivalence"),
    [
        ("447562003", "1001", "http://hl7.org/fhir/sid/icd-10", "R52", "wider"),
        ("900000000000497000", "1001", "http://read.info/ctv3", "XE0r6", "relatedto"),
        ("900000000000527005", "1002", SCT, "1001", "equal"),
    ],
)
def test_maps_are_translated_by(
    tmp_path: Path, refset: str, code: str, system: str, target: str, equivalence: str
) -> None:
    given = [("url", f"{SCT}?fhir_cm={refset}"), ("system", SCT), ("code", code)]
    library = Library([ready(read(tmp_path))])
    _, told = answer("translate", Asked(library, given, "", lambda: ("", "")))
    assert told["parameter"][0]["valueBoolean"] is True, told
    parts = {each["name"]: each for each in told["parameter"][1]["part"]}
    assert parts["equivalence"]["valueCode"] == equivalence
    assert parts["concept"]["valueCoding"] == {"system": system, "code": target}


def test_a_full_release_and_a_delta_tell_the_latest_state(tmp_path: Path) -> None:
    full = {name.replace("Snapshot", "Full"): text for name, text in RELEASE.items()}
    name = TERM.replace("Snapshot", "Full") + "sct2_Concept_Full_INT_20260101.txt"
    full[name] += tabs("1000|20240101|0|90|900000000000074008", "1002|20240101|1|90|900000000000074008")
    system = system_of(rf2_release(written(tmp_path, full), "", hush))
    assert [system.codes[n] for n in system.inactive] == ["1002"]
    delta = tabs(CONCEPTS, "1001|20260701|0|90|900000000000074008")
    written(tmp_path, {"Delta/sct2_Concept_Delta_INT_20260701.txt": delta})
    system = system_of(rf2_release(Files(tmp_path), "", hush))
    assert sorted(system.codes[n] for n in system.inactive) == ["1001", "1002"]
    assert display(system, "1001") == "Pain"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("sct2_Concept_Snapshot_INT_20260101.txt", "not\tRF2\n", "line 1 names no column id"),
        ("sct2_Concept_Snapshot_INT_20260101.txt", tabs(CONCEPTS, "1|2"), "line 2 has 2 cells instead of 5"),
        ("sct2_Concept_Snapshot_INT_20260101.txt", tabs(CONCEPTS), "has no concepts"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, name: str, text: str, why: str) -> None:
    with pytest.raises(UnusableFile, match=why):
        read(tmp_path, {TERM + name: text})


def test_an_edition_needs_its_modules(tmp_path: Path) -> None:
    name = next(name for name in RELEASE if "ModuleDependency" in name)
    later = "i|20260101|1|45991000052106|900000000000534007|900000000000207008|20260401|20260301"
    with pytest.raises(UnusableFile, match="needs module 900000000000207008 of 20260301"):
        read(tmp_path, {name: RELEASE[name] + tabs(later)})
    system = read(tmp_path, {name: RELEASE[name] + tabs(later.replace("20260301", "20260101"))})
    assert system.version == f"{SCT}/45991000052106/version/20260401"
    with pytest.raises(UnusableFile, match="give --version"):
        read(tmp_path, {name: RELEASE[name].splitlines()[0] + "\n"})
    assert read(tmp_path, {}, "urn:own").version == "urn:own"


def test_a_folder_without_it(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="no file sct2_Concept_"):
        rf2_release(Files(tmp_path), "", hush)
