"""What the conditional interactions share."""

import asyncpg
import pytest

from exchange.bundle import Criteria
from exchange.hub import Hub
from exchange.interactions import conditional
from exchange.interactions.conditional import ATTEMPTS, compiled, find, lock_keys, one, repeated
from exchange.outcome import FhirError


class Race:
    """Loses some times before it wins."""

    def __init__(self, losses: int, error: Exception) -> None:
        self.losses, self.error, self.runs = losses, error, 0

    async def __call__(self) -> int:
        self.runs += 1
        if self.runs <= self.losses:
            raise self.error
        return self.runs


@pytest.fixture(autouse=True)
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditional, "PAUSE", 0)


@pytest.mark.parametrize("error", [asyncpg.SerializationError("x"), asyncpg.DeadlockDetectedError("x")])
async def test_a_lost_race_is_run_again_but_not_for_ever(error: Exception) -> None:
    assert await repeated(Race(ATTEMPTS - 1, error)) == ATTEMPTS
    race = Race(ATTEMPTS, error)
    with pytest.raises(type(error)):
        await repeated(race)
    assert race.runs == ATTEMPTS


async def test_other_errors_are_not_repeated() -> None:
    race = Race(1, LookupError())
    with pytest.raises(LookupError):
        await repeated(race)
    assert race.runs == 1


def test_one() -> None:
    criteria = Criteria("Patient", "x")
    assert one(criteria, ()) is None
    assert one(criteria, ("a",)) == "a"
    with pytest.raises(FhirError):
        one(criteria, ("a", "b"))


def test_conditions_that_can_find_the_same_share_a_lock_that_one_holds_alone(hub: Hub) -> None:
    def keys(query: str, kind: str = "Patient") -> dict[int, bool]:
        return lock_keys(compiled(hub, Criteria(kind, query)))

    def exclude(one: dict[int, bool], other: dict[int, bool]) -> bool:
        return any(one[key] or other[key] for key in one.keys() & other.keys())

    by_identifier = keys("identifier=urn:x|1")
    assert by_identifier == keys("gender=male&identifier=urn%3Ax%7C1") == keys("identifier=1")
    assert exclude(by_identifier, keys("identifier=urn:y|2,urn:x|1"))
    assert not exclude(by_identifier, keys("identifier=urn:x|2"))
    assert exclude(by_identifier, keys("gender=male"))
    assert exclude(keys("gender=male"), keys("birthdate=2000"))
    assert not exclude(by_identifier, keys("identifier=urn:x|1", "Practitioner"))
    assert not exclude(keys("gender=male"), keys("gender=male", "Practitioner"))


async def test_identifiers_are_found_with_and_without_system(hub: Hub) -> None:
    systems = ("urn:x", "urn:y", None)
    for n, system in enumerate(systems):
        identifier = {"value": "1"} if system is None else {"system": system, "value": "1"}
        patient = {"resourceType": "Patient", "id": f"p{n}", "identifier": [identifier]}
        await hub.committer.commit(hub.write("create", patient), hub.clock())
    asked = {
        "identifier=urn:x|1": ("p0",),
        "identifier=urn:x|1,urn:y|1": ("p0", "p1"),
        "identifier=1": ("p0", "p1", "p2"),
        "identifier=|1": ("p2",),
        "identifier=urn:x|2": (),
        "identifier=urn:x|1&_id=p0": ("p0",),
        "identifier:not=urn:x|1&_id=p1": ("p1",),
    }
    queries = {Criteria("Patient", query): compiled(hub, Criteria("Patient", query)) for query in asked}
    queries |= {(other := Criteria("Practitioner", "identifier=1")): compiled(hub, other)}
    async with hub.pool.acquire() as connection:
        found = await find(connection, queries)
    assert {criteria.query: ids for criteria, ids in found.items() if criteria != other} == asked
    assert found[other] == ()
