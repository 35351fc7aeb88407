"""The online model, trained without labels on made-up residents."""

import random

import pytest

from mpi.linkage.online import TooFewRecords, names_of, table_of, trained_on
from mpi.linkage.table import encoded
from mpi.normalisation.demographics import Demographics
from mpi.online_model import HAND_SET, json_from_online_model, online_model_from_json
from tests.mpi.people import valid_id

NAMES = [
    f"{surname}{given}" for surname in "王李张刘陈杨赵黄周吴" for given in "伟芳娜敏静丽强磊军洋勇艳杰娟涛"
]


def people(size: int) -> list[Demographics]:
    """Three records of each, some without their number, some with another telephone."""
    choose = random.Random(3)
    made = []
    for number in range(size):
        name, born = (
            choose.choice(NAMES),
            f"19{choose.randint(30, 99)}-{choose.randint(1, 12):02}-{choose.randint(1, 28):02}",
        )
        own = valid_id(born, choose.randrange(1, 999), f"21{choose.randrange(10000):04}")
        phone = f"139{number:08}"
        for _ in range(3):
            made.append(
                Demographics(
                    names=(name,),
                    pinyin=(name,),
                    gender="male",
                    birth_date=born if choose.random() > 0.02 else f"{born[:4]}-01-01",
                    citizen_ids=(own,) if choose.random() > 0.2 else (),
                    phones=(phone if choose.random() > 0.1 else f"138{choose.randrange(10**8):08}",),
                )
            )
    return made


def test_training_finds_what_was_put_in() -> None:
    model = trained_on(people(1200), 1200)
    assert -12 < model.prior < -9
    assert model.levels["birth-date"]["equal"].m == pytest.approx(0.96, abs=0.03)
    assert model.levels["phone"]["equal"].m == pytest.approx(0.82, abs=0.06)
    assert model.levels["name"]["equal"].bits > 4 > 0 > model.levels["name"]["different"].bits
    assert online_model_from_json(json_from_online_model(model)) == model
    assert (model.link_at, model.trained_on, model.population) == (HAND_SET.link_at, 3600, 1200)


def test_too_few_records_train_nothing() -> None:
    with pytest.raises(TooFewRecords, match="1000 are needed"):
        trained_on(people(10), 10)


def test_the_shares_of_names_and_their_parts() -> None:
    names = names_of(encoded(["王伟", "王伟", "王芳", "欧阳伟", ""]))
    assert names.whole["王伟"] == 0.5
    assert names.surnames["王"] == 0.75
    assert names.given["伟"] == 0.75
    assert names.share("欧阳芳") == pytest.approx(0.25)


def test_a_missing_fact_is_the_empty_value() -> None:
    table = table_of([Demographics(), *people(1)])
    assert [column.codes[0] for column in table.columns.values()] == [0] * len(table.columns)


def test_what_humans_say_of_pairs_counts() -> None:
    """Whoever changed name and telephone seems somebody else, until a human says who it is."""
    records = people(400)
    unlike = [(one, one + 3) for one in range(0, 600, 3) if records[one].names != records[one + 3].names]
    seemed, denied, confirmed = (
        trained_on(records, 400, told=[(*pair, is_match) for pair in pairs]).levels["name"]["different"].m
        for pairs, is_match in (((), True), (unlike, False), (unlike, True))
    )
    assert seemed == pytest.approx(denied, rel=0.05)
    assert confirmed > 3 * seemed
