"""Who somebody is, asked by many at once: each gets its own answer, as it is when it asks."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from exchange.hub import Hub
from exchange.lookups import Lookups
from tests.exchange.operations.identities import CITIZEN, Hospitals, client_of, listed, parameters, patient
from tests.mpi.people import valid_id

PEOPLE = range(1, 13)


def number(person: int) -> str:
    return valid_id("1949-12-31", 300 + person)


@pytest.fixture
async def hospitals(hub: Hub) -> Hospitals:
    made = Hospitals(hub)
    for person in PEOPLE:
        await made.put(patient("h1", str(person), number(person)))
        await made.put(patient("h2", str(person + 100), number(person)))
    return made


def _logging(asked: list[str]) -> Callable[[asyncpg.Connection], Awaitable[None]]:
    async def init(connection: asyncpg.Connection) -> None:
        connection.add_query_logger(lambda record: asked.append(record.query))

    return init


async def crossed(client: httpx.AsyncClient, person: int) -> list[str]:
    asked = {"sourceIdentifier": f"urn:x:h1|{person}", "targetSystem": "urn:x:h2"}
    answer = await client.get("Patient/$ihe-pix", params=asked)
    return [each["value"] for each in listed(answer, "targetIdentifier")]


async def matched(client: httpx.AsyncClient, person: int) -> str:
    """The citizen id of whom the Patient is most likely."""
    told = patient("h9", "new", number(person))
    answer = await client.post("Patient/$match", json=parameters(resource=told, onlySingleMatch=True))
    (entry,) = answer.json()["entry"]
    (found,) = (each for each in entry["resource"]["identifier"] if each.get("system") == CITIZEN)
    return str(found["value"])


async def test_each_of_many_gets_its_own_answer(hub: Hub, hospitals: Hospitals) -> None:
    async with client_of(hub, "system/Patient.rs") as client:
        told = await asyncio.gather(*(crossed(client, person) for person in (*PEOPLE, 99)))
        assert told == [*([str(person + 100)] for person in PEOPLE), []]
        found = await asyncio.gather(*(matched(client, person) for person in PEOPLE))
        assert found == [number(person) for person in PEOPLE]


async def test_those_who_ask_together_are_answered_by_few_statements(hub: Hub, hospitals: Hospitals) -> None:
    asked: list[str] = []
    pool = await asyncpg.create_pool(hub.dsn, min_size=1, max_size=1, init=_logging(asked))
    lookups = Lookups(pool, hub.lookups.parameters, hub.domains.identify)
    wanted = [frozenset({("urn:x:h1", str(person))}) for person in PEOPLE]
    async with pool:
        asked.clear()
        found = await asyncio.gather(*map(lookups.identities, wanted))
    assert [[one.by for one in each] for each in found] == [[(f"h1-{person}",)] for person in PEOPLE]
    assert len(asked) < len(PEOPLE)


async def test_a_change_is_seen_by_who_asks_after_it(hub: Hub, hospitals: Hospitals) -> None:
    async with client_of(hub, "system/Patient.rs") as client:

        async def told_and_asked(person: int) -> list[str]:
            await hospitals.put(patient("h2", str(person + 200), number(person)))
            return await crossed(client, person)

        told = await asyncio.gather(*map(told_and_asked, PEOPLE))
    assert [set(each) for each in told] == [{str(person + 100), str(person + 200)} for person in PEOPLE]
