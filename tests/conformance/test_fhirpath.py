"""The FHIRPath judge, tried on a suite of our own with an engine that answers by heart."""

from collections.abc import Sequence
from pathlib import Path

from conformance import fhirpath
from conformance.fhirpath import Answer, cases, judge
from conformance.report import Refused, baseline

SUITE = """<tests><group name="g">
<test name="right" inputfile="a.json"><expression>one</expression><output type="integer">1</output></test>
<test name="right" inputfile="a.json"><expression>one</expression><output type="integer">2</output></test>
<test name="date"><expression>date</expression><output type="date">@2020-01-01</output></test>
<test name="decimal"><expression>half</expression><output type="decimal">0.50</output></test>
<test name="order"><expression>two</expression><output>2</output><output>1</output></test>
<test name="any-order" ordered="false"><expression>two</expression><output>2</output><output>1</output></test>
<test name="predicate" predicate="true"><expression>date</expression><output>true</output></test>
<test name="invalid"><expression invalid="semantic">wrong</expression></test>
<test name="not-refused"><expression invalid="semantic">one</expression></test>
<test name="strict" mode="strict"><expression invalid="semantic">one</expression></test>
<test name="crash"><expression invalid="semantic">crash</expression></test>
<test name="empty"><expression>nothing</expression></test>
<test name="lost" inputfile="b.json"><expression>one</expression></test>
</group></tests>"""
KNOWN = {
    "one": [Answer("Integer", "1")],
    "two": [Answer("Integer", "1"), Answer("Integer", "2")],
    "half": [Answer("Decimal", "0.5")],
    "date": [Answer("date", "2020-01-01")],
    "nothing": [],
}


def answer(expression: str, file: Path | None) -> Sequence[Answer]:
    if expression == "wrong":
        raise Refused("wrong")
    return KNOWN[expression]


def refuse(expression: str, file: Path | None) -> Sequence[Answer]:
    raise Refused("strict")


def test_verdicts(tmp_path: Path) -> None:
    folder = tmp_path / "r4" / "fhirpath"
    folder.mkdir(parents=True)
    (folder / fhirpath.SUITE).write_text(SUITE)
    (tmp_path / "r4" / "a.json").write_text("{}")
    report = judge(cases(tmp_path), answer, refuse, {"g/order": "known", "g/date": "no longer"})
    outcomes = {verdict.name.removeprefix("g/"): verdict.outcome for verdict in report.verdicts}
    failed = {name for name, outcome in outcomes.items() if outcome == "failed"}
    assert failed == {"right#2", "order", "not-refused", "crash"}
    assert [name for name, outcome in outcomes.items() if outcome == "skipped"] == ["lost"]
    assert report.totals == "8 passed, 4 failed, 1 skipped"
    assert report.unexpected == ["g/crash", "g/date", "g/not-refused", "g/right#2"]
    assert report.as_json()["totals"] == {"passed": 8, "failed": 4, "skipped": 1}


def test_the_baseline_gives_reasons() -> None:
    assert all(len(reason) > 10 for reason in baseline("fhirpath").values())
