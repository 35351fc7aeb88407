"""The judge of round trips, tried on resources of our own with a hub of its own."""

import json
from pathlib import Path

import pytest

from conformance.roundtrip import cases, difference, read, text
from exchange.commands.engines import roundtrip

GOOD = b"""{"resourceType": "Observation", "id": "o1",
 "meta": {"versionId": "7", "profile": ["http://example.org/p"]},
 "valueQuantity": {"unit": "\\u514b", "value": 1.10}, "status": "final", "code": {"text": "a/b \\"c\\""},
 "text": {"status": "generated",
  "div": "<div xmlns=\\"http://www.w3.org/1999/xhtml\\"> <p>x<br/>\\n</p></div>"},
 "referenceRange": [{"high": {"value": 1E+2}, "low": {"value": -0.00}}],
 "_status": {"extension": [{"url": "http://example.org/e", "valueInteger": 12345}]}}"""
PATIENT = b"""{"resourceType": "Patient", "id": "p1", "name": [{"given": [null, "b", null],
 "_given": [{"extension": [{"url": "urn:x", "valueCode": "y"}]}, null,
  {"id": "z", "extension": [{"url": "urn:x", "valueDecimal": 2.50}]}]}], "multipleBirthInteger": 2}"""
BAD = b'{"resourceType": "Patient", "id": "p2", "gender": "none such"}'


def test_numbers_and_order_count() -> None:
    assert (
        text(read(b'{"b": [1.10, -0, 1E+2, "\\u4e2d\\n"], "a": {}}')) == '{"b":[1.10,-0,1E+2,"中\\n"],"a":{}}'
    )
    assert difference(read(b'{"a":{"b":[1.10]}}'), read(b'{"a":{"b":[1.1]}}')) == ".a.b[0]: 1.10 became 1.1"
    assert difference(read(b'{"a":1,"b":2}'), read(b'{"b":2,"a":1}')) == ": another order"
    assert difference(read(b'{"a":1}'), read(b'{"b":1}')) == ".a is in one only"


def test_cases(tmp_path: Path) -> None:
    (tmp_path / "o1.json").write_bytes(GOOD)
    (tmp_path / "other.json").write_text(json.dumps({"a": 1}))
    assert [case.name for case in cases(tmp_path)] == ["o1"]
    with pytest.raises(FileNotFoundError):
        cases(tmp_path / "other.json")


def test_the_verdicts(tmp_path: Path) -> None:
    for name, raw in (("o1", GOOD), ("p1", PATIENT), ("p2", BAD)):
        (tmp_path / f"{name}.json").write_bytes(raw)
    report = roundtrip(tmp_path)
    assert {one.name: one.outcome for one in report.verdicts} == {
        "o1": "passed",
        "p1": "passed",
        "p2": "failed",
    }
    (failed,) = [one.found for one in report.verdicts if one.outcome == "failed"]
    assert "Patient.gender" in failed
    assert report.unexpected == ["p2"]
