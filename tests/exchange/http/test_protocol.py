"""What a slow or talkative client may hold, over real sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from exchange.body import read_body
from exchange.http import protocol
from exchange.http.listening import listening
from exchange.http.site import Site

HEAD_SECONDS = 0.3


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """The length of the body; `/slow` takes its time, `/refuse` does not read, `/much` says a lot."""
    if scope["path"] == "/slow":
        await asyncio.sleep(3 * HEAD_SECONDS)
    body = b"no" if scope["path"] == "/refuse" else b"%d" % len(await read_body(receive))
    if scope["path"] == "/much":
        body = b"x" * 50_000_000
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with serving(echo) as number:
        yield number


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        async with listening(Site(app, None, HEAD_SECONDS), door):
            yield door.getsockname()[1]


class Wire:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(head.split(b" ")[1]), await self.reader.readexactly(length)

    async def ended_after(self) -> float:
        """Seconds until the other side hangs up."""
        started = asyncio.get_running_loop().time()
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass
        return asyncio.get_running_loop().time() - started


@pytest.fixture
async def wire(port: int) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Wire(reader, writer)
    writer.transport.abort()


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_requests_one_after_another(wire: Wire) -> None:
    for _ in range(3):
        await wire.send(GET)
        assert await wire.answer() == (200, b"0")
        await wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        assert await wire.answer() == (200, b"5")
        await wire.send(
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        )
        assert await wire.answer() == (200, b"3")


async def test_the_clock_stands_between_requests_and_while_we_work(wire: Wire) -> None:
    await wire.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await wire.answer() == (200, b"0")
    await asyncio.sleep(2 * HEAD_SECONDS)
    await wire.send(GET)
    assert await wire.answer() == (200, b"0")


async def test_pipelined_requests(wire: Wire) -> None:
    await wire.send(GET * 3)
    assert [await wire.answer() for _ in range(3)] == [(200, b"0")] * 3


@pytest.mark.parametrize("beginning", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
async def test_an_unfinished_head(wire: Wire, beginning: bytes) -> None:
    await wire.send(beginning)
    assert await wire.ended_after() < 4 * HEAD_SECONDS


@pytest.mark.parametrize("first", [b"", GET])
@pytest.mark.parametrize("drop", [b"X: 1\r\n", b"\r\n"])
async def test_a_head_that_drips(wire: Wire, first: bytes, drop: bytes) -> None:
    if first:
        await wire.send(first)
        await wire.answer()
    await wire.send(b"GET / HTTP/1.1\r\n" if drop != b"\r\n" else b"\r\n")

    async def drip() -> None:
        while True:
            await asyncio.sleep(HEAD_SECONDS / 5)
            await wire.send(drop)

    dripping = asyncio.create_task(drip())
    try:
        assert await wire.ended_after() < 4 * HEAD_SECONDS
    finally:
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)


@pytest.mark.parametrize("path", [b"/", b"/refuse"])
async def test_a_body_that_drips(wire: Wire, path: bytes) -> None:
    await wire.send(b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx" % path)
    assert await wire.ended_after() < 4 * HEAD_SECONDS


async def test_a_body_that_takes_long_but_comes(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "BYTES_PER_CHECK", 10)
    await wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n")
    for _ in range(20):
        await asyncio.sleep(HEAD_SECONDS / 8)
        await wire.send(b"x" * 10)
    assert await wire.answer() == (200, b"200")


@pytest.mark.parametrize("head", [b"X: " + b"y" * 300_000 + b"\r\n", b"X: y\r\n" * 50_000])
async def test_a_head_that_never_ends(wire: Wire, head: bytes) -> None:
    await wire.send(b"GET / HTTP/1.1\r\n" + head)
    status, body = await wire.answer()
    assert status in (400, 431)
    assert json.loads(body)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"\x0bMSH|^~\\&|\r\x1c\r",
    ],
)
async def test_what_is_no_http(wire: Wire, data: bytes) -> None:
    await wire.send(data)
    status, body = await wire.answer()
    assert status == 400
    assert json.loads(body)["resourceType"] == "OperationOutcome"
    assert await wire.ended_after() < HEAD_SECONDS


async def test_an_answer_that_nobody_takes(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "UNREAD_SECONDS", HEAD_SECONDS)
    await wire.send(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(4 * HEAD_SECONDS)
    got = b""
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        got = (await wire.answer())[1]
    assert got == b""


async def test_too_many_connections(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 2)
    open_ = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    wires = [Wire(*each) for each in open_]
    assert await wires[2].ended_after() < HEAD_SECONDS
    await wires[0].send(GET)
    assert await wires[0].answer() == (200, b"0")
    for wire in wires:
        wire.writer.transport.abort()
