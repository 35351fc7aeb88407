"""Hospitals push until everything is acknowledged, and give up on what is no MLLP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from adapters.hl7v2.framing import Decoder, frame
from exchange.demo import push as module
from exchange.demo.push import NotAcknowledged, Tally, push
from exchange.demo.world import world

Answer = Callable[[bytes], bytes | None]


@asynccontextmanager
async def receiver(answer: Answer) -> AsyncIterator[int]:
    """Listens on a free port; `answer` gives the bytes sent back, None to hang up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = Decoder(1 << 20)
        while data := await reader.read(1000):
            for payload in decoder.feed(data):
                assert isinstance(payload, bytes)
                if (answered := answer(payload)) is None:
                    writer.close()
                    return
                writer.write(answered)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def accepted(payload: bytes, code: bytes = b"AA") -> bytes:
    control_id = payload.split(b"|")[9]
    return frame(b"MSH|^~\\&|HUB\rMSA|" + code + b"|" + control_id + b"\r")


async def test_every_message_is_acknowledged_and_counted() -> None:
    made = world(1, 3, 10)
    seen: list[bytes] = []
    told: list[int] = []

    def answer(payload: bytes) -> bytes:
        seen.append(payload)
        return accepted(payload, b"AE" if len(seen) == 5 else b"AA")

    async with receiver(answer) as port:
        tally = await push(made, "127.0.0.1", port, lambda tally: told.append(tally.acknowledged))
    assert tally.codes == {"AA": made.size - 1, "AE": 1}
    assert tally.refused == 1
    assert told == [*range(1, made.size + 1)]
    assert sorted(seen) == sorted(raw for sent in made.messages.values() for raw in sent)
    for sent in made.messages.values():
        assert [raw for raw in seen if raw in sent] == list(sent)


async def test_what_was_not_acknowledged_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.001)
    made = world(1, 1, 4)
    seen: list[bytes] = []

    def answer(payload: bytes) -> bytes | None:
        seen.append(payload)
        return None if len(seen) in (1, 4) else accepted(payload)

    async with receiver(answer) as port:
        tally = await push(made, "127.0.0.1", port, lambda tally: None)
    assert tally.codes == {"AA": made.size}
    assert tally.reconnected == 2
    assert len(seen) == made.size + 2
    assert list(dict.fromkeys(seen)) == list(made.messages["H01"])


@pytest.mark.parametrize(
    "answer",
    [
        lambda payload: frame(b"no acknowledgement"),
        lambda payload: frame(b"MSH|^~\\&|HUB\rMSA|AA|another\r"),
        lambda payload: accepted(payload) * 2,
        lambda payload: None,
    ],
)
async def test_what_is_no_mllp_ends_the_push(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.001)
    async with receiver(answer) as port:
        with pytest.raises(ExceptionGroup) as caught:
            await push(world(1, 1, 4), "127.0.0.1", port, lambda tally: None)
    assert isinstance(caught.value.exceptions[0], NotAcknowledged)


def test_nothing_is_counted_before_it_begins() -> None:
    assert (Tally().acknowledged, Tally().refused) == (0, 0)
