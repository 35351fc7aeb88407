"""Splitting: separators, escapes, line ends, nulls, addresses; nothing lost, nothing crashing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.fault import MessageError
from adapters.hl7v2.parse import parse, split_address

MSH = "MSH|^~\\&|LIS|H1|HUB|R|20240101120000||ORU^R01^ORU_R01|7|P|2.5.1"


def test_fields_repetitions_components_subcomponents() -> None:
    message = parse(MSH + "\rPID|1||12^^^H1&1.2.3&ISO^PI~34^^^H2||张^三^^^^^L\rOBX|1\rOBX|2||A\\T\\B")
    pid = message.first("PID")
    assert pid is not None
    assert message.text("MSH-1") == "|"
    assert message.text("MSH-2") == "^~\\&"
    assert message.text("MSH-9.2") == "R01"
    assert message.text("PID-3[2].4") == "H2"
    assert message.text("PID-3.4.2") == "1.2.3"
    assert message.text("OBX[2]-3") == "A&B"
    assert message.text("OBX[3]-3") == message.text("PID-99.9.9") == message.text("ZZZ-1") == ""
    assert [repetition.component(1) for repetition in pid.repetitions(3)] == ["12", "34"]
    assert pid.field(3)[0].subcomponents(4) == ["H1", "1.2.3", "ISO"]
    assert pid.field(3)[0].subcomponents(9) == []
    assert pid.field(3)[0].component(4, 4) == pid.field(3)[0].component(1, 2) == ""
    assert pid.field(2) == []
    assert pid.text(3, repetition=3) == ""
    assert [segment.label for segment in message.segments] == ["MSH", "PID", "OBX", "OBX[2]"]
    assert [segment.position for segment in message.all("OBX")] == [2, 3]


def test_null_is_not_empty() -> None:
    pid = parse(MSH + '\rPID|1||1||""^三|""||F').segments[1]
    assert pid.is_null(6)
    assert not pid.is_null(7)
    assert not pid.is_null(40)
    assert pid.field(6)[0].is_null
    assert pid.field(6)[0].whole == pid.text(6) == pid.text(5) == ""
    assert pid.field(5)[0].is_null_component(1)
    assert not pid.field(5)[0].is_null_component(2)


def test_leaves_are_every_value_but_the_separators() -> None:
    message = parse('MSH|^~\\&|A||B&C\rPID|1||2^^^X~3^^^Y&Z|""\rOBX||||\rOBX|5')
    assert list(message.leaves()) == [
        ("MSH-3[1].1.1", "A"),
        ("MSH-5[1].1.1", "B"),
        ("MSH-5[1].1.2", "C"),
        ("PID-1[1].1.1", "1"),
        ("PID-3[1].1.1", "2"),
        ("PID-3[1].4.1", "X"),
        ("PID-3[2].1.1", "3"),
        ("PID-3[2].4.1", "Y"),
        ("PID-3[2].4.2", "Z"),
        ("PID-4[1].1.1", '""'),
        ("OBX[2]-1[1].1.1", "5"),
    ]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
        (r"one\.br\two\.sp2\three\.ce\four", "one\ntwo\n\nthree\nfour"),
        (r"\H\bold\N\ \.in+4\in\.ti-2\ti\.fi\fill\.nf\no\.sk3\x", "bold intifillno   x"),
        (r"caf\XC3A9\ \X0D0A\.", "café \r\n."),
        (r"\XFF\ \XZZ\ \X0\ \X00\ ", r"\XFF\ \XZZ\ \X0\ \X00\ "),
        (r"\XE6\\XBCA2\\X0A\.", "漢\n."),
        (r"\XFF\\X41\.", r"\XFF\A."),
        (r"\Zpi\ \C2842\ \M2442\ \.sp999999999\ \Q\ ", r"\Zpi\ \C2842\ \M2442\ \.sp999999999\ \Q\ "),
        (r"C:\temp and \ alone", r"C:\temp and \ alone"),
        (r"a\P\b", r"a\P\b"),
    ],
)
def test_escapes(sent: str, meant: str) -> None:
    assert parse(f"{MSH}\rNTE|1||{sent}").text("NTE-3") == meant


def test_hexadecimal_is_in_the_message_charset() -> None:
    assert parse(MSH + r"|\XD5C5\|", codec="gb18030").text("MSH-13") == "张"


def test_other_separators_and_truncation() -> None:
    message = parse("MSH$%*!@#$A$B\rPID$$$1%2@3*4$a!S!b!P!c|^")
    assert message.text("PID-3.2.2") == "3"
    assert message.text("PID-3[2]") == "4"
    assert message.text("PID-4") == "a%b#c|^"


def test_missing_separators_do_not_split() -> None:
    message = parse("MSH|^|A|B\rPID|1~2^3&4\\T\\")
    assert message.text("PID-1") == "1~2"
    assert message.text("PID-1.2") == "3&4\\T\\"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\n\n", "\r\n\r\n", "\n\r"])
def test_line_ends_and_blank_segments(end: str) -> None:
    message = parse(f"\ufeff\r\n{MSH}{end}PID|1||2{end}PV1|1{end}{end} {end}")
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "PV1"]
    assert message.text("PID-3") == "2"


def test_line_feed_inside_a_value() -> None:
    message = parse(MSH + "\rOBX|1|TX|a||first\nsecond\nOBX|2|TX|b||x\r")
    assert message.text("OBX-5") == "first\nsecond"
    assert message.text("OBX[2]-5") == "x"


@pytest.mark.parametrize(
    ("text", "code", "address"),
    [
        ("", "100", ""),
        ("PID|1", "100", ""),
        ("MSH", "101", "MSH-1"),
        ("MSHA^~\\&|", "101", "MSH-1"),
        ("MSH||A", "101", "MSH-2"),
        ("MSH|^^\\&|A", "102", "MSH-2"),
        ("MSH|^~\\&#%|A", "102", "MSH-2"),
        ("MSH|ABCD|A", "102", "MSH-2"),
        (MSH + "\rpid|1", "100", ""),
        (MSH + "\rPI|1", "100", ""),
        (MSH + "\rPIDX|1", "100", ""),
        (MSH + "\rsome text", "100", ""),
        (MSH + "\rPID|a\0b", "102", ""),
        (MSH + "\r" + MSH, "100", "MSH[2]"),
        ("FHS|^~\\&|A\rBHS|^~\\&\r" + MSH, "200", ""),
        (MSH + "\rNTE" * 100_001, "100", ""),
    ],
)
def test_errors(text: str, code: str, address: str) -> None:
    with pytest.raises(MessageError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.address) == (code, address)


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("PID|" + "|" * 401, "PID"),
        ("PID|1||" + "1~" * 201, "PID-3"),
        ("PV1|1|I|" + "A^" * 1001, "PV1-3"),
        ("ZPI|" + "A&" * 1001, "ZPI-1"),
        ("NTE|1||" + "line~" * 1001, "NTE-3"),
    ],
)
def test_what_was_never_meant_is_refused(line: str, address: str) -> None:
    with pytest.raises(MessageError) as caught:
        parse(f"{MSH}\r{line}")
    assert (caught.value.code, caught.value.address) == ("102", address)


def test_a_text_may_be_as_long_as_it_is() -> None:
    message = parse(MSH + "\rOBX|1|NA|1||" + "1^" * 5000 + "\rNTE|1||" + "line~" * 1000)
    assert len(message.segments[1].field(5)[0].components()) == 5001
    assert len(message.segments[2].field(3)) == 1001


def test_addresses() -> None:
    assert split_address("PID-3[2].4.1") == ("PID", 1, 3, 2, 4, 1)
    assert split_address("OBX[12]-5") == ("OBX", 12, 5, 0, 0, 0)
    assert split_address("ZPI") == ("ZPI", 1, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="address"):
        split_address("pid.3")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_escaping_is_undone_by_unescaping(text: str) -> None:
    delimiters = Delimiters()
    escaped = delimiters.escaped(text)
    assert not set(escaped) & set("|^&~\r\n")
    assert delimiters.unescape(escaped) == text.replace("\r", "\n")


VALUES = st.text(st.sampled_from("aB1 张|^~&\\.\n"), max_size=6)


@given(st.lists(st.tuples(st.sampled_from(["PID", "OBX", "ZX1"]), st.lists(VALUES, max_size=5)), max_size=6))
def test_every_value_written_is_a_leaf(segments: list[tuple[str, list[str]]]) -> None:
    escaped = Delimiters().escaped
    text = "\r".join([MSH, *("|".join([name, *map(escaped, values)]) for name, values in segments)])
    leaves = [value for address, value in parse(text).leaves() if not address.startswith("MSH")]
    assert leaves == [value for _, values in segments for value in values if value]
