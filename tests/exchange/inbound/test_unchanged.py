"""What changes nothing is not merged again, and what would change something always is."""

from dataclasses import replace
from datetime import UTC, datetime

from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from adapters.translation import Entry, Translation
from exchange.hub import Hub
from exchange.inbound.texts import Texts
from exchange.inbound.unchanged import Unchanged, saying_of
from exchange.store.fetch import Stored, fetch
from exchange.store.transact import transact
from exchange.store.types import type_number
from tests.exchange.inbound.conftest import OpenReception
from tests.exchange.inbound.senders import message, translate_simply

NOW = datetime(2024, 1, 1, tzinfo=UTC)
WARD = {"resourceType": "Location", "id": "w", "name": "内科"}
REFERENCE = ("Location", "w")


def test_another_version_another_text_or_another_mode_is_another_saying() -> None:
    known = Unchanged()
    stored = Stored(1, NOW, b"{}")
    known.note(saying_of(REFERENCE, [Entry(WARD)], stored, Texts()))
    assert known.knows(saying_of(REFERENCE, [Entry(dict(WARD))], stored, Texts()))
    others = (
        saying_of(REFERENCE, [Entry(WARD)], stored._replace(version=2), Texts()),
        saying_of(
            REFERENCE, [Entry(WARD)], stored._replace(updated=datetime(2024, 1, 2, tzinfo=UTC)), Texts()
        ),
        saying_of(REFERENCE, [Entry(WARD | {"name": "外科"})], stored, Texts()),
        saying_of(REFERENCE, [Entry(WARD, "replace")], stored, Texts()),
        saying_of(REFERENCE, [Entry(WARD, deletions=("name",))], stored, Texts()),
        saying_of(REFERENCE, [Entry(WARD), Entry(WARD)], stored, Texts()),
    )
    assert not any(known.knows(other) for other in others)


def test_what_is_not_stored_and_patients_are_never_known() -> None:
    known = Unchanged()
    for saying in (
        saying_of(REFERENCE, [Entry(WARD)], None, Texts()),
        saying_of(REFERENCE, [Entry(WARD)], Stored(2, NOW, None), Texts()),
        saying_of(("Patient", "p"), [Entry(WARD)], Stored(1, NOW, b"{}"), Texts()),
    ):
        known.note(saying)
        assert saying is None
        assert not known.knows(saying)


async def test_a_ward_that_others_changed_is_told_again(hub: Hub, open_with: OpenReception) -> None:
    def translate(sent: Message, hospital: Hospital, received: datetime) -> Translation:
        told = translate_simply(sent, hospital, received)
        return replace(told, entries=[Entry(WARD), *told.entries])

    async with open_with(translate) as reception:

        async def tell(number: int) -> None:
            delivery = await reception.receive(
                reception.seal(message(str(number), str(number)), "test", None)
            )
            assert delivery.application is not None
            assert b"|AA|" in await delivery.application

        async def version() -> tuple[int, bytes]:
            [stored] = await fetch(connection, [REFERENCE])
            assert stored is not None
            return stored.version, stored.body or b""

        async with hub.pool.acquire() as connection:
            for number in range(4):
                await tell(number)
            assert (await version())[0] == 1
            await transact(connection, [hub.write("update", WARD | {"name": "外科"})], hub.clock())
            assert (await version())[0] == 2
            await tell(4)
            assert (await version())[0] == 3
            assert "内科".encode() in (await version())[1]
            count = await connection.fetchval(
                "SELECT count(*) FROM resource WHERE type = $1", type_number("Provenance")
            )
            assert count == 5
