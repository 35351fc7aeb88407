"""The model of the index trained on all of its records or on a sample of them."""

import random
from typing import Any

import pytest

from mpi.linkage.online import TooFewRecords
from mpi.retrain import retrained
from mpi.store import resolve_all
from terminology.naming import identify
from tests.mpi.people import at, record, valid_id

SURNAMES, GIVEN = "王李张刘陈杨赵黄", "伟芳娜敏静丽强磊军洋勇艳杰涛明超"
RESIDENTS = 700


async def fill(connection: Any) -> None:
    """Residents with two records each, of which one in ten lacks the number and one in twenty has a slip."""
    choose = random.Random(1)
    told = []
    for number in range(RESIDENTS):
        name = choose.choice(SURNAMES) + choose.choice(GIVEN) + choose.choice(GIVEN)
        born = f"{choose.randrange(1940, 2020)}-{choose.randrange(1, 13):02}-{choose.randrange(2, 29):02}"
        phone = [{"system": "phone", "value": f"139{number:08}"}]
        for visit in range(2):
            citizen = None if choose.random() < 0.1 else valid_id(born, 1 + 2 * (number % 490))
            slip = name[:-1] + choose.choice(GIVEN) if choose.random() < 0.05 else name
            each = record(f"{number}-{visit}", name=slip, birth_date=born, citizen=citizen, telecom=phone)
            told.append(each)
    async with connection.transaction():
        for start in range(0, len(told), 200):
            await resolve_all(connection, told[start : start + 200], at(0), identify)


async def test_a_sample_tells_what_all_tell(connection: Any) -> None:
    await fill(connection)
    async with connection.transaction():
        whole = await retrained(connection, 5000)
        sampled = await retrained(connection, 5000, 1200)
        with pytest.raises(TooFewRecords):
            await retrained(connection, 5000, 300)
    assert whole.trained_on == 2 * RESIDENTS > sampled.trained_on > 1000
    assert sampled.names == whole.names
    assert sampled.prior == pytest.approx(whole.prior, abs=1.0)
    # So few strangers share a birth date here that one sample of sixty is a whole bit off.
    for field, apart in (("name", 1.0), ("birth-date", 2.0), ("phone", 1.0)):
        ours, theirs = sampled.levels[field]["equal"].bits, whole.levels[field]["equal"].bits
        assert ours == pytest.approx(theirs, abs=apart)
