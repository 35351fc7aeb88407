"""The Chinese editions as spreadsheets, on sheets of our own in their layout."""
# ruff: noqa: E501

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from terminology.code_system import CodeSystem
from terminology.importers.chinese_catalog import catalog_release
from terminology.importers.release import UnusableFile
from terminology.naming import DIAGNOSIS_ICD_10, PROCEDURE_ICD_9_CM_3
from tests.terminology.importers.made import below, display, hush, system_of, values

CLINICAL = [
    ["疾病分类与代码国家临床版2.0"],
    ["主要编码", "附加编码", "疾病名称"],
    ["I10.x00", None, "特发性高血压"],
    ["I10.x00x002", None, "高血压1级"],
    ["A17.000+", "G01*", "结核性脑膜炎"],
    ["Ｇ０１＊", None, "细菌性脑膜炎"],
    [None, None, None],
    ["M80000/0", None, "良性肿瘤"],
]
INSURANCE = [
    ["章", "章代码范围", "章的名称", "节代码范围", "节名称", "类目代码", "类目名称", "亚目代码", "亚目名称", "诊断代码", "诊断名称"],
    [1, "A00-B99", "某些传染病", "A00-A09", "肠道传染病", "A00", "霍乱", "A00.0", "古典霍乱", "A00.000", "古典生物型霍乱"],
    [None, None, None, None, None, None, None, "A00.1", "埃尔托霍乱", "A00.100", "埃尔托生物型霍乱"],
    [None, None, None, None, None, "A01", "伤寒", "A01.0", "伤寒", "A01.000", "伤寒"],
]  # fmt: skip
PROCEDURES = [
    ["手术编码", "手术名称", "类别", "录入选项"],
    ["00.0100", "头和颈部血管治疗性超声", "治疗性操作", "必选"],
    ["01.0", "颅穿刺术", "手术", None],
    ["01.0100", "脑池穿刺", "诊断性操作", None],
]
INSURED_PROCEDURES = [
    ["章代码范围", "章名称", "类目代码", "类目名称", "亚目代码", "亚目名称", "细目代码", "细目名称", "手术操作代码", "手术操作名称"],
    ["00", "操作和介入", "00", "操作", "00.0", "治疗性超声", "00.01", "头颈血管超声", "00.0100", "头和颈部血管治疗性超声"],
]  # fmt: skip


def book(folder: Path, *sheets: Sequence[Sequence[Any]]) -> Path:
    made = Workbook()
    made.active.title = "说明"
    made.active.append(["本表仅供参考"])
    for n, rows in enumerate(sheets):
        sheet = made.create_sheet(f"表{n}")
        for row in rows:
            sheet.append(list(row))
    made.save(folder / "版.xlsx")
    return folder / "版.xlsx"


def read(folder: Path, *sheets: Sequence[Sequence[Any]]) -> CodeSystem:
    return system_of(catalog_release(book(folder, *sheets), "", "2.0", hush))


def test_the_clinical_edition_gets_categories_and_chapters(tmp_path: Path) -> None:
    system = read(tmp_path, CLINICAL)
    assert system.header.canonical == f"{DIAGNOSIS_ICD_10}|2.0"
    assert display(system, "I10.x00x002") == "高血压1级"
    assert below(system, "I00-I99") == ["I10.x00", "I10.x00x002", "I10"]
    assert display(system, "I00-I99") == "循环系统疾病"
    assert {system.codes[n] for n in system.abstract} == {"A00-B99", "A17", "G00-G99", "I00-I99", "I10"}
    assert values(system, "A17.000", "mark") == ["dagger"]
    assert values(system, "A17.000", "further") == ["G01*"]
    assert values(system, "G01", "mark") == ["asterisk"]
    assert len(system.tree.parents(system.numbers["M80000/0"])) == 0


def test_the_insurance_edition_has_its_levels_in_columns(tmp_path: Path) -> None:
    system = read(tmp_path, INSURANCE)
    assert system.url.endswith("/CodeSystem/nhsa-diagnosis")
    assert below(system, "A00-A09") == [
        "A00",
        "A00.0",
        "A00.000",
        "A00.1",
        "A00.100",
        "A01",
        "A01.0",
        "A01.000",
    ]
    assert below(system, "A00.1") == ["A00.100"]
    assert display(system, "A00-B99") == "某些传染病"


def test_procedures_are_known_by_their_header(tmp_path: Path) -> None:
    system = read(tmp_path, PROCEDURES)
    assert system.url == PROCEDURE_ICD_9_CM_3
    assert below(system, "01-05") == ["01.0", "01.0100", "01"]
    assert below(system, "01.0") == ["01.0100"]
    assert values(system, "00.0100", "类别") == ["治疗性操作"]
    insured = read(tmp_path, INSURED_PROCEDURES)
    assert insured.url.endswith("/CodeSystem/nhsa-procedure")
    assert below(insured, "00.0") == ["00.01", "00.0100"]


def test_several_sheets_and_csv_do_as_well(tmp_path: Path) -> None:
    assert len(read(tmp_path, CLINICAL[:4], [CLINICAL[1], *CLINICAL[4:]]).codes) == len(
        read(tmp_path, CLINICAL).codes
    )
    path = tmp_path / "版.csv"
    path.write_text("\n".join(",".join(cell or "" for cell in row) for row in CLINICAL[1:]), "gb18030")
    assert display(system_of(catalog_release(path, "urn:own", "1", hush)), "I10.x00") == "特发性高血压"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([["a", "b"]], "has no sheet with a column of codes"),
        ([*CLINICAL, ["I10.x00", None, "again"]], "sheet 表0, line 9 repeats the code I10.x00 of .*line 3"),
        ([*CLINICAL, [None, None, "nameless"]], "line 9 has a name and no code"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, rows: list[list[Any]], why: str) -> None:
    with pytest.raises(UnusableFile, match=why):
        read(tmp_path, rows)


def test_what_is_no_spreadsheet_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK no")
    with pytest.raises(UnusableFile, match="not an XLSX file"):
        catalog_release(tmp_path / "a.xlsx", "", "", hush)
