"""What a hospital's code may mean: the right concept first, with what speaks for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from terminology.code_system import CodeSystem
from terminology.compile_code_system import compile_code_system
from terminology.laboratory_words import laboratory_words, meanings
from terminology.proposals import likeness, proposals

ENGLISH = {
    "718-7": "Hemoglobin [Mass/volume] in Blood",
    "4548-4": "Hemoglobin A1c/Hemoglobin.total in Blood",
    "6690-2": "Leukocytes [#/volume] in Blood by Automated count",
    "2160-0": "Creatinine [Mass/volume] in Serum or Plasma",
    "2161-8": "Creatinine [Mass/volume] in Urine",
    "2345-7": "Glucose [Mass/volume] in Serum or Plasma",
    "5792-7": "Glucose [Mass/volume] in Urine by Test strip",
    "1742-6": "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma",
}
CHINESE = {"I10": "特发性(原发性)高血压", "I11": "高血压心脏病", "E11": "2型糖尿病", "E10": "1型糖尿病"}


def system(names: dict[str, str]) -> CodeSystem:
    concepts = [{"code": code, "display": name} for code, name in names.items()]
    return compile_code_system({"url": "urn:t", "concept": concepts})


LABORATORY, DIAGNOSES = system(ENGLISH), system(CHINESE)


@pytest.mark.parametrize(
    ("display", "code"),
    [
        ("白细胞计数", "6690-2"),
        ("血清肌酐", "2160-0"),
        ("尿肌酐", "2161-8"),
        ("尿糖", "5792-7"),
        ("谷丙转氨酶", "1742-6"),
        ("WBC", "6690-2"),
        ("血红蛋白测定", "718-7"),
        ("糖化血红蛋白", "4548-4"),
        ("creatinine, urine", "2161-8"),
    ],
)
def test_laboratories_words_lead_from_chinese_to_english(display: str, code: str) -> None:
    found = proposals([(LABORATORY, LABORATORY.all)], "X", display, 3)
    assert found[0].code == code
    assert found[0].reasons


@pytest.mark.parametrize(
    ("display", "code"),
    [
        ("2型糖尿病", "E11"),
        ("II型糖尿病", "E11"),
        ("Ⅰ型糖尿病", "E10"),
        ("高血压性心脏病", "I11"),
        ("gxyxzb", "I11"),
    ],
)
def test_names_lead_to_names(display: str, code: str) -> None:
    assert proposals([(DIAGNOSES, DIAGNOSES.all)], "X", display, 3)[0].code == code


def test_the_same_code_speaks_for_a_concept() -> None:
    [first, *_] = proposals([(DIAGNOSES, DIAGNOSES.all)], "i10", "高血压病", 3)
    assert first.code == "I10"
    assert "the same code" in first.reasons


def test_only_what_may_be_proposed_is() -> None:
    allowed = LABORATORY.all - BitMap([LABORATORY.numbers["6690-2"]])
    assert "6690-2" not in {each.code for each in proposals([(LABORATORY, allowed)], "X", "白细胞", 9)}
    assert proposals([(LABORATORY, LABORATORY.all)], "X", "挂号费", 3) == []


@given(st.text("高血压2型糖尿病abcxyz ", max_size=9), st.text("高血压1型糖尿病abcxyz ", max_size=9))
def test_likeness_has_no_direction(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, one) == 1


@given(st.text(max_size=30))
def test_any_name_has_a_meaning_or_none(name: str) -> None:
    assert set(meanings(name)) <= {kind for kind, _ in laboratory_words().synonyms}
