"""A batch is its messages, in order, and one answer."""

from datetime import UTC, datetime

from adapters.hl7v2.batch import is_batch, messages_of
from exchange.hub import Hub
from exchange.inbound.batch import envelopes_of, receive_batch
from exchange.inbound.reception import Reception
from exchange.inbound.replay import Chosen, requeue
from tests.exchange.inbound.senders import message


def batch(*messages: bytes) -> bytes:
    header = b"FHS|^~\\&|HIS|H1|HUB|R\rBHS|^~\\&|HIS|H1|HUB|R|20240101|||B|B77\r"
    return header + b"".join(messages) + b"BTS|%d\rFTS|1\r" % len(messages)


def test_what_is_a_batch() -> None:
    raw = batch(message("1"), message("2"))
    assert is_batch(raw)
    assert is_batch(b"\xef\xbb\xbf" + raw)
    assert not is_batch(message("1"))
    assert messages_of(raw) == [message("1"), message("2")]


async def test_every_message_of_a_batch_is_kept_and_answered_in_order(hub: Hub, reception: Reception) -> None:
    raw = batch(message("1"), message("2", name="REFUSE"), message("3", f9="QRY^A19"))
    delivery = await receive_batch(reception, raw, envelopes_of(reception, raw, "test", None))
    assert delivery.application is not None
    assert delivery.stored
    lines = (await delivery.application).decode().split("\r")
    assert lines[0].startswith("BHS|^~\\&|HUB|R|HIS|H1|")
    told = [line.split("|")[1:3] for line in lines if line.startswith("MSA")]
    assert told == [["AA", "1"], ["AE", "2"], ["AR", "3"]]
    assert lines[-2] == "BTS|3"
    async with hub.pool.acquire() as connection:
        assert await requeue(connection, Chosen(hospital="nobody")) == 0
        assert await requeue(connection, Chosen(message_type="ADT^A99")) == 0
        assert await requeue(connection, Chosen(until=datetime(2000, 1, 1, tzinfo=UTC))) == 0
        assert await requeue(connection, Chosen(hospital="h1", message_type="ADT^A04")) == 1
        kept = await connection.fetch("SELECT control_id FROM inbox ORDER BY id")
    assert [row[0] for row in kept] == ["1", "2", "3"]
