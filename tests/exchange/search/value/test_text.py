import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.value.text import (
    INDEXED_CHARACTERS,
    after_prefix,
    grams,
    is_chinese,
    normalised,
    sought_grams,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Émile\t ZOLA ", "emile zola"),
        ("Ｗａｎｇ", "wang"),
        ("Straße", "strasse"),
        ("古丽•娜尔", "古丽·娜尔"),
        ("古丽 . 娜尔", "古丽·娜尔"),
        ("St. John", "st. john"),
        ("王\u3000小明", "王 小明"),
    ],
)
def test_normalised(value: str, expected: str) -> None:
    assert normalised(value) == expected


def test_a_long_value_is_cut() -> None:
    assert normalised("x" * 10_000) == "x" * INDEXED_CHARACTERS


@given(st.text(max_size=12), st.text(min_size=1, max_size=4))
def test_what_contains_a_value_has_its_grams(value: str, sought: str) -> None:
    assert set(sought_grams(sought)) <= set(grams(f"{value}{sought}{value}"))


@given(st.text(min_size=1, max_size=4), st.text(max_size=4))
def test_after_prefix_is_above_all_that_begins_with_it(prefix: str, rest: str) -> None:
    after = after_prefix(prefix)
    assert after is None or after.encode() > (prefix + rest).encode()


def test_after_prefix_skips_what_is_no_character() -> None:
    assert after_prefix("a\ud7ff") == "a\ue000"
    assert after_prefix("a\U0010ffff") == "b"
    assert after_prefix("") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("王小明", True), ("古丽·娜尔", True), ("Wang", False), ("王A", False), ("", False), ("·", False)],
)
def test_is_chinese(value: str, expected: bool) -> None:
    assert is_chinese(value) is expected
