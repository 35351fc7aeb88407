"""What the events of orders, results, appointments, documents, accounts, referrals and tables do."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.hl7v2.events import SUPPORTED
from adapters.merge import merged
from adapters.translation import Translation
from profiles.definitions import definitions
from profiles.structure import compile_structure
from tests.adapters.hl7v2.golden import resources, translated

TOLD: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "events_of_others.yaml").read_text("utf-8"))
check = compile_structure(definitions())


def told() -> Iterator[Any]:
    for case in TOLD["cases"]:
        segments = [TOLD["segments"].get(each, each) for each in case["segments"]]
        for event in case["events"]:
            yield pytest.param(case, event, segments, id=f"{case['type']} {event} {case['resource']}")


def made(kind: str, segments: Sequence[str], version: str = "2.5.1") -> Translation:
    """`kind` is MSH-9."""
    header = f"MSH|^~\\&|HIS|H1|HUB|YL|20240301083012||{kind}|C1|P|{version}"
    return translated("\r".join((header, *segments)))


@pytest.mark.parametrize(("case", "event", "segments"), list(told()))
def test_what_an_event_does(case: dict[str, Any], event: str, segments: list[str]) -> None:
    assert event in SUPPORTED[case["type"]]
    translation = made(f"{case['type']}^{event}", segments)
    assert [issue for issue in translation.issues if issue.severity in ("error", "fatal")] == []
    assert [each.path for each in translation.residue] == []
    found: Any = resources(translation, case["resource"])[0]
    for step in case["where"]:
        found = found[step]
    assert found == case["is"]
    assert [issue for entry in translation.entries for issue in check(merged(None, entry))] == []


@pytest.mark.parametrize("structure", ["^ADT_A01", "^ORU_R01", "^NONE_X99", "^", "^^"])
@pytest.mark.parametrize("version", ["2.1", "2.3.1", "2.8", "3.0", "x", ""])
def test_neither_structure_nor_version_changes_what_is_said(structure: str, version: str) -> None:
    segments = [TOLD["segments"][name] for name in ("PID", "ORC", "OBR", "OBX")]
    plain, other = made("ORU^R01", segments), made(f"ORU^R01{structure}", segments, version)
    for kind in ("Patient", "ServiceRequest", "DiagnosticReport", "Observation"):
        there, here = ([each["id"] for each in resources(of, kind)] for of in (other, plain))
        assert there == here
