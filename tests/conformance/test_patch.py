"""The judge of patches, tried on a suite of our own with an engine that answers by heart."""

from pathlib import Path

import pytest

from conformance.patch import cases, judge
from conformance.report import Refused, baseline

JSON = """[
 {"comment": "right", "doc": {"a": 1.10}, "patch": [], "expected": {"a": 1.1}},
 {"comment": "other", "doc": {}, "patch": [], "expected": {"a": 2}},
 {"comment": "refused", "doc": {}, "patch": [1], "error": "no"},
 {"comment": "not refused", "doc": {"a": 1}, "patch": [], "error": "no"}
]"""
XML = """<tests>
 <case name="same but for space"><target><a xmlns="u"><b/></a></target>
  <patch xmlns="u"><add sel="a"/></patch><patched><a xmlns="u">
  <b/> </a></patched></case>
 <case name="comment lost"><target><a/></target><patch/><patched><a><!--x--></a></patched></case>
 <case name="no target"><target/><patch/><error message="none"/></case>
</tests>"""
FHIR = """<tests>
 <case name="comments say nothing" mode="both"><input><P xmlns="f"><x/></P></input>
  <diff><Q xmlns="f"/></diff><output><P xmlns="f"><!--c--><x/></P></output></case>
 <case name="crash" mode="both"><input><P/></input><diff><Crash/></diff><error msg="no"/></case>
</tests>"""


class Echo:
    """Gives the document back."""

    def json(self, document: bytes, patch: bytes) -> bytes:
        if b"1" in patch:
            raise Refused("no")
        return document

    def xml(self, document: bytes, patch: bytes) -> bytes:
        if not document:
            raise Refused("nothing")
        return document

    def fhirpath(self, resource: bytes, patch: bytes) -> bytes:
        if b"Crash" in patch:
            raise ZeroDivisionError
        return resource


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for release in ("r4", "r5"):
        (tmp_path / release / "patch").mkdir(parents=True)
        (tmp_path / release / "patch" / "json-patch-tests.json").write_text(JSON)
    (tmp_path / "r4" / "patch" / "xml-patch-tests.xml").write_text(XML)
    (tmp_path / "r4" / "patch" / "fhir-patch-tests.xml").write_text(FHIR)
    return tmp_path


def test_verdicts(folder: Path) -> None:
    known = {"xml-patch-tests/comment lost": "known", "json-patch-tests/right": "no longer", "elsewhere": "?"}
    report = judge(cases(folder), Echo(), known)
    failed = {verdict.name.partition("/")[2] for verdict in report.verdicts if verdict.outcome == "failed"}
    assert failed == {"other", "not refused", "comment lost", "crash"}
    assert report.totals == "5 passed, 4 failed, 0 skipped"
    assert report.unexpected == [
        "fhir-patch-tests/crash",
        "json-patch-tests/not refused",
        "json-patch-tests/other",
        "json-patch-tests/right",
    ]


def test_one_file(folder: Path) -> None:
    assert len(cases(folder / "r5" / "patch" / "json-patch-tests.json")) == 4
    with pytest.raises(FileNotFoundError):
        cases(folder / "nowhere")
    (folder / "empty").mkdir()
    with pytest.raises(FileNotFoundError):
        cases(folder / "empty")


def test_nothing_is_known_to_fail() -> None:
    assert baseline("patch") == {}
