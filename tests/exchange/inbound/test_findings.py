"""Issues in the words of Table 0357."""

import pytest

from adapters.hl7v2.parse import parse
from exchange.inbound.findings import resource_faults, translation_faults
from terminology.issue import Issue


@pytest.mark.parametrize(
    ("issue", "code", "address"),
    [
        (Issue("error", "required", "no number", "PID-3"), "101", "PID-3"),
        (Issue("fatal", "value", "no date", "OBX[3]-14[1].1.1"), "102", "OBX[3]-14[1].1.1"),
        (Issue("error", "code-invalid", "no such code", "PID-8"), "103", "PID-8"),
        (Issue("error", "structure", "no order", "MRG"), "100", "MRG"),
        (Issue("error", "not-supported", "no such event", "MSH-9.2"), "201", "MSH-9.2"),
        (Issue("error", "not-supported", "no such message", "MSH-9"), "200", "MSH-9"),
        (Issue("error", "business-rule", "odd", "Patient.link"), "102", ""),
    ],
)
def test_translation(issue: Issue, code: str, address: str) -> None:
    issues = [Issue("warning", "structure", "w"), issue, Issue("information", "value", "i")]
    [fault] = translation_faults(issues, parse("MSH|^~\\&|A"))
    assert (fault.code, fault.address, fault.diagnostics) == (code, address, issue.diagnostics)


def test_a_merge_in_disorder_is_refused() -> None:
    issues = [
        Issue("warning", "structure", "out of order", "PID"),
        Issue("warning", "structure", "not here", "NK1"),
        Issue("information", "structure", "Z", "ZPI"),
    ]
    [fault] = translation_faults(issues, parse("MSH|^~\\&|A\rMRG|1\rPID|1"))
    assert (fault.code, fault.address) == ("100", "PID")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("MSH|^~\\&|A||||||ADT^A40^ADT_A39\rPID|1", "MRG"),
        ("MSH|^~\\&|A||||||ADT^A40^ADT_A39\rPID|1\rMRG|1", None),
        ("MSH|^~\\&|A||||||ADT^A24\rPID|1", "PID"),
        ("MSH|^~\\&|A||||||ADT^A24\rPID|1\rPID|2", None),
        ("MSH|^~\\&|A||||||ADT^A08\rPID|1", None),
        ("MSH|^~\\&|A||||||ORU^A40\rPID|1", None),
    ],
)
def test_an_event_about_two_patients_names_two(text: str, missing: str | None) -> None:
    faults = translation_faults((), parse(text))
    assert [(each.code, each.address) for each in faults] == ([("100", missing)] if missing else [])


def test_resources() -> None:
    [fault] = resource_faults(
        [Issue("warning", "value", "w"), Issue("error", "value", "no code", "Patient.gender")]
    )
    assert (fault.code, fault.address, fault.diagnostics) == ("102", "", "Patient.gender: no code")
