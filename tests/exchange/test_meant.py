"""Patients told of by a number are those that are found under locks, and one number makes one Patient."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import asyncpg
import httpx
import pytest

from exchange import feeding
from exchange.app import build_app
from exchange.bundle import Criteria
from exchange.hub import Hub
from exchange.interactions.conditional import compiled
from exchange.store.told import Condition, Told
from exchange.store.transact import Written
from mpi.store import Record
from terminology.naming import CITIZEN_ID
from tests.exchange.conftest import FHIR, token
from tests.exchange.test_feeding import history, known, one_by_one, together, told
from tests.mpi.people import patient, valid_id
from tests.mpi.test_lone import accompanied, people


def asked(hub: Hub, record: Record, by: int, id_: str) -> Told:
    """Told of by one of its identifiers; `id_` if that is nobody's."""
    number = record.patient["identifier"][by]
    criteria = Criteria("Patient", urlencode({"identifier": f"{number['system']}|{number['value']}"}))
    plain = told(hub, replace(record, patient=dict(record.patient) | {"id": id_}))
    return replace(plain, condition=Condition(criteria, compiled(hub, criteria), False, None))


def _by_local_number(hub: Hub, chance: random.Random, record: Record) -> Told:
    """A third by id, so that groups have both."""
    if int(record.local_id) % 3 == 0:
        return told(hub, record)
    return asked(hub, record, 0, f"{record.patient_id}-{chance.randrange(99)}")


def _by_any_number(hub: Hub, chance: random.Random, record: Record) -> Told:
    by = chance.randrange(len(record.patient["identifier"]))
    return asked(hub, record, by, f"{record.patient_id}-{chance.randrange(99)}")


@pytest.mark.parametrize("tellings", [people, accompanied])
@pytest.mark.parametrize(("how", "tell"), [(one_by_one, _by_any_number), (together, _by_local_number)])
async def test_who_is_foreseen_by_a_number_is_who_is_found_under_locks(
    hub: Hub, how: Any, tell: Any, tellings: Any
) -> None:
    foreseen = await history(hub, how, feeding.fed, tellings, 7, tell)
    locked = await history(hub, how, feeding._locked, tellings, 7, tell)
    assert foreseen[1] == locked[1]
    assert {"created", "updated"} <= set(foreseen[1])
    assert foreseen[0].splitlines() == locked[0].splitlines()


async def test_told_by_a_number_a_patient_takes_two_statements(hub: Hub) -> None:
    first = Record("h1", "1", "h1-1", patient(citizen=valid_id()))
    for _ in range(2):
        await feeding.fed(hub, [asked(hub, first, 0, "h1-1")])
    said: list[str] = []
    async with hub.pool.acquire() as connection:
        connection.add_query_logger(lambda query: said.append(query.query))
    again = Record("h1", "1", "h1-1", patient(citizen=valid_id(), address=[{"text": "建国路1号"}]))
    fresh = Record("h1", "2", "h1-2", patient("2", name="李娜", citizen=valid_id("1990-01-02")))
    for record, id_, status in (
        (again, "x", "updated"),
        (fresh, "h1-2", "created"),
        (fresh, "y", "unchanged"),
    ):
        (answer,) = await feeding.fed(hub, [asked(hub, record, 0, id_)])
        assert isinstance(answer, Written)
        assert answer.status == status
    assert len([each for each in said if "told" in each or "surveyed" in each]) == 5
    assert not any(each.startswith(("BEGIN", "COMMIT")) or "advisory" in each for each in said)
    assert {row["id"] for row in await hub.pool.fetch("SELECT patient_id AS id FROM mpi_record")} == {
        "h1-1",
        "h1-2",
    }


async def test_of_those_who_tell_of_one_number_at_once_one_makes_a_patient(hub: Hub) -> None:
    await feeding.fed(hub, [told(hub, Record("h0", "0", "h0-0", patient("0", hospital="h0", name="赵一")))])
    hub.seen_domains.add(CITIZEN_ID)
    await known(hub, Record("h0", "0", "h0-0", patient("0", hospital="h0")))
    for order in range(100, 120):
        arriving = [
            Record("h0", str(order), "", patient(str(order), hospital="h0", citizen=valid_id(order=order)))
            for _ in range(4)
        ]
        # Two look for the local number, two for the citizen id; two of them are in one group.
        tellings = [asked(hub, each, n % 2, f"p{order}-{n}") for n, each in enumerate(arriving)]
        groups = (tellings[:1], tellings[1:2], tellings[2:])
        answers = await asyncio.gather(*(_persistent(hub, group) for group in groups))
        found = sorted(each.status for group in answers for each in group)
        assert (found[0], len(found)) == ("created", 4)
        assert "created" not in found[1:]
    assert await hub.pool.fetchval("SELECT count(*) FROM mpi_record") == 21


async def _persistent(hub: Hub, group: Sequence[Told]) -> list[Written]:
    """As a request does, which is repeated after a deadlock."""

    async def one(answer: Any, each: Told) -> Written:
        while isinstance(answer, Exception):
            assert isinstance(answer, (asyncpg.SerializationError, asyncpg.DeadlockDetectedError))
            (answer,) = await feeding.fed(hub, [each])
        assert isinstance(answer, Written)
        return answer

    answers = await feeding.fed(hub, group)
    return [await one(answer, each) for answer, each in zip(answers, group, strict=True)]


async def test_hospitals_are_answered_as_anybody_is(hub: Hub) -> None:
    transport = httpx.ASGITransport(build_app(hub), raise_app_exceptions=False)
    url, answers = "Patient?identifier=urn:x:mrn|7", []
    sent = patient("7", citizen=valid_id()) | {"identifier": [{"system": "urn:x:mrn", "value": "7"}]}
    named, sent = sent, {name: value for name, value in sent.items() if name != "id"}
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=transport,
                    base_url=FHIR + "/",
                    headers={"Authorization": f"Bearer {await token(hub, 'system/*.cruds', name)}"},
                )
            )
            for name in ("h01", "h02")
        ]
        await one.put("Patient/other", json=named | {"id": "other", "identifier": [{"system": "urn:x:mrn"}]})
        made = await asyncio.gather(
            *(one.put(url, json=sent | {"birthDate": f"19{n}"}) for n in range(50, 66))
        )
        for client, body, headers in (
            (one, sent, {"If-Match": 'W/"1"'}),
            (one, sent, {"If-Match": 'W/"16"'}),
            (one, sent, {}),
            (one, named | {"id": "mine"}, {}),
            (one, sent | {"identifier": [{"system": "urn:x:mrn", "value": "8"}]}, {}),
            (two, sent | {"gender": "female"}, {}),
        ):
            answers.append((await client.put(url, json=body, headers=headers)).status_code)
        await one.put("Patient/mine", json=named | {"id": "mine"})
        answers.append((await one.put(url, json=sent)).status_code)
    assert sorted(each.status_code for each in made) == [200] * 15 + [201]
    assert len({each.json()["id"] for each in made}) == 1
    assert {each.headers["location"].partition("/_history")[0] for each in made} == {
        f"{FHIR}/Patient/{made[0].json()['id']}"
    }
    assert answers == [412, 200, 200, 400, 422, 403, 412]
