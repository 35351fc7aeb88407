"""Tables by a map of their columns."""

import tomllib
from typing import Any

import pytest

from terminology.code_system import CodeSystem
from terminology.importers.release import UnusableFile
from terminology.importers.table import column_map, table_release
from tests.terminology.importers.made import system_of

MAP = """
url = "http://hospital.example/CodeSystem/diagnosis"
version = "2.0"
language = "zh-CN"
hierarchy = "prefix"
[columns]
code = "编码"
display = "名称"
definition = "说明"
inactive = { column = "停用", when = ["是"] }
[designations]
en = "English"
[properties]
chapter = "章"
"""
TABLE = """编码,名称,停用,English,章,说明
I10,特发性高血压,,Essential hypertension,九,原发性
I10.x01,高血压1级,否,,九,
I10.x01001,"高血压1级, 低危",,,九,
I11,高血压心脏病,是,,九,
"""


def table(text: str = TABLE, said: str = MAP, encoding: str = "utf-8") -> CodeSystem:
    return system_of(table_release("t.csv", text.encode(encoding), column_map(tomllib.loads(said))))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read_by_its_map(encoding: str) -> None:
    system = table(encoding=encoding)
    assert list(system.codes) == ["I10", "I10.x01", "I10.x01001", "I11"]
    assert system.displays[2] == "高血压1级, 低危"
    assert [system.codes[n] for n in system.tree.below(0)] == ["I10.x01", "I10.x01001"]
    assert [system.codes[n] for n in system.tree.parents(2)] == ["I10.x01"]
    assert [system.codes[n] for n in system.inactive] == ["I11"]
    assert system.definition(0) == "原发性"
    english = system.designations(0)[1]
    assert (english.language, english.value) == ("en", "Essential hypertension")
    assert system.properties(0)[0].value == "九"


def test_tabs_and_a_column_of_parents_do_as_well() -> None:
    said = MAP.replace('"prefix"', '"parent"').replace(
        'display = "名称"', 'display = "名称"\nparent = "上级"'
    )
    text = "编码\t名称\t上级\t停用\tEnglish\t章\t说明\nB\t子\tA\t\t\t\t\nA\t父\t\t\t\t\t\n"
    system = table(text, said)
    assert [system.codes[n] for n in system.tree.below(1)] == ["B"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TABLE.replace("I11,", "I10,"), r"t.csv, line 5 repeats the code I10 of line 2"),
        (TABLE.replace("I11,", ","), r"t.csv, line 5 has no code"),
        (TABLE.replace("English", "Anglais"), "t.csv has no column English; it has 编码"),
        (TABLE.replace("九,原发性", "九,原发性,x"), "t.csv, line 2 has 7 cells instead of 6"),
    ],
)
def test_what_is_wrong_with_a_table_is_told(text: str, why: str) -> None:
    with pytest.raises(UnusableFile, match=why):
        table(text)


def test_another_encoding_is_told() -> None:
    with pytest.raises(UnusableFile, match="neither UTF-8 nor GB 18030"):
        table(encoding="utf-16")


@pytest.mark.parametrize(
    "said", [{}, {"url": "urn:x"}, {"url": "urn:x", "columns": {"code": "c"}, "hierarchy": "up"}]
)
def test_a_map_says_the_least(said: dict[str, Any]) -> None:
    with pytest.raises(UnusableFile):
        column_map(said)
