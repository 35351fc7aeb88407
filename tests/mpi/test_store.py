"""Patient keys and enterprise Patients as the hub reads them."""

import json
from typing import Any

import pytest

from mpi.keys import patient_key
from mpi.store import PATIENT_KEYS
from profiles.definitions import definitions
from profiles.structure import compile_structure
from tests.mpi.people import BASE, combine, keys, keys_of, patient, record, shown, tell, valid_id


async def test_keys_of_a_person_are_those_of_all_its_hospitals(connection: Any) -> None:
    first = await tell(connection, record(hospital="h1", citizen=valid_id()))
    await tell(connection, record(hospital="h2", citizen=valid_id()))
    assert await keys_of(connection, first.enterprise_id) == keys(first.enterprise_id, "h1-1", "h2-1")
    assert await keys_of(connection, "h1-1") == keys("h1-1")
    assert await keys_of(connection, "nobody") == keys("nobody")
    assert await keys_of(connection, "nobody", "h2-1") == keys("nobody", "h2-1")
    assert await keys_of(connection) == set()


async def test_keys_follow_an_identity_that_was_given_up(connection: Any) -> None:
    known = await tell(connection, record(hospital="h1", citizen=valid_id()))
    alone = await tell(connection, record(hospital="h2"))
    await tell(connection, record(hospital="h2", citizen=valid_id()), minutes=1)
    everything = keys(known.enterprise_id, alone.enterprise_id, "h1-1", "h2-1")
    assert await keys_of(connection, alone.enterprise_id) == everything
    assert await keys_of(connection, known.enterprise_id) == everything


FILL = """
INSERT INTO mpi_reach SELECT gen_random_uuid(), ARRAY[gen_random_uuid()] FROM generate_series(1, $1)
"""


async def test_keys_are_found_by_index(connection: Any) -> None:
    await connection.execute(FILL, 20_000)
    await connection.execute("ANALYZE mpi_reach")
    first = await tell(connection, record(hospital="h1", citizen=valid_id()))
    sql = f"EXPLAIN {PATIENT_KEYS.format(keys='$1::uuid[]')}"
    lines = [row[0] for row in await connection.fetch(sql, [patient_key(first.enterprise_id)])]
    assert any("mpi_reach_pkey" in line for line in lines)
    assert not any("Seq Scan" in line for line in lines)


async def test_the_enterprise_patient_shows_the_best_of_all_records(connection: Any) -> None:
    phone = [{"system": "phone", "value": "13912345678", "use": "mobile"}]
    await tell(connection, record("7", hospital="h1", citizen=valid_id(), name="无名氏", birth_date="1980"))
    told = await tell(
        connection,
        record("8", hospital="h2", citizen=valid_id(), card="E31000012345", telecom=phone),
        minutes=1,
    )
    (patient_,) = await shown(connection, told.enterprise_id)
    assert patient_ == {
        "resourceType": "Patient",
        "id": told.enterprise_id,
        "meta": {"tag": [{"system": f"{BASE}/CodeSystem/patient-record", "code": "enterprise"}]},
        "identifier": [
            {"use": "usual", "system": f"{BASE}/sid/enterprise-id", "value": told.enterprise_id},
            {"use": "official", "system": "urn:oid:2.16.156.10011.1.3", "value": valid_id()},
            {"use": "official", "system": "urn:oid:2.16.156.10011.1.19", "value": "E31000012345"},
            {"system": f"{BASE}/sid/h1/mrn", "value": "7"},
            {"system": f"{BASE}/sid/h2/mrn", "value": "8"},
        ],
        "active": True,
        "name": [{"use": "official", "text": "王伟"}],
        "telecom": phone,
        "gender": "male",
        "birthDate": "1980-05-06",
        "link": [
            {"other": {"reference": "Patient/h1-7"}, "type": "seealso"},
            {"other": {"reference": "Patient/h2-8"}, "type": "seealso"},
        ],
    }


async def test_a_replaced_identity_points_to_the_one_that_stands_for_it(connection: Any) -> None:
    kept = await tell(connection, record("1"))
    lost = await tell(connection, record("2"))
    await combine(connection, record("1"), record("2"), minutes=1)
    patients = {
        found["id"]: found for found in await shown(connection, kept.enterprise_id, lost.enterprise_id)
    }
    assert patients[lost.enterprise_id]["active"] is False
    assert patients[lost.enterprise_id]["link"] == [
        {"other": {"reference": f"Patient/{kept.enterprise_id}"}, "type": "replaced-by"}
    ]
    assert "name" not in patients[lost.enterprise_id]
    survivor = patients[kept.enterprise_id]
    assert survivor["link"] == [
        {"other": {"reference": "Patient/h1-1"}, "type": "seealso"},
        {"other": {"reference": f"Patient/{lost.enterprise_id}"}, "type": "replaces"},
    ]
    assert {"use": "old", "system": f"{BASE}/sid/h1/mrn", "value": "2"} in survivor["identifier"]


async def test_the_same_state_gives_the_same_patient(connection: Any) -> None:
    told = await tell(connection, record(citizen=valid_id()))
    before = json.dumps(await shown(connection, told.enterprise_id))
    await tell(connection, record(citizen=valid_id()), minutes=9)
    assert json.dumps(await shown(connection, told.enterprise_id)) == before


@pytest.mark.parametrize("value", ["31010119800506101X", "-", "111111111111111111", "110101199013011234"])
async def test_an_invalid_number_is_shown_as_sent(connection: Any, value: str) -> None:
    told = await tell(connection, record(citizen=value))
    (patient_,) = await shown(connection, told.enterprise_id)
    assert patient(citizen=value)["identifier"][1] in patient_["identifier"]


async def test_enterprise_patients_are_valid(connection: Any) -> None:
    check = compile_structure(definitions())
    address = [{"use": "home", "text": "上海市黄浦区南京东路1号"}]
    kept = await tell(connection, record("1", citizen=valid_id(), card="E31000012345", address=address))
    lost = await tell(connection, record("2", deceasedBoolean=False))
    empty = await tell(connection, record("3", replaced_by="h1-4"))
    await combine(connection, record("1"), record("2"), minutes=1)
    patients = await shown(connection, kept.enterprise_id, lost.enterprise_id, empty.enterprise_id)
    assert len(patients) == 3
    assert [check(patient_) for patient_ in patients] == [[], [], []]
