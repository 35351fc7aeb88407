"""ICD-10-CM's tabular list and order file, on files of our own in their layout."""

from pathlib import Path

import pytest

from terminology.importers.files import Files
from terminology.importers.icd_10_cm import icd_10_cm_release
from terminology.importers.release import UnusableFile
from tests.terminology.importers.made import below, display, hush, system_of, values, written

TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular><version>2026</version>
<chapter><name>19</name><desc>Injury</desc>
<section id="S00-S09"><desc>Head</desc>
<diag><name>S02</name><desc>Fracture of skull</desc>
<sevenChrDef><extension char="A">initial</extension><extension char="D">subsequent</extension></sevenChrDef>
<diag><name>S02.0</name><desc>Fracture of vault</desc><inclusionTerm><note>Broken vault</note></inclusionTerm>
</diag></diag></section></chapter>
</ICD10CM.tabular>"""


def line(number: int, code: str, flag: int, long: str) -> str:
    return f"{number:05d} {code:<7} {flag} {long[:60]:<60} {long}\n"


ORDER = line(1, "S02", 0, "Fracture of skull") + line(2, "S020XXA", 1, "Fracture of vault, initial")


def test_the_tabular_list_with_its_seventh_characters(tmp_path: Path) -> None:
    files = written(tmp_path, {"icd10cm_tabular_2026.xml": TABULAR})
    system = system_of(icd_10_cm_release(files, "", hush))
    assert system.version == "2026"
    assert below(system, "S00-S09") == ["S02", "S02.0", "S02.0XXA", "S02.0XXD"]
    assert display(system, "S02.0XXA") == "Fracture of vault, initial"
    assert {system.codes[n] for n in system.abstract} == {"chapter-19", "S00-S09"}


def test_the_order_file_beside_it_and_alone(tmp_path: Path) -> None:
    alone = written(tmp_path / "a", {"icd10cm_order_2026.txt": ORDER})
    system = system_of(icd_10_cm_release(alone, "2026", hush))
    assert list(system.codes) == ["S02", "S02.0XXA"]
    assert below(system, "S02") == ["S02.0XXA"]
    assert values(system, "S02.0XXA", "billable") == [True]
    both = written(tmp_path / "b", {"icd10cm_order_2026.txt": ORDER, "icd10cm_tabular_2026.xml": TABULAR})
    system = system_of(icd_10_cm_release(both, "", hush))
    assert below(system, "S02.0") == ["S02.0XXA", "S02.0XXD"]
    assert values(system, "S02", "billable") == [False]


@pytest.mark.parametrize(
    ("files", "version", "why"),
    [
        ({"x.csv": ""}, "", "has no file"),
        ({"icd10cm_order_2026.txt": ORDER}, "", "give --version"),
        ({"icd10cm_order_2026.txt": ORDER + "nonsense\n"}, "1", "line 3 is not of the order file's columns"),
        ({"tabular.xml": "<a>"}, "", r"tabular\.xml, line 1"),
        ({"tabular.xml": TABULAR.replace("<name>S02.0</name>", "")}, "", "line 7: a diag has no name"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, files: dict[str, str], version: str, why: str) -> None:
    written(tmp_path, files)
    with pytest.raises(UnusableFile, match=why):
        icd_10_cm_release(Files(tmp_path), version, hush)
