"""Coverage of declared fields, with translators of the test's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.document_fields import coverage_by_type
from conformance.v2_pairs import Translated

LIST = """doc,sheet,name_zh,attr,data_element,length,cardinality,entry,object
C0001,Sheet1,姓名,Patient.PatientName,,50,1..1,,
C0001,Sheet1,签名,SignInfo,,,1..1,,SignInfo
C0001,Sheet1,姓名,Name,,50,1..1,,
C0001,Sheet1,联系人,ContactInfo,,,1..1,,ContactInfo
C0001,Sheet1,姓名,Name,,50,1..1,,
C0001,Sheet1,标志,AllergySign,,T/F,1..1,,
"""


class Engine:
    """Keeps the whole document but for some words in its text."""

    def __init__(self, left_out: str, *residue: str) -> None:
        self.left_out = left_out
        self.residue = list(residue)
        self.seen = ""

    def translate(self, raw: bytes) -> Translated:
        self.seen = raw.decode()
        text = self.seen.replace(self.left_out, "")
        return Translated([{"resourceType": "Basic", "t": text}], [], [], 1, 0, self.residue)

    def invalid(self, resource: dict[str, Any]) -> Sequence[str]:
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fields.csv").write_text(LIST, "utf-8")
    return tmp_path


def test_repeated_names_stand_in_the_group_before_them(folder: Path) -> None:
    engine = Engine("nothing")
    told = list(coverage_by_type(folder, engine))
    assert told[0].startswith("fields of 1 types that reach the output: 4/4")
    assert "<SignInfo><Name>" in engine.seen
    assert "<ContactInfo><Name>" in engine.seen


def test_what_does_not_reach_the_output_is_named(folder: Path) -> None:
    told = list(coverage_by_type(folder, Engine("值0V", "C0001/AllergySign")))
    assert told[-1] == "fields that do not: C0001 Patient.PatientName, C0001 AllergySign"
