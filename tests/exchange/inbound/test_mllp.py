"""The listener over real sockets: every way of chunking, both modes, and what hostile or unlucky peers do."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.hl7v2.parse import Message, parse
from conformance.mllp import END, START, MllpClient, connected
from exchange.hub import Hub
from exchange.inbound import mllp
from exchange.inbound.mllp import Listener, listening
from exchange.inbound.reception import open_reception
from tests.exchange.inbound.certificates import authority
from tests.exchange.inbound.conftest import HOSPITALS
from tests.exchange.inbound.senders import message, translate_simply

Listen = Callable[..., AbstractAsyncContextManager[Listener]]


@pytest.fixture
def listen(hub: Hub) -> Listen:
    """Opens a listener with settings of the test's own."""

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[Listener]:
        other = replace(hub, settings=hub.settings.model_copy(update=changes))
        async with (
            open_reception(other, HOSPITALS, translate_simply) as reception,
            listening(reception) as listener,
        ):
            yield listener

    return opened


@pytest.fixture
async def listener(listen: Listen) -> AsyncIterator[Listener]:
    async with listen() as opened:
        yield opened


@pytest.fixture
async def client(listener: Listener) -> AsyncIterator[MllpClient]:
    async with connected("127.0.0.1", listener.port) as opened:
        yield opened


async def ask(client: MllpClient, raw: bytes) -> Message:
    return parse((await client.ask(raw, 10)).decode())


async def receive(client: MllpClient) -> tuple[str, str]:
    """MSA-1 and MSA-2 of the next frame."""
    answer = parse((await client.receive(10)).decode())
    return answer.text("MSA-1"), answer.text("MSA-2")


async def test_original_mode(client: MllpClient) -> None:
    answer = await ask(client, message("1"))
    assert answer.text("MSH-9.1") == "ACK"
    assert answer.text("MSH-5") == "HIS"
    assert (answer.text("MSA-1"), answer.text("MSA-2")) == ("AA", "1")


async def test_byte_by_byte_and_many_in_one_write(client: MllpClient) -> None:
    for byte in START + message("0", "0") + END:
        client._writer.write(bytes([byte]))
        await asyncio.sleep(0)
    frames = b"".join(b"\r\njunk" + START + message(str(n), str(n)) + END for n in range(1, 90))
    client._writer.write(frames)
    assert [await receive(client) for _ in range(90)] == [("AA", str(n)) for n in range(90)]


@pytest.mark.parametrize(
    ("accept", "application", "name", "expected"),
    [
        ("AL", "AL", "王", ["CA", "AA"]),
        ("AL", "NE", "王", ["CA"]),
        ("NE", "AL", "王", ["AA"]),
        ("", "AL", "王", ["AA"]),
        ("AL", "", "王", ["CA"]),
        ("AL", "AL", "REFUSE", ["CA", "AE"]),
        ("SU", "ER", "王", ["CA"]),
        ("SU", "ER", "REFUSE", ["CA", "AE"]),
        ("ER", "SU", "王", ["AA"]),
        ("NE", "NE", "王", []),
    ],
)
async def test_enhanced_mode(
    client: MllpClient, accept: str, application: str, name: str, expected: list[str]
) -> None:
    raw = message("1", name=name, f15=accept, f16=application)
    for _ in range(2):  # sent again, it is answered alike
        await client.send(raw)
        assert [(await receive(client))[0] for _ in expected] == expected
    await client.send(message("last", "2"))
    assert await receive(client) == ("AA", "last")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"f15": "AL", "f12": "9"}, "CR"),
        ({"f15": "AL", "f9": ""}, "CE"),
        ({"f12": "9"}, "AR"),
        ({"f9": ""}, "AE"),
    ],
)
async def test_refused_at_once(client: MllpClient, fields: dict[str, str], expected: str) -> None:
    answer = await ask(client, message("1", **fields))
    assert answer.text("MSA-1") == expected
    assert answer.text("ERR-3").isdigit()


@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"\x00\xff", b"MSH", b"MSH|^~\\&|\xff", b"BHS|^~\\&|", message("1") + b"pid|x"]
)
async def test_garbage_is_answered_and_kept(hub: Hub, client: MllpClient, raw: bytes) -> None:
    answer = await ask(client, raw)
    assert answer.text("MSA-1") in ("AE", "AR")
    assert answer.text("ERR-3").isdigit()
    assert (await ask(client, message("good"))).text("MSA-1") == "AA"
    async with hub.pool.acquire() as connection:
        kept = await connection.fetch("SELECT raw, state FROM inbox ORDER BY id")
    assert [tuple(row) for row in kept] == [(raw, "quarantined"), (message("good"), "processed")]


async def test_gb18030_both_ways(client: MllpClient) -> None:
    raw = message("1", "1", "亅^三", "gb18030", f4="亅医院", f18="GB 18030-2000")
    assert b"|" in "亅".encode("gb18030")
    answer = parse((await client.ask(raw, 10)).decode("gb18030"))
    assert answer.text("MSA-1") == "AA"
    assert answer.text("MSH-6") == "亅医院"


async def test_the_channels_charset_wins(listen: Listen) -> None:
    async with listen(mllp_charset="GBK") as listener, connected("127.0.0.1", listener.port) as client:
        raw = message("1", "1", "张^三", "gb18030", f18="UNICODE UTF-8")
        assert (await ask(client, raw)).text("MSA-1") == "AA"


async def test_acknowledgements_are_not_acknowledged(hub: Hub, client: MllpClient) -> None:
    await client.send(message("1", f9="ACK^A01^ACK"))
    await client.send(message("2"))
    assert await receive(client) == ("AA", "2")


async def test_oversized_frames(hub: Hub, client: MllpClient) -> None:
    endless = START + message("1") + b"NTE|1||" + b"x" * 150_000
    client._writer.write(endless)
    assert await receive(client) == ("AE", "1")
    client._writer.write(b"x" * 150_000 + END)
    assert (await ask(client, message("2"))).text("MSA-1") == "AA"
    async with hub.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM inbox") == 1


async def test_who_ends_after_sending_still_gets_the_replies(client: MllpClient) -> None:
    for n in range(5):
        await client.send(message(str(n), str(n)))
    client._writer.write_eof()
    assert [await receive(client) for _ in range(5)] == [("AA", str(n)) for n in range(5)]
    with pytest.raises(EOFError):
        await client.receive(5)


async def test_silence_is_hung_up_on(listen: Listen) -> None:
    async with listen(mllp_idle_timeout=0.2) as listener:
        async with connected("127.0.0.1", listener.port) as idle:
            with pytest.raises(EOFError):
                await idle.receive(5)
        async with connected("127.0.0.1", listener.port) as halfway:
            halfway._writer.write(START + b"MSH|^~")
            with pytest.raises(EOFError):
                await halfway.receive(5)


async def test_lost_connections_leave_nothing_behind(hub: Hub, listener: Listener) -> None:
    for n in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(START + message(str(n), str(n)) + (END if n % 2 else b""))
        await writer.drain()
        writer.transport.abort()
    async with connected("127.0.0.1", listener.port) as client:
        assert (await ask(client, message("last"))).text("MSA-1") == "AA"
        async with asyncio.timeout(120):
            while len(listener.connections) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert listener.unfinished == 0


async def write_for_ever(writer: asyncio.StreamWriter, data: bytes) -> None:
    while True:
        writer.write(data)
        await writer.drain()


async def test_a_reader_who_does_not_read_is_dropped(listen: Listen) -> None:
    async with listen(mllp_idle_timeout=0.5) as listener:
        _, writer = await asyncio.open_connection("127.0.0.1", listener.port, limit=1024)
        raw = START + message("1", "1", f3="x" * 20_000) + END
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(write_for_ever(writer, raw * 20), 60)
        writer.transport.abort()
        async with connected("127.0.0.1", listener.port) as client:
            assert (await ask(client, message("2"))).text("MSA-1") == "AA"


async def test_too_many_connections(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mllp, "CONNECTIONS", 2)
    async with listen() as listener:
        port = listener.port
        async with connected("127.0.0.1", port) as one, connected("127.0.0.1", port) as two:
            await ask(one, message("1", "1"))
            await ask(two, message("2", "2"))
            async with connected("127.0.0.1", listener.port) as three:
                with pytest.raises((EOFError, ConnectionError)):
                    await three.ask(message("3", "3"), 5)
            await ask(one, message("4", "4"))


async def test_unfinished_frames_are_bounded_together(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mllp, "UNFINISHED_BYTES", 150_000)
    monkeypatch.setattr(mllp, "LITTLE", 1000)
    async with listen() as listener:
        port = listener.port
        async with connected("127.0.0.1", port) as one, connected("127.0.0.1", port) as two:
            one._writer.write(START + b"x" * 90_000)
            await one._writer.drain()
            async with asyncio.timeout(120):
                while listener.unfinished < 90_000:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            two._writer.write(START + b"x" * 90_000)
            with pytest.raises((EOFError, ConnectionError)):
                await two.receive(5)


async def test_the_hub_stops_while_clients_are_connected(listen: Listen) -> None:
    async with listen() as listener:
        port = listener.port
        async with connected("127.0.0.1", port) as client:
            await ask(client, message("1"))
            stays, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await stays.read() == b""
    writer.close()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await asyncio.open_connection("127.0.0.1", port)


async def test_tls(listen: Listen, tmp_path: Path) -> None:
    trusted = authority(tmp_path)
    certificate, key = trusted.issue("server")
    async with listen(mllp_tls_cert=certificate, mllp_tls_key=key) as listener:
        context = ssl.create_default_context(cafile=trusted.certificate)
        async with connected("127.0.0.1", listener.port, context) as client:
            assert (await ask(client, message("1"))).text("MSA-1") == "AA"
        async with connected("127.0.0.1", listener.port) as plain:
            with pytest.raises((EOFError, ConnectionError)):
                await plain.ask(message("2"), 5)


async def test_client_certificates(listen: Listen, tmp_path: Path) -> None:
    trusted, stranger = authority(tmp_path), authority(tmp_path, "stranger")
    certificate, key = trusted.issue("server")
    settings = {"mllp_tls_cert": certificate, "mllp_tls_key": key, "mllp_tls_client_ca": trusted.certificate}
    async with listen(**settings) as listener:
        known = ssl.create_default_context(cafile=trusted.certificate)
        known.load_cert_chain(*trusted.issue("hospital"))
        async with connected("127.0.0.1", listener.port, known) as client:
            assert (await ask(client, message("1"))).text("MSA-1") == "AA"
        for other in (None, stranger.issue("other")):
            context = ssl.create_default_context(cafile=trusted.certificate)
            if other:
                context.load_cert_chain(*other)
            with pytest.raises((EOFError, OSError)):
                async with connected("127.0.0.1", listener.port, context) as refused:
                    await refused.ask(message("2"), 5)
