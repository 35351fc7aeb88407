"""HL7's kind of cases: a manifest, inputs and expected snapshots."""

import json
from pathlib import Path
from typing import Any

from exchange.commands.snapshots import snapshot
from tests.conformance.snapshot.test_packages import PROFILE, published

MANIFEST = "<snapshot-generation-tests>{}</snapshot-generation-tests>"


def judged(folder: Path, test: str, **files: Any) -> tuple[str, str]:
    (folder / "manifest.xml").write_text(MANIFEST.format(test))
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    [verdict] = snapshot(folder).verdicts
    return verdict.outcome, verdict.found


def test_a_snapshot_is_compared_with_the_expected_one(tmp_path: Path) -> None:
    files = {"a-input": PROFILE, "a-expected": published(min=1)}
    assert judged(tmp_path, '<test id="a" gen="true"/>', **files) == ("passed", "")
    files["a-expected"] = published(min=0)
    outcome, found = judged(tmp_path, '<test id="a" gen="true"/>', **files)
    assert (outcome, found) == ("failed", "1 differences: Period.start min 1 instead of 0")


def test_what_must_be_refused_must_be_refused(tmp_path: Path) -> None:
    bad = {**PROFILE, "differential": {"element": [{"path": "Period.nothing"}]}}
    assert judged(tmp_path, '<test id="a" fail="true"/>', **{"a-input": bad})[0] == "passed"
    assert judged(tmp_path, '<test id="a" fail="true"/>', **{"a-input": PROFILE}) == (
        "failed",
        "should be refused",
    )


def test_a_differential_is_put_in_order_where_the_case_says_so(tmp_path: Path) -> None:
    told = [{"path": "Period.end", "min": 0}, {"path": "Period.start", "min": 1}]
    files = {"a-input": {**PROFILE, "differential": {"element": told}}, "a-expected": published(min=1)}
    assert judged(tmp_path, '<test id="a" gen="true" sort="true"/>', **files) == ("passed", "")


def test_another_version_of_fhir_is_skipped(tmp_path: Path) -> None:
    outcome = judged(tmp_path, '<test id="a" gen="true" version="3.0.2"/>', **{"a-input": PROFILE})
    assert outcome == ("skipped", "it is of FHIR 3.0.2")
