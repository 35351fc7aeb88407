"""Chinese numerals as digits."""

import pytest

from mpi.normalisation.numerals import digits


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("二〇〇一", "2001"),
        ("十", "10"),
        ("十二", "12"),
        ("三十", "30"),
        ("廿三", "23"),
        ("一百零五", "105"),
        ("二百三十一", "231"),
        ("五〇一", "501"),
        ("十十", "十十"),
    ],
)
def test_a_numeral_as_digits(written: str, number: str) -> None:
    assert digits(written) == number
