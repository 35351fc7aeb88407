"""Bodies are bounded as sent and as unpacked."""

import gzip
import zlib
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from exchange.body import BodyCap, read_body, unpacked
from exchange.outcome import FhirError

LIMIT = 1000


async def received(chunks: list[bytes], headers: dict[str, str], method: str = "POST") -> bytes:
    """What the app reads."""
    got = b""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal got
        assert (
            not {b"content-encoding"} & {name for name, _ in scope["headers"]}
            or headers.get("Content-Encoding") == "identity"
        )
        got = await read_body(receive)

    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": n < len(chunks) - 1}
        for n, chunk in enumerate(chunks)
    ]

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": method, "headers": raw}
    await BodyCap(app, LIMIT)(scope, receive, send)
    return got


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)] or [b""]


@pytest.mark.parametrize("size", [1, 7, 100, 5000])
async def test_a_body_within_the_limit(size: int) -> None:
    data = bytes(range(250)) * 4
    assert await received(cut(data, size), {}) == data
    assert await received(cut(data, size), {"Content-Length": "1000"}) == data
    assert await received(cut(data, size), {"Content-Encoding": "identity"}) == data
    assert await received(cut(gzip.compress(data), size), {"Content-Encoding": "gzip"}) == data
    assert (
        await received(cut(gzip.compress(data), size), {"Content-Encoding": "x-gzip", "Content-Length": "9"})
        == data
    )


@pytest.mark.parametrize(
    ("chunks", "headers"),
    [
        ([b""], {"Content-Length": "1001"}),
        ([b""], {"Content-Length": "9" * 5000}),
        ([b"x" * 1001], {}),
        ([b"x"] * 1001, {"Content-Length": "5"}),
        ([gzip.compress(b"x" * 1001)], {"Content-Encoding": "gzip"}),
        ([gzip.compress(b"x" * 20_000_000)], {"Content-Encoding": "gzip"}),
        (cut(gzip.compress(b"x" * 100_000), 5), {"Content-Encoding": "gzip"}),
    ],
    ids=range(7),
)
async def test_too_large(chunks: list[bytes], headers: dict[str, str]) -> None:
    with pytest.raises(FhirError) as refused:
        await received(chunks, headers)
    assert refused.value.status == 413
    assert refused.value.headers == (("Connection", "close"),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        gzip.compress(b"x")[:-1],
        gzip.compress(b"x") + b"y",
        gzip.compress(b"x") * 2,
        zlib.compress(b"x"),
    ],
)
async def test_what_is_no_gzip(data: bytes) -> None:
    with pytest.raises(FhirError) as refused:
        await received([data], {"Content-Encoding": "gzip"})
    assert (refused.value.status, refused.value.issues[0].expression) == (400, "Content-Encoding")


@pytest.mark.parametrize("size", [1, 2, 7, 5000])
async def test_deflate_with_and_without_what_stands_around_it(size: int) -> None:
    data = bytes(range(250)) * 4
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    for packed in (zlib.compress(data), zlib.compress(data, 1), bare.compress(data) + bare.flush()):
        assert await received(cut(packed, size), {"Content-Encoding": "Deflate"}) == data
        assert unpacked(packed, "deflate", LIMIT) == data
        with pytest.raises(FhirError) as refused:
            unpacked(packed, "deflate", LIMIT - 1)
        assert refused.value.status == 413
        with pytest.raises(FhirError) as refused:
            unpacked(packed[:-1], "deflate", LIMIT)
        assert refused.value.status == 400
    assert unpacked(data, "identity", LIMIT) == data


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd", "gzip;q=1"])
async def test_other_encodings(encoding: str) -> None:
    with pytest.raises(FhirError) as refused:
        await received([b"x"], {"Content-Encoding": encoding})
    assert refused.value.status == 415


async def test_a_client_that_goes_away() -> None:
    async def receive() -> Message:
        return messages.pop(0)

    messages: list[Message] = [
        {"type": "http.request", "body": b"x", "more_body": True},
        {"type": "http.disconnect"},
    ]
    with pytest.raises(ConnectionAbortedError):
        await read_body(receive)
