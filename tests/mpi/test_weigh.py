"""Weights of demographics: symmetric, explained, and worth nothing where nothing is said."""

import pytest
from hypothesis import given
from msgspec.structs import replace

from mpi.normalisation.demographics import Demographics
from mpi.weigh import SCALE, levels_of, scale, support, weigh
from tests.mpi.strategies import demographics

SAID = Demographics(
    names=("王子安",), pinyin=("wangzian",), gender="male", birth_date="1980-05-06", phones=("13912345678",)
)


@given(demographics(), demographics())
def test_symmetric(one: Demographics, other: Demographics) -> None:
    assert weigh(one, other) == weigh(other, one)


@given(demographics())
def test_nothing_said_is_the_prior(record: Demographics) -> None:
    assert weigh(record, Demographics()).bits == SCALE.prior


def test_the_waterfall_names_field_and_level() -> None:
    levels = [(name, level) for name, level, _ in weigh(SAID, SAID).steps]
    assert levels == [
        ("prior", ""),
        ("name", "equal"),
        ("birth-date", "equal"),
        ("gender", "equal"),
        ("phone", "equal"),
    ]
    assert support(SAID, SAID, levels_of(SAID, SAID), weigh(SAID, SAID).bits) == "demographics"


@pytest.mark.parametrize(
    ("other", "pinyin", "expected"),
    [
        (("王子安",), ("wangzian",), "demographics"),
        (("王梓安",), ("wangzian",), "likely"),  # a twin's name may sound so
        (("zian wang",), ("zianwang", "wangzian"), "demographics"),  # its sound in letters
    ],
)
def test_a_name_that_only_sounds_alike_makes_no_link(
    other: tuple[str, ...], pinyin: tuple[str, ...], expected: str
) -> None:
    one = replace(SAID, addresses=("长安人民路12-3-501",))
    same = replace(one, names=other, pinyin=pinyin)
    assert support(one, same, levels_of(one, same), 30.0) == expected
    assert support(same, one, levels_of(same, one), 30.0) == expected


def test_a_telephone_that_people_of_all_names_have_tells_nothing() -> None:
    crowd = scale(replace(SCALE.model, crowded=SAID.phones))
    levels = levels_of(SAID, SAID, crowd)
    assert (levels.phone, levels_of(SAID, replace(SAID, phones=("13900000001",)), crowd).phone) == ("", "")
    assert support(SAID, SAID, levels, weigh(SAID, SAID, crowd).bits, crowd) == ""
    twice = replace(SAID, phones=(*SAID.phones, "13900000001"))
    assert levels_of(twice, twice, crowd).phone == "equal"


def test_a_name_in_letters_turned_round_is_the_same() -> None:
    one = replace(SAID, names=("maria petrova",), pinyin=("mariapetrova", "petrovamaria"))
    other = replace(one, names=("petrova maria",), pinyin=("petrovamaria", "mariapetrova"))
    assert support(one, other, levels_of(one, other), 30.0) == "demographics"


def test_a_minority_name_without_its_dot_is_the_same_and_its_first_part_as_good() -> None:
    one = replace(SAID, names=("古丽娜尔·艾合买提",), pinyin=("gulinaeraihemaiti",))
    other = replace(SAID, names=("古丽娜尔艾合买提",), pinyin=("gulinaeraihemaiti",))
    first = replace(SAID, names=("古丽娜尔",), pinyin=("gulinaer",))
    assert support(one, other, levels_of(one, other), 30.0) == "demographics"
    assert levels_of(one, first).name == levels_of(first, one).name == "sound"
    assert support(one, first, levels_of(one, first), 30.0) == "demographics"
    short = replace(SAID, names=("古丽娜尔·艾",), pinyin=("gulinaerai",))
    assert support(one, short, levels_of(one, short), 30.0) == "demographics"
    brother = replace(SAID, names=("艾力·艾合买提",), pinyin=("ailiaihemaiti",))
    assert levels_of(one, brother).name == levels_of(first, brother).name == "different"


def test_a_dwelling_without_its_district_is_the_same_and_none_of_another() -> None:
    one = replace(SAID, addresses=("徐汇宛平南路403-53-1004",))
    for place, level in (
        ("~宛平南路403-53-1004", "equal"),
        ("~宛平南路403-5-1004", "different"),
        ("徐汇宛平南路403-53", "equal"),
        ("徐汇宛平南路403-5", "different"),
        ("徐汇宛平南路403", "different"),
    ):
        other = replace(SAID, addresses=(place,))
        assert levels_of(one, other).address == levels_of(other, one).address == level


def test_of_one_household_no_two_have_one_name() -> None:
    year = replace(SAID, birth_date="1980")
    slip = replace(SAID, birth_date="1980-05-08")
    for other in (year, slip):
        found, bits = levels_of(SAID, other), weigh(SAID, other).bits
        assert bits < SCALE.model.link_at
        assert support(SAID, other, found, bits) == "demographics"
        near = replace(other, names=("王子平",), pinyin=("wangziping",))
        assert support(SAID, near, levels_of(SAID, near), bits) == "likely"


def test_name_birth_date_and_sex_alone_are_nothing_to_ask_about() -> None:
    alone = replace(SAID, phones=())
    assert support(alone, alone, levels_of(alone, alone), 30.0) == ""
    other = replace(SAID, phones=("13912345679",))
    assert support(SAID, other, levels_of(SAID, other), 30.0) == ""
