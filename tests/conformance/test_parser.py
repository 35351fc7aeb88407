"""The judge of parsers, tried with our parser, with none, and on texts of our own."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.parser import Case, Parsed, cases, judge, own_cases
from exchange.commands.parser_engine import ParserEngine


class Careless(ParserEngine):
    """Drops what it cannot place."""

    def parse(self, raw: bytes) -> Parsed:
        parsed = super().parse(raw)
        kept = [each for each in parsed.segments if not each.startswith("Z")]
        return Parsed(parsed.refused, kept, parsed.values[:-1])


class Broken(ParserEngine):
    def messages(self, raw: bytes) -> Sequence[bytes]:
        raise KeyError("messages")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    suite = tmp_path / "some-tests"
    suite.mkdir()
    (suite / "a__b.hl7").write_bytes(b"MSH|^~\\&|A|B\rZPI|1|x^y~z\r")
    lines = [{"message": "MSH^~|\\&^A^B\rPID^1^^7~8"}, {"name": "bad", "message": "MSH|^~\\&|A\rtext"}]
    (suite / "m.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return tmp_path


def test_nothing_is_lost(folder: Path) -> None:
    report = judge(cases(folder), ParserEngine(), {"some/bad": "not a segment"})
    assert report.unexpected == []
    assert report.notes[0] == "some: 2 of 3 texts; of 0, more is asked than that all is there"


def test_what_is_lost_is_told(folder: Path) -> None:
    first, *_ = judge(cases(folder), Careless(), {}).verdicts
    assert (first.name, first.outcome) == ("some/b.hl7", "failed")
    assert first.found == "1 segments of 2 lines; '' where 'z' was sent"


def test_a_parser_that_breaks_has_failed() -> None:
    outcomes = {
        each.outcome for each in judge(own_cases(), Broken(), {}).verdicts if "frame" not in each.name
    }
    assert outcomes == {"failed"}


@pytest.mark.parametrize("case", own_cases(), ids=lambda case: case.name)
def test_our_parser_does_what_is_asked(case: Case) -> None:
    assert judge([case], ParserEngine(), {}).unexpected == []


def test_a_folder_without_texts_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cases(tmp_path)
