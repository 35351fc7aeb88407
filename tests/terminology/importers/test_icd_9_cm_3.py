"""ICD-9-CM's procedures, on files of our own in their layout."""

from pathlib import Path

import pytest

from terminology.importers.files import Files
from terminology.importers.icd_9_cm_3 import icd_9_cm_3_release
from terminology.importers.release import UnusableFile
from tests.terminology.importers.made import below, display, hush, system_of

LONG = "0001 Therapeutic ultrasound of vessels\n010  Cranial puncture\n0101 Cisternal puncture of Ménière\n"
SHORT = "0001 Ther ult head & neck\n0101 Cisternal puncture\n"


def test_codes_get_their_dots_and_chapters(tmp_path: Path) -> None:
    (tmp_path / "CMS32_DESC_LONG_SG.txt").write_bytes(LONG.encode("latin-1"))
    (tmp_path / "CMS32_DESC_SHORT_SG.txt").write_bytes(SHORT.encode("latin-1"))
    system = system_of(icd_9_cm_3_release(Files(tmp_path), "", hush))
    assert system.header.canonical == "http://hl7.org/fhir/sid/icd-9-cm/procedure|32"
    assert display(system, "01.01") == "Cisternal puncture of Ménière"
    assert below(system, "01-05") == ["01.0", "01.01", "01"]
    assert "Ther ult head & neck" in [each.value for each in system.designations(0)]
    assert {system.codes[n] for n in system.abstract} == {"00", "01", "01-05"}


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="has no file"):
        icd_9_cm_3_release(Files(tmp_path), "", hush)
    (tmp_path / "CMS32_DESC_LONG_SG.txt").write_text(LONG + "x\n", "utf-8")
    with pytest.raises(UnusableFile, match="line 4 is not a code and its title"):
        icd_9_cm_3_release(Files(tmp_path), "", hush)
    (tmp_path / "CMS32_DESC_LONG_SG.txt").write_text(LONG + LONG, "latin-1")
    with pytest.raises(UnusableFile, match=r"line 4 repeats the code 00\.01 of line 1"):
        icd_9_cm_3_release(Files(tmp_path), "", hush)
