"""LOINC's files, on a release of our own in its layout."""
# ruff: noqa: E501

import zipfile
from pathlib import Path

import pytest

from terminology.importers.files import Files
from terminology.importers.loinc import loinc_release
from terminology.importers.release import UnusableFile
from terminology.library import Library, ready
from terminology.options import Options
from terminology.scope import Scope
from tests.terminology.importers.made import below, display, hush, system_of, values, written

TABLE = """"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP","CLASS","STATUS","SHORTNAME","LONG_COMMON_NAME"
"9001-1","Glucose","SCnc","Pt","Ser/Plas","Qn","","CHEM","ACTIVE","Gluc SerPl","Glucose [Moles/volume] in Serum or Plasma"
"9002-2","Old thing","MCnc","Pt","Ser","Qn","","CHEM","DEPRECATED","","Old thing in Serum"
"""
VARIANT = """"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP","LONG_COMMON_NAME"
"9001-1","{}","a","b","c","d","","{}"
"""
RELEASE = {
    "LoincTable/Loinc.csv": TABLE,
    "LoincTable/MapTo.csv": '"LOINC","MAP_TO","COMMENT"\n"9002-2","9001-1",""\n',
    "AccessoryFiles/LinguisticVariants/zhCN5LinguisticVariant.csv": VARIANT.format("葡萄糖", ""),
    "AccessoryFiles/LinguisticVariants/deDE15LinguisticVariant.csv": VARIANT.format(
        "Glukose", "Glukose im Serum"
    ),
    "AccessoryFiles/PartFile/Part.csv": '"PartNumber","PartTypeName","PartName","PartDisplayName","Status"\n'
    '"LP1-1","COMPONENT","Glucose","Glucose part","ACTIVE"\n"LP2-2","CLASS","CHEM","","DEPRECATED"\n',
    "AccessoryFiles/ComponentHierarchyBySystem/ComponentHierarchyBySystem.csv": '"PATH_TO_ROOT","SEQUENCE","IMMEDIATE_PARENT","CODE","CODE_TEXT"\n'
    '"","1","","LP9-9","Laboratory"\n"LP9-9","1","LP9-9","LP1-1","Glucose"\n"LP9-9.LP1-1","1","LP1-1","9001-1","Glucose | Serum"\n',
    "AccessoryFiles/AnswerFile/AnswerList.csv": '"AnswerListId","AnswerListName","AnswerListOID","AnswerStringId","SequenceNumber","DisplayText"\n'
    '"LL5-5","Yes or no","1.2","LA2-2","2","No"\n"LL5-5","Yes or no","1.2","LA1-1","1","Yes"\n"LL6-6","Elsewhere","1.3","","",""\n',
    "AccessoryFiles/AnswerFile/LoincAnswerListLink.csv": '"LoincNumber","LongCommonName","AnswerListId","AnswerListName","AnswerListLinkType"\n"9001-1","x","LL5-5","y","NORMATIVE"\n',
}


def test_a_release_is_read_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    release = loinc_release(
        written(tmp_path, RELEASE), "2.99", lambda file, lines: told.append((file, lines))
    )
    system = system_of(release)
    assert system.header.canonical == "http://loinc.org|2.99"
    assert display(system, "9001-1") == "Glucose [Moles/volume] in Serum or Plasma"
    names = {each.language: each.value for each in system.designations(0)}
    assert names["zh-CN"] == "葡萄糖:a:b:c:d"
    assert names["de-DE"] == "Glukose im Serum"
    assert [system.codes[n] for n in system.having("SCALE_TYP", "Qn")] == ["9001-1", "9002-2"]
    assert [system.codes[n] for n in system.inactive] == ["9002-2", "LP2-2"]
    assert values(system, "9002-2", "MAP_TO") == ["9001-1"]
    assert values(system, "9001-1", "AnswerListId") == ["LL5-5"]
    assert below(system, "LP9-9") == ["9001-1", "LP1-1"]
    assert display(system, "LP1-1") == "Glucose part"
    assert ("LoincTable/Loinc.csv", 2) in told


def test_answer_lists_and_parts_are_value_sets(tmp_path: Path) -> None:
    system = system_of(loinc_release(written(tmp_path, RELEASE), "2.99", hush))
    scope = Scope(Library([ready(system)]), Options())
    answers = scope.value_set("http://loinc.org/vs/LL5-5")
    part = scope.value_set("http://loinc.org/vs/LP1-1")
    assert answers is not None
    assert part is not None
    assert [each.code for each in answers.included[0].concepts] == ["LA1-1", "LA2-2"]
    assert part.included[0].filters[0].value == "LP1-1"
    assert scope.value_set("http://loinc.org/vs/LL9-9") is None
    assert scope.value_set("http://loinc.org/vs") is not None


def test_an_archive_does_as_well(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "Loinc.zip", "w") as archive:
        for name, text in RELEASE.items():
            archive.writestr(name, text)
    assert len(loinc_release(Files(tmp_path / "Loinc.zip"), "2.99", hush).rows) == 9


@pytest.mark.parametrize(
    ("changed", "version", "why"),
    [
        ({"LoincTable/Loinc.csv": "A,B\n1,2\n"}, "1", "Loinc.csv has no column LOINC_NUM"),
        (
            {"LoincTable/Loinc.csv": TABLE + '"9001-1"\n'},
            "1",
            "Loinc.csv, line 4 repeats the code 9001-1 of line 2",
        ),
        ({"LoincTable/Loinc.csv": TABLE + '"\n'}, "1", "Loinc.csv, line"),
        ({}, "", "give --version"),
        ({"x/Loinc.csv": TABLE}, "1", "several files"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, changed: dict[str, str], version: str, why: str) -> None:
    with pytest.raises(UnusableFile, match=why):
        loinc_release(written(tmp_path, {**RELEASE, **changed}), version, hush)


def test_a_folder_without_it(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"no file Loinc\.csv"):
        loinc_release(Files(tmp_path), "1", hush)
    (tmp_path / "Loinc.csv").write_bytes(TABLE.encode() + b"\xff\xfe\n")
    with pytest.raises(UnusableFile, match="not UTF-8"):
        loinc_release(Files(tmp_path), "1", hush)
