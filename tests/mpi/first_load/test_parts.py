"""Parts hold whole components, and know from which record on a key of many leads nowhere."""

import random

import numpy as np

from mpi.first_load.parts import Keyed, parts


def keyed(*pairs: tuple[int, int], size: int) -> Keyed:
    """Records 10, 11 … with keys, as (key, place)."""
    key, of = zip(*pairs, strict=True)
    return Keyed(np.arange(10, 10 + size), np.asarray(key), np.asarray(of))


def test_what_shares_a_key_comes_together() -> None:
    found = list(parts(keyed((7, 2), (7, 0), (8, 0), (8, 3), (9, 1), size=5), 1))
    assert sorted(part.numbers for part in found) == [[10, 12, 13], [11], [14]]
    assert sorted(part.places for part in found) == [[0, 2, 3], [1], [4]]


def test_a_key_of_many_closes() -> None:
    found = list(parts(keyed((7, 0), (7, 1), (7, 2), (7, 3), (8, 3), size=4), 1, oversized=2))
    assert [part.numbers for part in found] == [[10, 11], [12], [13]]
    assert all(part.closed == {7: 2} for part in found)


def test_every_record_is_in_one_part() -> None:
    draw = random.Random(1)
    pairs = [(draw.randrange(40), draw.randrange(50)) for _ in range(60)]
    for size in (1, 7, 100):
        found = list(parts(keyed(*pairs, size=50), size))
        assert sorted(number for part in found for number in part.numbers) == list(range(10, 60))
        assert all(len(part.numbers) >= size for part in found[:-1])
