"""Agreement with expected resources, of files of the test's own."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.document_expected import agreement
from conformance.v2_pairs import Translated

PATIENT = {"resourceType": "Patient", "gender": "male", "birthDate": "1990-03-07"}


def made(*resources: dict[str, Any]) -> Translated:
    return Translated(list(resources), [], [], 1, 0, [])


@pytest.mark.parametrize(
    ("where", "beside", "told"),
    [
        ("input/a.ccda", "expected/a-expected.json", {"entry": [{"resource": PATIENT}]}),
        ("binary/a.xml", "patient/a.json", PATIENT),
    ],
)
def test_expected_elements_are_counted_by_type(
    tmp_path: Path, where: str, beside: str, told: dict[str, Any]
) -> None:
    file = tmp_path / beside
    file.parent.mkdir()
    file.write_text(json.dumps(told), "utf-8")
    lines = list(agreement({tmp_path / where: made({**PATIENT, "birthDate": "1990-03-08"})}))
    assert lines[0] == "1 documents with expected resources: 1/2 elements agree (0.500); not judged 1"
    assert lines[1] == "Patient 1/2"
    assert lines[2] == "not judged: Patient.birthDate (another) 1"


def test_documents_of_which_nothing_is_expected_are_not_told(tmp_path: Path) -> None:
    assert list(agreement({tmp_path / "input/b.ccda": made(PATIENT)})) == []
