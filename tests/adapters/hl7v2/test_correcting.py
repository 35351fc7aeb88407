"""One value changed, everything else as it was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.correcting import NoSuchPlace, corrected
from adapters.hl7v2.parse import parse

SENT = (
    "MSH|^~\\&|HIS|H1|||20240101||ADT^A04|1|P|2.5.1\r\nPID|1||7^^^H1^PI~8^^^&1.2.3&ISO^CZ||王^伟||19900101|X\r"
    "\nOBX|1|ST|a||1\nOBX|2|ST|b||2|mg\r"
)
values = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).map(str.strip)


@pytest.mark.parametrize(
    ("address", "value", "before", "after"),
    [
        ("PID-8", "F", "19900101|X\r", "19900101|F\r"),
        ("PID-7", "", "|19900101|X", "||X"),
        ("PID-3[2].4.2", "9.9", "&1.2.3&ISO", "&9.9&ISO"),
        ("PID-5.2", "A^B", "王^伟", "王^A\\S\\B"),
        ("PID-5", "李^四", "王^伟", "李^四"),
        ("OBX[2]-6", "g", "2|mg", "2|g"),
        ("OBX-8", "H", "a||1\n", "a||1|||H\n"),
        ("MSH-9.2", "A08", "ADT^A04", "ADT^A08"),
        ("PID-10.1", '""', "|X\r", '|X||""\r'),
    ],
)
def test_only_that_value_changes(address: str, value: str, before: str, after: str) -> None:
    assert SENT.count(before) == 1
    assert corrected(SENT, address, value) == SENT.replace(before, after)


@pytest.mark.parametrize(
    "address", ["PID", "ZZZ-1", "OBX[3]-5", "MSH-2", "pid-8", "PID-8=", "Patient.gender"]
)
def test_what_is_no_place(address: str) -> None:
    with pytest.raises(NoSuchPlace, match="no place"):
        corrected(SENT, address, "x")


def test_a_value_is_one_line() -> None:
    with pytest.raises(NoSuchPlace):
        corrected(SENT, "PID-8", "F\rZZZ|1")


@given(
    values.filter(bool), st.sampled_from(["PID-5.2", "PID-3[2].4.1", "OBX[2]-5.1", "PID-30.3.2", "MSH-3.1"])
)
def test_what_is_put_there_is_found_there(value: str, address: str) -> None:
    made = corrected(SENT, address, value)
    told = parse(made)
    assert told.text(address) == ("" if value == '""' else value)
    assert len(told.segments) == 4
    assert corrected(made, address, value) == made
