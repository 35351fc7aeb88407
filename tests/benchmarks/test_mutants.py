"""The breaking of messages: the same from the same chance, and bounded."""

import random

import pytest

from benchmarks import mutants
from benchmarks.translation import message

SOURCE = message(1, random.Random(1)).encode()


def test_the_nth_message_is_always_the_same() -> None:
    once, again = (mutants.mutated([SOURCE, b""], random.Random(7)) for _ in range(2))
    assert once == again != SOURCE


@pytest.mark.parametrize("change", mutants.CHANGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("raw", [SOURCE, b"", b"MSH", b"\xff\r"])
def test_anything_can_be_broken(change: mutants.Change, raw: bytes) -> None:
    for seed in range(20):
        change(raw, random.Random(seed))


def test_no_mutant_is_longer_than_the_limit() -> None:
    sizes = [len(mutants.mutated([SOURCE], random.Random(seed))) for seed in range(300)]
    assert max(sizes) <= mutants.LONGEST
