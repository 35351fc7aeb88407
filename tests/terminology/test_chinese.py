"""Built-in Chinese value domains."""

import pytest

from terminology.chinese import (
    ETHNICITIES,
    FAMILY_RELATIONS,
    IDENTITY_DOCUMENTS,
    MARITAL_STATUSES,
    ethnicity,
    gender_from_sex,
    sex_from_gender,
)
from terminology.naming import ETHNICITY, MARITAL_STATUS, SEX


@pytest.mark.parametrize(
    ("code", "gender"), [("0", "unknown"), ("1", "male"), ("2", "female"), ("9", "unknown")]
)
def test_sex_becomes_gender(code: str, gender: str) -> None:
    assert gender_from_sex(code) == gender


def test_gender_becomes_sex_where_there_is_one() -> None:
    assert sex_from_gender("female") == {"system": SEX, "code": "2", "display": "女"}
    assert sex_from_gender("other") is None
    assert gender_from_sex("3") is None
    assert [gender_from_sex(sex_from_gender(gender)["code"]) for gender in ("male", "female", "unknown")] == [
        "male",
        "female",
        "unknown",
    ]


def test_ethnicities_are_56_with_distinct_codes() -> None:
    assert [found.number for found in ETHNICITIES] == [f"{number:02}" for number in range(1, 57)]
    assert len({found.letters for found in ETHNICITIES}) == 56
    assert len({found.name for found in ETHNICITIES}) == 56
    assert all(len(found.letters) == 2 and found.name.endswith("族") for found in ETHNICITIES)


@pytest.mark.parametrize("spelling", ["5", "05", "UG", "ug", "维吾尔族", "维吾尔", " 05 "])
def test_ethnicity_by_any_spelling(spelling: str) -> None:
    found = ethnicity(spelling)
    assert found is not None
    assert found.coding == {"system": ETHNICITY, "code": "05", "display": "维吾尔族"}


@pytest.mark.parametrize("spelling", ["", "0", "57", "XX", "汉语"])
def test_no_ethnicity(spelling: str) -> None:
    assert ethnicity(spelling) is None


def test_a_concept_gives_the_code_as_sent_and_its_counterpart() -> None:
    assert MARITAL_STATUSES["23"].codings == [
        {"system": MARITAL_STATUS, "code": "23", "display": "复婚"},
        {"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"},
    ]
    assert MARITAL_STATUSES["90"].target_code == "UNK"
    assert FAMILY_RELATIONS["52"].target_code == "MTH"
    assert IDENTITY_DOCUMENTS["03"].target_code == "PPN"
    assert len(IDENTITY_DOCUMENTS["02"].codings) == 1
