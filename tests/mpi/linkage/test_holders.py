"""What a citizen id implies is read in columns as in records."""

from typing import Any

import pytest

from mpi.linkage.table import table
from tests.mpi.people import valid_id

KINDS = {"number": "citizen-id", "born": "date", "sex": "sex"}
OWN = valid_id("1980-05-06", 101)


def _told(number: str, born: str, sex: str, kinds: dict[str, str]) -> tuple[str, ...]:
    raw: dict[str, Any] = {"number": [number], "born": [born], "sex": [sex], "seen": ["2020-01-02"]}
    made = table(raw, kinds, [0])
    return tuple(column.values[column.codes[0]] for column in made.columns.values())


@pytest.mark.parametrize(
    ("born", "sex", "expected"),
    [
        ("", "", (OWN, "1980-05-06", "male")),
        ("1980-01-01", "男", (OWN, "1980-05-06", "male")),
        ("2010-07-01", "女", ("", "2010-07-01", "female")),
        ("1990-07-01", "女", (OWN, "1990-07-01", "female")),
    ],
)
def test_of_the_holder_unless_it_is_a_parent_s(born: str, sex: str, expected: tuple[str, ...]) -> None:
    assert _told(OWN, born, sex, KINDS) == expected


def test_of_two_dates_nobody_knows_which_is_of_birth() -> None:
    told = _told(OWN, "2010-07-01", "女", {**KINDS, "seen": "date"})
    assert told == (OWN, "2010-07-01", "female", "2020-01-02")
