"""Patients told by what was seen without a lock end as those that are told under locks."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from exchange import feeding
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.store.packing import unpack
from exchange.store.told import Told
from exchange.store.transact import Written
from mpi.store import Record
from terminology.naming import CITIZEN_ID
from tests.exchange.conftest import EMPTY
from tests.mpi.people import patient, valid_id
from tests.mpi.test_lone import accompanied, people

RECORDS = """
SELECT r.patient_id, r.source, r.local_id, r.demographics::text, r.shown, r.active, r.normalisation, l.person,
       l.rule, l.model, l.match_weight,
       ARRAY(SELECT (k.key, k.rule)::text FROM mpi_key k WHERE k.record = r.record ORDER BY 1) AS keys,
       ARRAY(SELECT o.patient_id FROM mpi_person p JOIN mpi_reach c USING (patient_key)
             JOIN mpi_record o ON o.patient_key = ANY(c.members)
             WHERE p.person = l.person ORDER BY 1) AS reached
FROM mpi_record r JOIN mpi_link l USING (record)
WHERE l.valid_to IS NULL AND l.recorded_to IS NULL ORDER BY 1"""
QUESTIONS = """
SELECT q.kind, r.patient_id, q.state, q.decided_by, q.persons
FROM mpi_review q JOIN mpi_record r USING (record) ORDER BY r.patient_id, q.review"""
RESOURCES = """
SELECT r.id, r.version, r.body, (SELECT count(*) FROM history h WHERE h.rid = r.rid) AS past,
       (SELECT count(*) FROM resource_index i WHERE i.rid = r.rid) AS rows,
       ARRAY(SELECT (param, system, value)::text FROM identifier_index i WHERE i.rid = r.rid ORDER BY 1),
       ARRAY(SELECT (param, value, exact)::text FROM string_index i WHERE i.rid = r.rid ORDER BY 1),
       ARRAY(SELECT (param, lo, hi)::text FROM date_index i WHERE i.rid = r.rid ORDER BY 1)
FROM resource r WHERE r.type = (SELECT type FROM resource WHERE id = $1) ORDER BY 1"""
NAMES = "SELECT person, enterprise_id FROM mpi_person"

Feed = Callable[[Hub, Sequence[Told]], Awaitable[Sequence[Any]]]


def told(hub: Hub, record: Record) -> Told:
    resource = dict(record.patient)
    return Told(hub.write("update", resource), resource, record.source, hub.clock(), _unused)


async def _unused(several: Sequence[Told]) -> Sequence[Written | Exception]:
    raise AssertionError


async def state(hub: Hub, any_id: str) -> str:
    """Everything that is stored, with persons called by the Patients that they have."""
    records = await hub.pool.fetch(RECORDS)
    called: dict[int, list[str]] = {}
    for row in records:
        called.setdefault(row["person"], []).append(row["patient_id"])
    names = {row["enterprise_id"]: row["person"] for row in await hub.pool.fetch(NAMES)}
    said = [repr((*tuple(row)[:7], called[row["person"]], *tuple(row)[8:])) for row in records]
    for row in await hub.pool.fetch(QUESTIONS):
        said.append(repr((*tuple(row)[:4], sorted(str(called.get(each)) for each in row["persons"]))))
    resources = []
    for row in await hub.pool.fetch(RESOURCES, any_id):
        body = loads(unpack(row["body"]))
        del body["meta"]["lastUpdated"]
        body.get("link", []).sort(key=lambda link: _anonymous(repr(link), names, called))
        indexed = [sorted(_anonymous(each, names, called) for each in rows) for rows in tuple(row)[5:]]
        resources.append(repr((row["version"], body, row["past"], row["rows"], indexed)))
    whole = "\n".join(said) + "\n".join(sorted(resources, key=lambda each: _anonymous(each, names, called)))
    return _anonymous(whole, names, called)


def _anonymous(text: str, names: dict[str, int], called: dict[int, list[str]]) -> str:
    for name, person in names.items():
        text = text.replace(name, f"<{called.get(person, 'given up')}>")
    return text


async def one_by_one(hub: Hub, several: Sequence[Told], feed: Feed) -> list[Any]:
    return [answer for each in several for answer in await feed(hub, [each])]


async def together(hub: Hub, several: Sequence[Told], feed: Feed) -> list[Any]:
    return [*await feed(hub, several)]


def by_id(hub: Hub, chance: random.Random, record: Record) -> Told:
    return told(hub, record)


async def history(
    hub: Hub, how: Any, feed: Feed, tellings: Any, seed: int, tell: Any = by_id
) -> tuple[str, list[Any]]:
    await hub.pool.execute(EMPTY)
    hub.seen_domains.clear()
    chance, answers = random.Random(seed), []
    first = told(hub, Record("h9", "0", "h9-0", patient("0", hospital="h9", name="赵一")))
    await feed(hub, [first])
    for edition in range(4):
        records = tellings(chance, edition)
        chance.shuffle(records)
        await asyncio.gather(*(known(hub, record) for record in records))
        for at in range(0, len(records), 4):
            some = [tell(hub, chance, record) for record in records[at : at + 4]]
            answers += [
                each.status if isinstance(each, Written) else repr(each)
                for each in await how(hub, some, feed)
            ]
    return await state(hub, "h9-0"), answers


async def known(hub: Hub, record: Record) -> None:
    hub.seen_domains.update(
        alias for each in record.patient["identifier"] for alias in hub.domains.aliases(each["system"])
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("tellings", [people, accompanied])
@pytest.mark.parametrize("how", [one_by_one, together])
async def test_what_is_foreseen_is_what_is_told_under_locks(
    hub: Hub, how: Any, tellings: Any, seed: int
) -> None:
    foreseen = await history(hub, how, feeding.fed, tellings, seed)
    locked = await history(hub, how, feeding._locked, tellings, seed)
    assert foreseen[1] == locked[1]
    assert foreseen[0].splitlines() == locked[0].splitlines()


async def test_a_lone_patient_takes_two_statements(hub: Hub) -> None:
    first = Record("h1", "1", "h1-1", patient(citizen=valid_id()))
    for _ in range(2):  # domains are remembered once they are known to be committed
        await feeding.fed(hub, [told(hub, first)])
    said: list[str] = []
    async with hub.pool.acquire() as connection:
        connection.add_query_logger(lambda query: said.append(query.query))
    again = Record("h1", "1", "h1-1", patient(citizen=valid_id(), address=[{"text": "建国路1号"}]))
    fresh = Record("h1", "2", "h1-2", patient("2", name="李娜", citizen=valid_id("1990-01-02")))
    for record, statuses in ((again, ["updated"]), (fresh, ["created"]), (fresh, ["unchanged"])):
        answers = await feeding.fed(hub, [told(hub, record)])
        assert [each.status for each in answers if isinstance(each, Written)] == statuses
    # The driver asks of types that it has not met.
    assert len([each for each in said if "told" in each or "surveyed" in each]) == 5
    assert not any(each.startswith(("BEGIN", "COMMIT")) for each in said)


async def test_of_those_who_meet_one_person_at_once_nobody_makes_another(hub: Hub) -> None:
    for hospital in ("h0", "h1", "h2", "h3") * 2:
        first = Record(hospital, "0", f"{hospital}-0", patient("0", hospital=hospital, name="赵一"))
        await feeding.fed(hub, [told(hub, first)])
    hub.seen_domains.add(CITIZEN_ID)
    for order in range(100, 120):
        number, id_ = str(order), valid_id(order=order)
        arriving = [
            Record(hospital, number, f"{hospital}-{number}", patient(number, hospital=hospital, citizen=id_))
            for hospital in ("h0", "h1", "h2", "h3")
        ]
        found = await asyncio.gather(*(feeding.fed(hub, [told(hub, each)]) for each in arriving))
        assert [answer.status for (answer,) in found if isinstance(answer, Written)] == ["created"] * 4
    persons = await hub.pool.fetchval(
        """SELECT count(DISTINCT l.person) FROM mpi_link l JOIN mpi_record r USING (record)
           WHERE l.valid_to IS NULL AND l.recorded_to IS NULL AND r.local_id <> '0'"""
    )
    assert persons == 20
