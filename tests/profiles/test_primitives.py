"""The lexical rules: what the types allow, what they do not, and at what cost."""

from base64 import b64encode
from datetime import date
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.definitions import definitions
from profiles.primitives import EXPECTED, VALID
from tests.profiles.strategies import PRIMITIVES

REFUSED = {
    "base64Binary": ["", "A", "AAA", "A===", "====", "AA=A", "AA-_", "AAAA!", 1],
    "boolean": [0, 1, "true", None],
    "canonical": ["", "http://a b"],
    "code": ["", " a", "a ", "a  b", "a\tb", "a\u00a0b", "a\x00", "a\x01b", 1],
    "date": ["", "0000", "20", "2020-13", "2020-00", "2020-1-1", "2021-02-29", "1900-02-29", "2020-04-31",
             "2020-01-01T00:00:00Z", "2020-W01-1", "20200101", "２０２０", "2020-01-01\n", 2020],
    "dateTime": ["2020-01-01T10:00", "2020-01-01T10:00Z", "2020-01-01T10:00:00", "2020-01-01T24:00:00Z",
                 "2020-01-01T10:60:00Z", "2020-01-01T10:00:00+14:30", "2020-01-01T10:00:00.Z",
                 "2020-02-30T10:00:00Z", "2020-01-01 10:00:00Z", "2020-01T10:00:00Z"],
    "decimal": ["1", True, None, 1.0, Decimal("NaN"), Decimal("Infinity")],
    "id": ["", "a_b", "a" * 65, "a\n", "é", 1],
    "instant": ["2020", "2020-01-01", "2020-01-01T10:00:00", "2021-02-29T10:00:00Z"],
    "integer": [2**31, -(2**31) - 1, Decimal("1.0"), Decimal("1E+1"), True, "1"],
    "markdown": ["", " \n\t", "a\x0b", "a\x00"],
    "oid": ["1.2.3", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.02"],
    "positiveInt": [0, -1, 2**31, True],
    "string": ["", " ", "\r\n", "a\x00", "\x08", "\ud800", "a" * (1024 * 1024 + 1), None, 1],
    "time": ["10:00", "24:00:00", "10:00:00Z", "10:00:61", "10:00:00."],
    "unsignedInt": [-1, 2**31, False],
    "uri": ["", " ", "a b", "a\n", "\u00a0", "a\x00"],
    "url": ["", "http://a b"],
    "uuid": ["urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "c757873d-ec9a-4326-a141-556f43239520"],
    "xhtml": ["", "text", "<p>a</p>", "<div>\x00</div>"],
}  # fmt: skip
ALLOWED = {
    "base64Binary": ["AA==", "AAA=", "AAAA", "AA\r\nAA\n", "+/+/"],
    "code": ["a b", "a", "医保"],
    "date": ["0001", "9999-12-31", "2020-02-29", "2000-02-29"],
    "dateTime": ["2020", "2020-02-29T23:59:59.999999999999+14:00", "2016-12-31T23:59:60Z"],
    "decimal": [0, -1, Decimal("1.10"), Decimal("1E-7"), 10**30],
    "instant": ["2020-01-01T10:00:00-00:30"],
    "integer": [-(2**31), 0, 2**31 - 1],
    "string": ["a\nb", "　医", "\u00a0", " a ", "é"],
    "uri": ["urn:uuid:1", "#a", "医"],
    "xhtml": ['\n<div xmlns="http://www.w3.org/1999/xhtml"/>'],
}


def test_every_primitive_type_has_its_rule_and_its_words() -> None:
    assert set(VALID) == set(EXPECTED) == definitions().primitive_types == set(PRIMITIVES) == set(REFUSED)


@pytest.mark.parametrize(("code", "value"), [(code, value) for code in REFUSED for value in REFUSED[code]])
def test_refused(code: str, value: Any) -> None:
    assert not VALID[code](value)


@pytest.mark.parametrize(("code", "value"), [(code, value) for code in ALLOWED for value in ALLOWED[code]])
def test_allowed(code: str, value: Any) -> None:
    assert VALID[code](value)


@given(st.data(), st.sampled_from(sorted(VALID)))
def test_what_the_type_can_hold_is_allowed(data: st.DataObject, code: str) -> None:
    assert VALID[code](data.draw(PRIMITIVES[code]))


@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_dates_are_those_of_the_calendar(year: int, month: int, day: int) -> None:
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        real = bool(date(year, month, day))
    except ValueError:
        real = False
    assert VALID["date"](text) is real
    assert VALID["dateTime"](f"{text}T00:00:00Z") is real
    assert VALID["instant"](f"{text}T00:00:00Z") is real


@given(st.binary(), st.integers(0, 80), st.sampled_from("!-_ é"))
def test_base64_is_what_base64_writes(raw: bytes, at: int, other: str) -> None:
    text = b64encode(raw).decode()
    assert VALID["base64Binary"](text) is bool(raw)
    broken = text[:at] + other + text[at:]
    assert VALID["base64Binary"](broken) is (bool(raw) and other == " ")


@given(st.text())
def test_a_string_is_text_that_is_not_blank(text: str) -> None:
    forbidden = any((c < " " and c not in "\t\r\n") or "\ud800" <= c <= "\udfff" for c in text)
    assert VALID["string"](text) is (not forbidden and text.strip(" \t\r\n") != "")


@given(st.text(" ab\t"))
def test_a_code_is_words_with_single_spaces(text: str) -> None:
    assert VALID["code"](text) is (text != "" and "\t" not in text and text == " ".join(text.split()))


@pytest.mark.parametrize("code", sorted(VALID))
@pytest.mark.parametrize("part", ["A", "A ", " ", "\n", "A\n", "1.", "urn:oid:1.", "0" * 9 + "\n"])
def test_no_text_is_expensive(code: str, part: str) -> None:
    text = part * (1_000_000 // len(part)) + "\x00"
    start = process_time()
    assert not VALID[code](text)
    assert process_time() - start < 1
