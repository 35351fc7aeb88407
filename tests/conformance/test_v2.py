"""The judge reads acknowledgements of any version, and finds its cases."""

from pathlib import Path

import pytest

from conformance.v2 import Case, cases, reply


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("text", "code", "errors", "texts"),
    [
        ("MSH|^~\\&|\rMSA|AA|1\r", "AA", (), ()),
        (
            "MSH|^~\\&|\rMSA|AE|1\rERR||PID^1^3|101^Required field missing^HL70357|E|||no number|\r",
            "AE",
            ("101",),
            ("PID^1^3 no number",),
        ),
        (
            "MSH|^~\\&|\rMSA|AR|1|no such event\rERR|MSH^1^9^201&Unsupported event code&HL70357\r",
            "AR",
            ("201",),
            ("no such event",),
        ),
        ("nonsense", "", (), ()),
        ("", "", (), ()),
    ],
)
def test_replies(text: str, code: str, errors: tuple[str, ...], texts: tuple[str, ...]) -> None:
    read = reply(text.encode())
    assert (read.code, read.errors, read.texts) == (code, errors, texts)


def test_cases_are_found_by_kind(tmp_path: Path) -> None:
    write(tmp_path, "suite/b.hl7", "MSH|^~\\&|A|B|||2024||ORU^R01^ORU_R01|1|P|2.5.1|||AL|NE\nPID|1\n")
    write(tmp_path, "suite/a/a.hl7", "\ufeffMSH|^~\\&|A|B|||2024||ADT^A01|2|P|2.3\r")
    write(tmp_path, "suite/c.hl7", "no message")
    write(tmp_path, "suite/d.txt", "MSH|^~\\&|A|B|||2024||ADT^A01|2|P|2.3\r")
    found = cases([tmp_path / "suite"])
    assert [(case.name, case.kind) for case in found] == [
        ("suite/a/a.hl7", "ADT^A01"),
        ("suite/b.hl7", "ORU^R01"),
        ("suite/c.hl7", ""),
    ]
    [report] = cases([tmp_path / "suite"], ["ORU^R01"])
    assert (report.wants_accept, report.wants_application) == (True, False)
    [alone] = cases([tmp_path / "suite" / "b.hl7"])
    assert alone.raw == report.raw


def test_the_original_mode_wants_one_answer() -> None:
    case = Case("x", b"", "ADT^A01", "", "")
    assert (case.wants_accept, case.wants_application) == (False, True)
