"""Strangers of one name, birth date and sex are seen where there are more than chance gives."""

import dataclasses

from msgspec.structs import replace

from benchmarks.residents import CITY, Mix, residents, visits
from mpi.linkage.namesakes import namesakes_among
from mpi.linkage.online import names_of
from mpi.linkage.table import encoded
from mpi.normalisation.demographics import Demographics
from tests.mpi.people import valid_id


def records_of(mix: Mix) -> list[Demographics]:
    return [visit.demographics for visit in visits(residents(1500, 3, mix), 3.0, 4, mix)]


def found(records: list[Demographics]) -> float:
    return namesakes_among(records, names_of(encoded(record.names[0] for record in records)))


def test_a_city_has_none_beyond_chance() -> None:
    assert found(records_of(CITY)) == 0


def test_they_are_seen_where_there_are_some() -> None:
    share = found(records_of(dataclasses.replace(CITY, namesakes=0.02)))
    assert 0.02 < share < 0.06


def test_one_pair_tells_nothing_of_a_region() -> None:
    first = records_of(CITY)
    one = replace(
        first[0], names=("令狐慧敏",), phones=(), addresses=(), birth_date="1990-05-06", gender="female"
    )
    pair = [replace(one, citizen_ids=(valid_id("1990-05-06", order),)) for order in (122, 144)]
    assert found([*first, *pair]) == 0


def test_twins_and_children_under_their_mothers_id_are_none() -> None:
    assert found(records_of(dataclasses.replace(CITY, twins=1.0))) == 0


def test_nobody_is_seen_without_ids() -> None:
    records = [
        replace(record, citizen_ids=()) for record in records_of(dataclasses.replace(CITY, namesakes=0.02))
    ]
    assert found(records) == 0
