"""Acknowledgements are HL7 v2 that another parser reads."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.acknowledge import Fault, acknowledgement, location
from adapters.hl7v2.parse import parse

NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def header(version: str = "2.5.1", charset: str = "UNICODE UTF-8", encoding: str = "^~\\&") -> list[str]:
    line = f"MSH|{encoding}|LIS|H1^1.2^ISO|HUB|REGION|20240101||ADT^A01^ADT_A01|77|T|{version}||||||{charset}"
    return parse(line).header.fields()


def test_accepted() -> None:
    assert acknowledgement(header(), "AA", "A1", NOW) == (
        "MSH|^~\\&|HUB|REGION|LIS|H1^1.2^ISO|20240102030405+0000||ACK^A01^ACK|A1|T|2.5.1||||||UNICODE UTF-8\r"
        "MSA|AA|77\r"
    )


def test_errors_as_of_2_5() -> None:
    faults = [Fault("101", "no identifier | at all", "PID-3"), Fault("102", "odd", "OBX[2]-5[3].1.1", "W")]
    text = acknowledgement(header(), "AE", "A1", NOW, faults)
    assert text.split("\r")[1:-1] == [
        "MSA|AE|77",
        "ERR||PID^1^3|101^Required field missing^HL70357|E|||no identifier \\F\\ at all"
        "|Required field missing: PID-3",
        "ERR||OBX^2^5^3^1^1|102^Data type error^HL70357|W|||odd|Data type error: OBX[2]-5[3].1.1",
    ]


@pytest.mark.parametrize(("version", "kind"), [("2.1", "ACK"), ("2.3.1", "ACK^A01"), ("2.4", "ACK^A01^ACK")])
def test_errors_before_2_5(version: str, kind: str) -> None:
    faults = [Fault("101", "no identifier", "PID-3"), Fault("207", "broken")]
    message = parse(acknowledgement(header(version), "AE", "A1", NOW, faults))
    assert message.header.fields()[9] == kind
    assert message.segments[1].raw == "MSA|AE|77|no identifier"
    assert message.segments[2].raw == (
        "ERR|PID^1^3^101&Required field missing&HL70357~^^^207&Application internal error&HL70357"
    )


def test_the_senders_separators() -> None:
    sent = parse("MSH$%*!@$LIS$H1%1.2$HUB$$2024$$ORU%R01$9$P$2.6").header.fields()
    text = acknowledgement(sent, "AR", "A1", NOW, [Fault("200", "a$b%c", "MSH-9")])
    assert text.startswith("MSH$%*!@$HUB$$LIS$H1%1.2$")
    assert parse(text).text("ERR-7") == "a$b%c"
    assert parse(text).text("ERR-2.3") == "9"


def test_an_unreadable_header() -> None:
    text = acknowledgement([], "AR", "A1", NOW, [Fault("100", "no MSH")])
    message = parse(text)
    assert message.text("MSH-12") == "2.5.1"
    assert message.text("MSA-1") == "AR"
    assert message.text("MSA-2") == ""
    assert message.text("ERR-3") == "100"


def test_locations() -> None:
    assert location("PID-3") == ["PID", "1", "3"]
    assert location("OBX[2]") == ["OBX", "2"]
    assert location("PID-3.4") == ["PID", "1", "3", "1", "4"]
    assert location("") == []


def test_separators_that_are_none_are_not_repeated() -> None:
    for line in ("MSH|^^\\&|LIS|H1", "MSHA^~\\&ALIS", "MSH|^~\\&#%|LIS"):
        fields = ["MSH", line[3], *line[4:].split(line[3])]
        text = acknowledgement(fields, "AE", "A1", NOW, [Fault("102", "not separators", "MSH-2")])
        assert parse(text).text("ERR-3") == "102"


@given(st.lists(st.text("A|^~\\&$ é", max_size=8), max_size=22))
def test_any_header_can_be_answered(fields: list[str]) -> None:
    acknowledgement(fields, "AE", "A1", NOW, [Fault("102", "x", "MSH-18")])


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("version", ["2.4", "2.5", "2.6", "2.8"])
def test_hl7apy_reads_and_validates_it(version: str) -> None:
    from hl7apy.parser import parse_message

    text = acknowledgement(header(version), "AE", "A1", NOW, [Fault("101", "no identifier", "PID-3")])
    message: Any = parse_message(text.rstrip("\r"), validation_level=2)
    assert message.msa.msa_1.value == "AE"
    assert message.validate()
