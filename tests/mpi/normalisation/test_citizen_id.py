"""Citizen ids: what is valid, what it says, and how old ones become new."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mpi.normalisation.citizen_id import check_character, citizen_id
from tests.mpi.strategies import citizen_ids


@given(citizen_ids())
def test_a_made_number_is_valid_and_says_what_it_was_made_from(made: tuple[str, date, str]) -> None:
    number, birth_date, sex = made
    found = citizen_id(number)
    assert found is not None
    assert (found.number, found.birth_date, found.sex) == (number, birth_date, sex)
    assert found.division == number[:6]


@given(citizen_ids(), st.integers(0, 17), st.integers(0, 9))
def test_one_wrong_digit_is_found(made: tuple[str, date, str], position: int, digit: int) -> None:
    number = made[0]
    assume(number[position] != str(digit))
    assert citizen_id(number[:position] + str(digit) + number[position + 1 :]) is None


@given(citizen_ids(), st.integers(0, 16))
def test_swapped_neighbours_are_found(made: tuple[str, date, str], position: int) -> None:
    number = made[0]
    assume(number[position] != number[position + 1])
    swapped = number[:position] + number[position + 1] + number[position] + number[position + 2 :]
    assert citizen_id(swapped) is None


@given(citizen_ids(earliest=date(1900, 1, 1), latest=date(1999, 12, 31)))
def test_fifteen_digits_become_eighteen_with_the_same_birth_date(made: tuple[str, date, str]) -> None:
    number, birth_date, sex = made
    assume(int(number[14:17]) < 996)
    old = number[:6] + number[8:17]
    found = citizen_id(old)
    assert found is not None
    assert (found.number, found.birth_date, found.sex) == (number, birth_date, sex)


@given(citizen_ids())
def test_spelling_makes_no_difference(made: tuple[str, date, str]) -> None:
    number = made[0]
    wide = "".join(chr(ord(character) + 0xFEE0) for character in number)
    for spelling in (number.lower(), f" {number[:6]} {number[6:14]}-{number[14:]} ", wide):
        assert citizen_id(spelling) == citizen_id(number)


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002Х",
        "11010519491231002×",
        "'11010519491231002x",
        "\ufeff11010519491231002X\u200b",
        "身份证号：11010519491231002X",
        "SFZ:11010519491231002x",
        "11010519491231002X（本人）",
    ],
)
def test_what_stands_around_it_and_what_looks_like_it(text: str) -> None:
    found = citizen_id(text)
    assert found is not None
    assert found.number == "11010519491231002X"


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    found = citizen_id(text)
    assert found is None or citizen_id(found.number) == found


def test_a_known_number() -> None:
    # The example that GB 11643 itself gives.
    found = citizen_id("11010519491231002X")
    assert found is not None
    assert (found.birth_date, found.sex) == (date(1949, 12, 31), "female")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "111111111111111111",
        "000000000000000000",
        "111111111111111",
        "110101190001011009",
        "11010519490231002X",
        "99" + "0105194912310021",
        "110105194912310029",
        "1101054912310",
        "110105491331002",
        "1101051949123100２X9",
        "١١٠١٠٥١٩٤٩١٢٣١٠٠٢٤",
    ],
)
def test_invalid_numbers(text: str) -> None:
    assert citizen_id(text) is None


def test_a_birth_year_nobody_has() -> None:
    body = "11010510000101002"
    assert citizen_id(body + check_character(body)) is None


def test_centenarians_and_foreign_residents() -> None:
    old = citizen_id("110105980101996")
    assert old is not None
    assert old.birth_date == date(1898, 1, 1)
    body = "91115619800506101"
    assert citizen_id(body + check_character(body)) is not None
