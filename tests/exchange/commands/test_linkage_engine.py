"""The engine that the judge of labelled sets is given."""

from exchange.commands.linkage_engine import LinkageEngine
from tests.mpi.linkage.people import COLUMNS, people


def test_a_set_without_one_of_the_columns_is_linked_by_the_others() -> None:
    raw, truth = people(200)
    del raw["number"]
    persons = [person for person, _ in LinkageEngine().groups([raw], COLUMNS)]
    assert sum(found == expected for found, expected in zip(persons, truth, strict=True)) > 0.97 * len(truth)


def test_a_set_without_pairs_or_records_gives_nothing() -> None:
    raw, _ = people(30)
    assert LinkageEngine().pairs(raw, [], COLUMNS) == []
    none: dict[str, list[str]] = {name: [] for name in raw}
    assert LinkageEngine().groups([none], COLUMNS) == []
