"""A hospital removes its patient: its link ends, and what it tells again is decided anew."""

from typing import Any

from mpi.correction import Decider, link
from mpi.history import state_at
from mpi.store import resolve
from terminology.naming import identify
from tests.mpi.people import (
    at,
    combine,
    keys,
    keys_of,
    links,
    questions,
    record,
    shown,
    take_away,
    tell,
    valid_id,
)
from tests.mpi.test_decisions import done

CITIZEN = valid_id()
LINKED = """
SELECT l.rule, l.actor FROM mpi_link l JOIN mpi_record r USING (record)
WHERE r.patient_id = $1 AND l.valid_to IS NULL AND l.recorded_to IS NULL
"""


async def test_its_link_ends_and_nothing_of_it_is_reached(connection: Any) -> None:
    kept = await tell(connection, record("1", citizen=CITIZEN))
    await tell(connection, record("2", hospital="h2", citizen=CITIZEN), 1)
    affected = await take_away(connection, "h2-2", 2)
    now = await links(connection)
    assert now["h1-1"] == kept.enterprise_id != now["h2-2"]
    assert affected == {kept.enterprise_id, now["h2-2"]}
    assert await keys_of(connection, kept.enterprise_id) == keys(kept.enterprise_id, "h1-1")
    (alone,) = await shown(connection, now["h2-2"])
    assert (alone["active"], "link" in alone, len(alone["identifier"])) == (False, False, 1)
    row = await connection.fetchrow(LINKED, "h2-2")
    assert (row["rule"], row["actor"]) == ("removed", "h2")
    then = await state_at(connection, "h2-2", believed=at(3), valid=at(1))
    assert then.enterprise_id == kept.enterprise_id


async def test_what_is_told_again_comes_back(connection: Any) -> None:
    kept = await tell(connection, record("1", citizen=CITIZEN))
    told = record("2", hospital="h2", citizen=CITIZEN)
    await tell(connection, told, 1)
    await take_away(connection, "h2-2", 2)
    aside = (await links(connection))["h2-2"]
    again = await tell(connection, told, 3)
    assert again.enterprise_id == kept.enterprise_id
    assert set(again.affected) == {kept.enterprise_id, aside}
    (given_up,) = await shown(connection, aside)
    assert given_up["link"][0]["other"] == {"reference": f"Patient/{kept.enterprise_id}"}


async def test_an_identity_whose_only_patient_was_removed_is_inactive(connection: Any) -> None:
    told = record("1", citizen=CITIZEN)
    alone = await tell(connection, told)
    assert await take_away(connection, "h1-1", 1) == {alone.enterprise_id}
    (patient,) = await shown(connection, alone.enterprise_id)
    assert patient["active"] is False
    newcomer = await tell(connection, record("5", hospital="h2", citizen=CITIZEN), 2)
    assert newcomer.enterprise_id != alone.enterprise_id
    async with connection.transaction():
        back = await resolve(connection, told, at(3), identify)
    assert back.enterprise_id == newcomer.enterprise_id
    assert await take_away(connection, "nobody", 4) == set()


async def test_what_was_merged_into_it_goes_with_it(connection: Any) -> None:
    kept = await tell(connection, record("1", citizen=CITIZEN))
    one, other = record("2", hospital="h2", citizen=CITIZEN), record("3", hospital="h2")
    await tell(connection, one, 1)
    await combine(connection, one, other, 2)
    await take_away(connection, "h2-2", 3)
    now = await links(connection)
    assert now["h2-2"] == now["h2-3"] != kept.enterprise_id
    (patient,) = await shown(connection, now["h2-2"])
    assert patient["active"] is False


async def test_nobody_is_asked_about_it_and_a_decision_about_it_ends(connection: Any) -> None:
    kept = await tell(connection, record("1", citizen=CITIZEN, name="王伟"))
    await tell(
        connection, record("2", hospital="h2", citizen=CITIZEN, name="李娜", birth_date="1990-01-01"), 1
    )
    assert await questions(connection)
    await done(connection, link(connection, "h2-2", kept.enterprise_id, Decider("dr-li", "papers", at(2))))
    await take_away(connection, "h2-2", 3)
    assert await questions(connection) == []
    assert (await links(connection))["h2-2"] != kept.enterprise_id
