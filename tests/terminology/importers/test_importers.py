# ruff: noqa: E501
"""Publishers' layouts, on tables of our own: what comes of them is the code system they describe."""

import tomllib
from typing import Any

import pytest

from terminology.code_system import CodeSystem
from terminology.importers.loinc import loinc_release
from terminology.importers.release import Release, UnusableFile
from terminology.importers.rf2 import rf2_release
from terminology.importers.table import column_map, table_release
from terminology.packed import assembled, parts

MAP = """
url = "http://hospital.example/CodeSystem/diagnosis"
version = "2.0"
language = "zh-CN"
hierarchy = "prefix"
[columns]
code = "编码"
display = "名称"
inactive = { column = "停用", when = ["是"] }
[designations]
en = "English"
[properties]
chapter = "章"
"""
TABLE = """编码,名称,停用,English,章
I10,特发性高血压,,Essential hypertension,九
I10.x01,高血压1级,否,,九
I10.x01001,"高血压1级, 低危",,,九
I11,高血压心脏病,是,,九
"""
LOINC_TABLE = """"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP","CLASS","STATUS","SHORTNAME","LONG_COMMON_NAME"
"9001-1","Glucose","SCnc","Pt","Ser/Plas","Qn","","CHEM","ACTIVE","Gluc SerPl","Glucose [Moles/volume] in Serum or Plasma"
"9002-2","Old thing","MCnc","Pt","Ser","Qn","","CHEM","DEPRECATED","","Old thing in Serum"
"""
VARIANT = """"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP"
"9001-1","葡萄糖","物质的量浓度","时间点","血清/血浆","定量型",""
"""
CONCEPTS = """id	effectiveTime	active	moduleId	definitionStatusId
1000	20260101	1	90	900000000000073002
1001	20260101	1	90	900000000000074008
1002	20260101	0	90	900000000000074008
"""
DESCRIPTIONS = """id	effectiveTime	active	moduleId	conceptId	languageCode	typeId	term	caseSignificanceId
1	20260101	1	90	1000	en	900000000000003001	Finding (finding)	0
2	20260101	1	90	1000	en	900000000000013009	Finding	0
3	20260101	1	90	1001	en	900000000000013009	Pain	0
4	20260101	0	90	1001	en	900000000000013009	Ache	0
5	20260101	1	90	1001	zh	900000000000013009	疼痛	0
"""
RELATIONSHIPS = """id	effectiveTime	active	moduleId	sourceId	destinationId	relationshipGroup	typeId	characteristicTypeId	modifierId
1	20260101	1	90	1001	1000	0	116680003	0	0
2	20260101	0	90	1002	1000	0	116680003	0	0
"""


def system_of(release: Release) -> CodeSystem:
    """By the way that it takes through the database."""
    return assembled(release.header, parts(release.concepts()))


def table(text: str = TABLE, said: str = MAP, encoding: str = "utf-8") -> CodeSystem:
    return system_of(table_release(text.encode(encoding), column_map(tomllib.loads(said))))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read_by_its_map(encoding: str) -> None:
    system = table(encoding=encoding)
    assert list(system.codes) == ["I10", "I10.x01", "I10.x01001", "I11"]
    assert system.displays[2] == "高血压1级, 低危"
    assert [system.codes[n] for n in system.tree.below(0)] == ["I10.x01", "I10.x01001"]
    assert [system.codes[n] for n in system.tree.parents(2)] == ["I10.x01"]
    assert [system.codes[n] for n in system.inactive] == ["I11"]
    assert [(each.language, each.value) for each in system.designations(0)][1] == (
        "en",
        "Essential hypertension",
    )
    assert system.properties(0)[0].value == "九"


def test_tabs_and_a_column_of_parents_do_as_well() -> None:
    said = MAP.replace('"prefix"', '"parent"').replace(
        'display = "名称"', 'display = "名称"\nparent = "上级"'
    )
    text = "编码\t名称\t上级\t停用\tEnglish\t章\nB\t子\tA\t\t\t\nA\t父\t\t\t\t\n"
    system = table(text, said)
    assert [system.codes[n] for n in system.tree.below(1)] == ["B"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TABLE.replace("I11,", "I10,"), "repeats the code I10"),
        (TABLE.replace("I11,", ","), "has no code"),
        (TABLE.replace("English", "Anglais"), "no column English"),
    ],
)
def test_what_is_wrong_with_a_table_is_told(text: str, why: str) -> None:
    with pytest.raises(UnusableFile, match=why):
        table(text)


@pytest.mark.parametrize(
    "said", [{}, {"url": "urn:x"}, {"url": "urn:x", "columns": {"code": "c"}, "hierarchy": "up"}]
)
def test_a_map_says_the_least(said: dict[str, Any]) -> None:
    with pytest.raises(UnusableFile):
        column_map(said)


def test_loinc_comes_with_its_axes_and_chinese_names() -> None:
    system = system_of(loinc_release(LOINC_TABLE.encode(), "2.99", {"zh-CN": VARIANT.encode()}))
    assert system.header.canonical == "http://loinc.org|2.99"
    assert system.displays[0] == "Glucose [Moles/volume] in Serum or Plasma"
    names = {each.language: each.value for each in system.designations(0)}
    assert names["zh-CN"] == "葡萄糖:物质的量浓度:时间点:血清/血浆:定量型"
    assert [system.codes[n] for n in system.having("SCALE_TYP", "Qn")] == ["9001-1", "9002-2"]
    assert [system.codes[n] for n in system.inactive] == ["9002-2"]
    with pytest.raises(UnusableFile):
        loinc_release(b"A,B\n1,2\n", "1")


def test_snomeds_snapshot_files_make_a_hierarchy() -> None:
    files = [text.splitlines(keepends=True) for text in (CONCEPTS, DESCRIPTIONS, RELATIONSHIPS)]
    system = system_of(rf2_release(*files, "http://snomed.info/sct/1/version/20260101"))
    assert list(system.displays) == ["Finding", "Pain", "1002"]
    assert [system.codes[n] for n in system.tree.below(0)] == ["1001"]
    assert [system.codes[n] for n in system.inactive] == ["1002"]
    assert ("zh", "疼痛") in [(each.language, each.value) for each in system.designations(1)]
    with pytest.raises(UnusableFile):
        rf2_release(["not\tRF2"], [], [], "")
