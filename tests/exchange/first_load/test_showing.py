"""An enterprise Patient is copied as the hub itself would write it."""

from collections.abc import Callable
from functools import partial

from exchange.first_load.showing import show, write_of
from exchange.first_load.tasks import Show
from exchange.hub import Hub
from exchange.outcome import FhirError
from exchange.store.batch import Write, microseconds
from mpi.store import enterprise_patients
from tests.mpi.people import patient, record, tell, valid_id

SHOWN = """
SELECT r.id, r.version, r.updated, i.updated AS indexed FROM resource r JOIN resource_index i USING (rid)
ORDER BY r.id
"""


def plain() -> dict[str, object]:
    return patient("1", citizen=valid_id(), telecom=[{"system": "phone", "value": "13912345678"}])


def test_as_the_hub_writes_it(hub: Hub) -> None:
    conditional = {"assigner": {"reference": "Organization?identifier=x|1"}}
    contained = {"extension": [{"url": "https://e.example/x", "valueReference": {"reference": "#org"}}]}
    for told in (plain(), patient("2", name="古丽·娜尔"), patient("3", name="Émile Zola")):
        assert write_of(hub, told) == hub.write("update", told)
    for wrong in (conditional, contained):
        told = plain() | {"identifier": [{"system": "https://h.example/mrn", "value": "1"} | wrong]}
        assert _made(partial(write_of, hub), told) == _made(partial(hub.write, "update"), told)


def _made(write: Callable[[dict[str, object]], Write], told: dict[str, object]) -> object:
    try:
        return write(told)
    except FhirError as error:
        return error.issues


async def test_shown_at_one_time_in_body_and_index(hub: Hub) -> None:
    async with hub.pool.acquire() as connection:
        told = [record(str(number), citizen=valid_id(order=101 + number)) for number in range(3)]
        names = [(await tell(connection, each)).enterprise_id for each in told]
        assert (await show(hub, connection, Show(names))).persons == 3
        rows = await connection.fetch(SHOWN)
        assert [row["id"] for row in rows] == sorted(names)
        for row in rows:
            assert row["version"] == 1
            assert microseconds(row["updated"]) == row["indexed"]
            assert row["updated"].microsecond % 1000 == 0
        # Shown already: told again as a write of nothing new.
        await show(hub, connection, Show(names))
        assert [tuple(row) for row in await connection.fetch(SHOWN)] == [tuple(row) for row in rows]
        identify = hub.domains.identify
        shown = await enterprise_patients(connection, names, hub.settings.base, identify)
        assert all(write_of(hub, each) == hub.write("update", each) for each in shown)
