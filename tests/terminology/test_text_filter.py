"""`filter`: beginnings of words, Chinese characters, pinyin initials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.compile_code_system import compile_code_system
from terminology.text_filter import passes, text_index

NAMES = {
    "I10": "特发性(原发性)高血压",
    "I11": "高血压心脏病",
    "E11": "2型糖尿病",
    "A": "Type 2 diabetes mellitus",
}
SYSTEM = compile_code_system(
    {"url": "http://a.example", "concept": [{"code": code, "display": name} for code, name in NAMES.items()]}
)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("高血", {"I10", "I11"}),
        ("高血压心", {"I11"}),
        ("病", {"I11", "E11"}),
        ("gxy", {"I10", "I11"}),
        ("tnb", {"E11"}),
        ("diab mel", {"A"}),
        ("DIABETES", {"A"}),
        ("i1", {"I10", "I11"}),
        ("2 tnb", {"E11"}),
        ("xyz", set()),
        ("血高", set()),
        ("...", set()),
    ],
)
def test_a_text_finds_by_what_concepts_are_called(text: str, codes: set[str]) -> None:
    assert {SYSTEM.codes[number] for number in text_index(SYSTEM).matching(text)} == codes


def test_a_name_of_the_value_set_itself_counts() -> None:
    assert passes("高血", ["高血压"])
    assert passes("gxy", ["高血压"])
    assert not passes("xyz", ["高血压"])


@given(
    st.lists(st.text("高血压心脏病糖尿abx ", max_size=8), max_size=8),
    st.text("高血压心病gxyzbnt ", max_size=5),
)
def test_the_index_finds_what_reading_every_name_does(names: list[str], text: str) -> None:
    concepts = [{"code": f"0{n}", "display": name or "0"} for n, name in enumerate(names)]
    system = compile_code_system({"url": "urn:a", "concept": concepts})
    found = {n for n, each in enumerate(concepts) if passes(text, [each["code"], each["display"]])}
    assert set(text_index(system).matching(text)) == found
