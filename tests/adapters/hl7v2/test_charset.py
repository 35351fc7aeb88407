"""Bytes to text: GB18030 trail bytes that look like delimiters, vendor spellings, errors instead of `?`."""

import codecs
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.charset import codec, codec_named, declared, decode, header
from adapters.hl7v2.fault import MessageError
from adapters.hl7v2.parse import parse

# Each of these characters has a delimiter as its GB18030 trail byte.
TRAILS = {
    chr(code): encoded[1]
    for code in range(0x4E00, 0x9FA6)
    if len(encoded := chr(code).encode("gb18030")) == 2 and encoded[1] in b"\\^|~"
}


def message(charset: str = "GB 18030-2000", facility: str = "H1", name: str = "Wang") -> str:
    return (
        f"MSH|^~\\&|LIS|{facility}|HUB||20240101||ADT^A01^ADT_A01|1|P|2.5.1||||||{charset}\r"
        f"PID|1||1^^^{facility}^PI||{name}\r"
    )


def test_gb18030_trail_bytes_are_not_delimiters() -> None:
    assert {bytes([trail]) for trail in TRAILS.values()} == {b"\\", b"^", b"|", b"~"}
    for start in range(0, len(TRAILS), 100):
        name = "".join(list(TRAILS)[start : start + 100])
        raw = message(name=name, facility=name).encode("gb18030")
        parsed = parse(decode(raw))
        assert parsed.text("PID-5.1") == name
        assert parsed.text("MSH-4") == name


@given(st.text(st.characters(min_codepoint=0x80, exclude_categories=["Cs", "Cn"]), max_size=30))
def test_every_text_survives_gb18030(name: str) -> None:
    assert parse(decode(message(name=name, facility=name).encode("gb18030"))).text("PID-5.1") == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GB 18030-2000", "gb18030"),
        ("GB18030", "gb18030"),
        ("gbk", "gb18030"),
        ("GB2312", "gb18030"),
        ("UNICODE UTF-8", "utf-8"),
        ("UNICODE  UTF_8", "utf-8"),
        ("utf8", "utf-8"),
        ("ASCII", "utf-8"),
        ("8859/1", "iso8859-1"),
        ("8859/15", "iso8859-15"),
        ("ISO-8859-1", "iso8859-1"),
        ("BIG-5", "cp950"),
        ("KS X 1001", "cp949"),
        ("ISO IR87", "iso2022_jp"),
        ("windows-1252", "cp1252"),
        ("rot13", None),
        ("hex", None),
        ("idna", None),
        ("no such", None),
        ("a\0b", None),
    ],
)
def test_charset_names(name: str, expected: str | None) -> None:
    assert codec_named(name) == expected


def test_blank_is_utf8_and_a_repetition_takes_the_first() -> None:
    assert decode(message("", name="张三").encode()).count("张三") == 1
    assert codec(message("UNICODE UTF-8~ISO IR87").encode()) == "utf-8"
    assert codec(b"MSH|^~\\&|A\rPID|1") == "utf-8"
    assert codec(b"") == "utf-8"


def test_channel_wins_over_msh_18() -> None:
    raw = message("UNICODE UTF-8", name="欧阳娜娜").encode("gb18030")
    assert "欧阳娜娜" in decode(raw, "GBK")
    assert codec(raw, "GBK") == "gb18030"


def test_utf16_named_in_ascii_readable_bytes_is_a_mislabel() -> None:
    assert decode(message("UNICODE UTF-16", name="张").encode()).count("张") == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_byte_order_marks(encoding: str) -> None:
    raw = message("", name="张三").encode(encoding)
    assert decode(raw) == message("", name="张三")
    assert header(raw)[1][4] == "H1"


def test_latin_1_facility_before_a_separator() -> None:
    raw = message("8859/1", facility="Abbé", name="Señor").encode("latin-1")
    assert declared(raw) == "8859/1"
    assert parse(decode(raw)).text("PID-5.1") == "Señor"


def test_undecodable_bytes_are_an_error() -> None:
    raw = message("", name="张三").encode("gb18030")
    with pytest.raises(MessageError) as caught:
        decode(raw)
    assert (caught.value.code, caught.value.address) == ("102", "MSH-18")
    with pytest.raises(MessageError, match="unknown character set"):
        decode(message("KLINGON").encode())
    with pytest.raises(MessageError, match="channel"):
        decode(raw, "KLINGON")


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"MSH|", b"MSH|^~\\&|", codecs.BOM_UTF16_LE + b"M\0S\0"])
)
def test_hostile_bytes_give_text_or_an_error(tail: bytes, start: bytes) -> None:
    header(start + tail)
    with suppress(MessageError):
        parse(decode(start + tail))
