"""What a slow or talkative client may hold, over real sockets."""

import asyncio
import json
import socket
import tracemalloc
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
    """The length of the body; `/slow` takes its time, `/refuse` does not read, `/much` says a lot, `/stream`
    says it bit by bit, `/which` repeats the query, `/fail` fails."""
    if scope["path"] == "/slow":
        await asyncio.sleep(3 * HEAD_SECONDS)
    if scope["path"] == "/fail":
        raise ValueError("司马相如")
    if scope["path"] == "/stream":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    body = b"no" if scope["path"] == "/refuse" else b"%d" % len(await read_body(receive))
    if scope["path"] == "/much":
        body = b"x" * 50_000_000
    if scope["path"] == "/which":
        await asyncio.sleep(HEAD_SECONDS / 10 if scope["query_string"] < b"5" else 0)
        body = scope["query_string"]
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


async def test_answers_come_in_the_order_of_the_requests(wire: Wire) -> None:
    parts = [
        b"GET /which?%d HTTP/1.1\r\nHost: x\r\n\r\n" % n
        if n % 3
        else b"POST /which?%d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab" % n
        for n in range(10)
    ]
    await wire.send(b"".join(parts) + b"GET /wh")
    for n in range(10):
        assert await wire.answer() == (200, b"%d" % n)
    await wire.send(b"ich?10 HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n")
    assert await wire.answer() == (200, b"10")
    assert (await wire.answer())[0] == 400
    assert await wire.reader.read() == b""


@pytest.mark.parametrize("size", [1, 3, 7, 64])
async def test_any_chunking_of_the_bytes(wire: Wire, size: int) -> None:
    data = (
        b"POST /which?a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
        + GET
        + b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nX: y\r\n\r\n"
        + GET
    )
    for at in range(0, len(data), size):
        await wire.send(data[at : at + size])
        await asyncio.sleep(0)
    assert [await wire.answer() for _ in range(4)] == [(200, b"a"), (200, b"0"), (200, b"3"), (200, b"0")]


BODY = b"3\r\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"Content-Length: 3\r\nContent-Length: 3\r\n", 400),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n", 400),
        (b"Content-Length: 3, 3\r\n", 400),
        (b"Content-Length: +3\r\n", 400),
        (b"Content-Length: -3\r\n", 400),
        (b"Content-Length: 99999999999999999999999999\r\n", 400),
        (b"Content-Length : 3\r\n", 400),
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"Transfer-Encoding: chunked, identity\r\n", 400),
        (b"Transfer-Encoding: identity\r\n", 501),
        (b"Transfer-Encoding: gzip, chunked\r\n", 501),
        (b"Transfer-Encoding: xchunked\r\n", 501),
        (b"Transfer-Encoding:\x0bchunked\r\n", 400),
        (b"Transfer-Encoding\r\n: chunked\r\n", 400),
        (b"X: a\r\n Transfer-Encoding: chunked\r\n", 400),
        (b"X: a\nContent-Length: 3\r\n", 400),
        (b"X: a\rContent-Length: 3\r\n", 400),
        (b"X: a\0b\r\n", 400),
        (b"Host: y\r\n", 400),
    ],
)
async def test_what_could_be_understood_in_two_ways(wire: Wire, lines: bytes, status: int) -> None:
    await wire.send(b"POST / HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n" + BODY)
    answered, body = await wire.answer()
    assert answered == status or (answered, status) == (400, 501)
    assert json.loads(body)["resourceType"] == "OperationOutcome"
    assert await wire.reader.read() == b""


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"GET /\r\n\r\n", 505),
        (b"GET /\xe7\x8e\x8b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\nabc", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
    ],
)
async def test_heads_that_are_refused(wire: Wire, head: bytes, status: int) -> None:
    await wire.send(head)
    assert (await wire.answer())[0] == status
    assert await wire.reader.read() == b""


async def test_lines_that_are_known_do_not_vouch_for_another_request_line(wire: Wire) -> None:
    await wire.send(GET)
    assert await wire.answer() == (200, b"0")
    for line in (
        b"GET / HTTP/1.2",
        b"GET /\xff HTTP/1.1",
        b"get / HTTP/1.1",
        b"GET / HTTP/1.1\r",
    ):
        reader, writer = await asyncio.open_connection(*wire.writer.get_extra_info("peername"))
        other = Wire(reader, writer)
        await other.send(GET.replace(b"GET / HTTP/1.1", line))
        status = (await other.answer())[0]
        writer.close()
        assert status == 400
    await wire.send(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await wire.answer() == (200, b"0")


@pytest.mark.parametrize(
    ("head", "stays"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", False),
        (b"GET http://elsewhere/?a HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nabc", False),
    ],
)
async def test_who_keeps_the_connection(wire: Wire, head: bytes, stays: bool) -> None:
    for _ in range(2 if stays else 1):
        await wire.send(head)
        said = await wire.reader.readuntil(b"\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 200 OK\r\ndate: ")
        assert (b"\r\nconnection: close\r\n" in said) == (not stays)
        assert await wire.reader.readexactly(1) == b"0"
    if not stays:
        assert await wire.reader.read() == b""


async def test_head_has_no_body(wire: Wire) -> None:
    await wire.send(b"HEAD /which?abc HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    for _ in range(2):
        assert b"\r\ncontent-length: 3\r\n" in await wire.reader.readuntil(b"\r\n\r\n")


async def test_a_stream_waits_for_its_reader(wire: Wire) -> None:
    await wire.send(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
    assert b"\r\ntransfer-encoding: chunked\r\n" in await wire.reader.readuntil(b"\r\n\r\n")
    length = 0
    while size := int(await wire.reader.readline(), 16):
        length += len(await wire.reader.readexactly(size + 2)) - 2
    assert length == 20_000_000
    assert await wire.reader.readexactly(2) == b"\r\n"
    assert await wire.answer() == (200, b"0")


async def test_an_old_client_reads_a_stream_to_its_end(wire: Wire) -> None:
    await wire.send(b"GET /stream HTTP/1.0\r\n\r\n")
    assert b"chunked" not in await wire.reader.readuntil(b"\r\n\r\n")
    assert len(await wire.reader.read()) == 20_000_000


async def test_a_client_that_waits_for_its_invitation(wire: Wire) -> None:
    await wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    await wire.send(b"abc")
    assert await wire.answer() == (200, b"3")
    await wire.send(b"POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert await wire.answer() == (200, b"no")


async def test_a_client_that_has_said_everything_gets_its_answers(wire: Wire) -> None:
    await wire.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
    wire.writer.write_eof()
    assert [await wire.answer() for _ in range(2)] == [(200, b"0")] * 2
    assert await wire.reader.read() == b""


async def test_half_a_body_and_the_end(wire: Wire) -> None:
    await wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\nabc")
    wire.writer.write_eof()
    assert await wire.ended_after() < HEAD_SECONDS


async def test_an_app_that_fails_says_nothing_of_the_data(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    await wire.send(b"GET /fail?name=%E5%8F%B8 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await wire.reader.read() == b""
    assert "ValueError" in caplog.text
    assert "司马" not in caplog.text
    assert "name=" not in caplog.text


async def test_pipelining_into_a_wall_holds_little(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for much and reads nothing is answered once, not a thousand times."""
    monkeypatch.setattr(protocol, "UNREAD_SECONDS", HEAD_SECONDS)
    tracemalloc.start()
    try:
        wire.writer.write(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
        await asyncio.sleep(HEAD_SECONDS)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 200_000_000
    await asyncio.sleep(2 * HEAD_SECONDS)
    wire.writer.transport.abort()


async def test_more_than_may_wait_for_their_turn(wire: Wire) -> None:
    await wire.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + GET * 1000)
    statuses = [(await wire.answer())[0] for _ in range(protocol.MAX_PIPELINED + 1)]
    assert statuses == [200] * protocol.MAX_PIPELINED + [503]
    assert await wire.reader.read() == b""


async def test_a_long_head_while_an_answer_is_under_way(wire: Wire) -> None:
    await wire.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET / HTTP/1.1\r\nX: ")
    for _ in range(20):
        await wire.send(b"y" * 10_000)
    assert await wire.answer() == (200, b"0")
    assert (await wire.answer())[0] == 431
    assert await wire.reader.read() == b""


async def test_a_body_waits_until_it_is_wanted(port: int) -> None:
    """Before anybody has asked for it, little of it is read."""
    asked = asyncio.Event()
    lengths = []

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await asked.wait()
        lengths.append(len(await read_body(receive)))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async with serving(late) as other:
        reader, writer = await asyncio.open_connection("127.0.0.1", other)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n" + b"x" * 30_000_000)
        await asyncio.sleep(2 * HEAD_SECONDS)
        assert writer.transport.get_write_buffer_size() > 15_000_000
        asked.set()
        assert await Wire(reader, writer).answer() == (200, b"")
        writer.close()
    assert lengths == [30_000_000]
