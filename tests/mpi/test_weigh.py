"""Weights of demographics: symmetric, explained, and worth nothing where nothing is said."""

from hypothesis import given

from mpi.demographics import Demographics
from mpi.weigh import SCALE, levels_of, support, weigh
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
