"""Telephones and addresses of crowds."""

from mpi.linkage.crowded import CROWD, crowded_among
from mpi.linkage.online import table_of
from mpi.normalisation.demographics import Demographics

FRONT_DESK, HOME = "2925120", "13912345678"


def visitors(number: int) -> list[Demographics]:
    return [Demographics(names=(f"王{chr(0x4E00 + at)}",), phones=(FRONT_DESK,)) for at in range(number)]


def test_a_telephone_of_people_of_many_names_is_a_crowd_s() -> None:
    household = [Demographics(names=(name,), phones=(HOME,)) for name in ("王伟", "李娜")] * CROWD
    assert crowded_among(visitors(CROWD) + household) == (FRONT_DESK,)
    assert crowded_among(visitors(CROWD - 1) + household) == ()


def test_a_sample_shows_a_smaller_crowd() -> None:
    assert crowded_among(visitors(CROWD // 2), share=0.5) == (FRONT_DESK,)
    assert crowded_among(visitors(10), share=0.001) == ()


def test_training_does_not_see_it() -> None:
    table = table_of([Demographics(phones=(FRONT_DESK, HOME))], {FRONT_DESK})
    assert table.columns["phone"].values[table.columns["phone"].codes[0]] == HOME
