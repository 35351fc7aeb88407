"""How a model fares with pairs that humans judged, and with those that numbers tell."""

from typing import Any

from msgspec.structs import replace

from mpi.correction import Decider
from mpi.evaluation import evaluated, found_by, judged, numbered
from mpi.labels import keep_labels
from mpi.normalisation.demographics import Demographics
from mpi.weigh import SCALE
from tests.mpi.people import at, record, tell, valid_id

RESIDENT = Demographics(
    names=("王子安",), pinyin=("wangzian",), gender="male", birth_date="1980-05-06", phones=("13912345678",)
)
NAMESAKE = replace(RESIDENT, phones=(), names=("王伟",), pinyin=("wangwei",))
PHONE = [{"system": "phone", "value": "13912345678"}]


def test_what_two_records_come_to() -> None:
    assert found_by(RESIDENT, RESIDENT, SCALE) == "linked"
    assert found_by(RESIDENT, replace(RESIDENT, names=("王子按",)), SCALE) == "asked"
    assert found_by(RESIDENT, NAMESAKE, SCALE) == "left"


def test_precision_and_recall() -> None:
    found = evaluated(
        [(RESIDENT, RESIDENT, True), (RESIDENT, RESIDENT, False), (RESIDENT, NAMESAKE, True)], SCALE
    )
    assert (found.precision, found.recall) == (0.5, 0.5)
    assert evaluated([], SCALE).precision is None


async def test_numbers_and_humans_tell_who_is_who(connection: Any) -> None:
    own, other = valid_id("1980-05-06", 1), valid_id("1980-05-06", 3)
    for number, citizen in (("1", own), ("2", own), ("3", other), ("4", None)):
        await tell(connection, record(number, citizen=citizen, telecom=PHONE))
    async with connection.transaction():
        pairs = await numbered(connection)
        assert {is_match for *_, is_match in pairs} == {True, False}
        assert not any(told.citizen_ids or told.cards for one, two, _ in pairs for told in (one, two))
        first, second = await connection.fetch("SELECT record FROM mpi_record ORDER BY record LIMIT 2")
        await keep_labels(connection, first["record"], [second["record"]], True, Decider("a", "b", at(1)))
        assert [is_match async for *_, is_match in judged(connection)] == [True]
