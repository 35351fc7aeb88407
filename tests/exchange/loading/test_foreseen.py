"""A line may refer by criteria to what another line of the same chunk brings, before it or after it."""

import pytest

from tests.exchange.loading.conftest import Store
from tests.exchange.loading.test_entries import observation

PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "urn:x", "value": "1"}],
    "name": [{"family": "Ren"}],
    "birthDate": "1980-01-01",
}


@pytest.mark.parametrize(
    "criteria", ["identifier=urn:x|1", "family=Ren", "birthdate=1980-01-01&family=Ren", "identifier=1"]
)
async def test_by_any_parameter(store: Store, criteria: str) -> None:
    line = observation("o", f"Patient?{criteria}")
    store.put("a.ndjson", line | {"id": "o1"}, PATIENT, line | {"id": "o2"})
    tally = await store.load()
    assert (tally.created, store.told()) == (3, [])
    for id_ in ("o1", "o2"):
        assert (await store.body(id_))["subject"] == {"reference": "Patient/p"}
    again = await store.load()
    assert (again.unchanged, again.created) == (3, 0)


async def test_two_are_none(store: Store) -> None:
    store.put("a.ndjson", PATIENT, PATIENT | {"id": "q"}, observation("o", "Patient?family=Ren"))
    tally = await store.load()
    assert (tally.created, tally.rejected) == (2, 1)


async def test_one_that_is_stored_and_one_that_comes_are_two(store: Store) -> None:
    earlier = store.put("a.ndjson", PATIENT)
    await store.load()
    earlier.unlink()
    store.put("b.ndjson", PATIENT | {"id": "q"}, observation("o", "Patient?family=Ren"))
    tally = await store.load()
    assert (tally.created, tally.rejected) == (1, 1)
