"""The judge of documents, with a translator of the test's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.documents import cases, judge
from conformance.v2_pairs import Translated

PATIENT = {"resourceType": "Patient", "id": "1", "name": [{"text": "欧阳测试"}]}


class Engine:
    """Makes always the same; calls every resource without an id invalid."""

    def __init__(self, *resources: dict[str, Any]) -> None:
        self.resources = resources

    def translate(self, raw: bytes) -> Translated:
        leaves = [("a/name@", "欧阳测试"), ("a/name@classCode", "ASSIGNED"), ("a/other@", "不见了的值")]
        return Translated(list(self.resources), [], leaves, 2, 1, ["a/other"])

    def invalid(self, resource: dict[str, Any]) -> Sequence[str]:
        return [] if "id" in resource else ["there is no id"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("local-xml-cda", "local-xml-cda-rendered"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.xml").write_text("<a><name>欧阳测试</name></a>", "utf-8")
    return tmp_path


def test_what_is_right_passes_and_is_measured(folder: Path) -> None:
    report = judge(cases(folder), Engine(PATIENT), folder, {})
    assert [each.outcome for each in report.verdicts] == ["passed", "passed"]
    assert "median 0.500" in report.notes[0]
    assert "2 residue" in report.notes[0]
    assert "equal elements 1.000 of all" in report.notes[1]


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ({"resourceType": "Patient"}, "there is no id"),
        ({**PATIENT, "managingOrganization": {"reference": "Organization/9"}}, "dangling"),
    ],
)
def test_what_is_wrong_fails(folder: Path, resource: dict[str, Any], told: str) -> None:
    report = judge(cases(folder), Engine(resource), folder, {})
    assert all(each.outcome == "failed" and told in each.found for each in report.verdicts)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cases(tmp_path)
