"""A sheet is read as it was written, in both formats; and what is none is told so."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.local_codes.sheet import UnusableSheet, csv_of, header, rows_of, xlsx_of

TEXTS = st.text(
    st.one_of(st.sampled_from("=+-@'\"0,1甲"), st.characters(min_codepoint=33, max_codepoint=0x9FFF)),
    max_size=8,
).filter(lambda text: text.isprintable() and text == text.strip() and not text.startswith("'"))


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3).filter(lambda row: row[0] != ""), max_size=4))
def test_both_formats_are_read_as_written(rows: list[list[str]]) -> None:
    expected = [dict(zip(header(), row, strict=False)) for row in rows]
    expected = [{name: text for name, text in row.items() if text} for row in expected]
    for make in (csv_of, xlsx_of):
        found = rows_of(make(rows))
        assert [dict(row.cells) for row in found] == expected
        assert [row.number for row in found] == list(range(2, len(rows) + 2))


def test_a_chinese_spreadsheets_csv_is_read() -> None:
    [row] = rows_of("system,code,comment\nurn:a,1,白细胞\n".encode("gb18030"))
    assert row.text("comment") == "白细胞"


def packed(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", content)
    return made.getvalue()


@pytest.mark.parametrize(
    "sheet",
    [
        b"",
        b"a,b\n1,2\n",
        b"\xff\xff\xff",
        b"PK\x03\x04",
        packed(b"<x/>"),
        packed(b'<!DOCTYPE x [<!ENTITY a "a">]>'),
    ],
)
def test_what_is_no_sheet_is_told_so(sheet: bytes) -> None:
    with pytest.raises(UnusableSheet):
        rows_of(sheet)
