"""Answers are packed for those who ask."""

import gzip

import httpx
import pytest

from exchange.encoding import WORTH_BYTES, is_packable, takes_gzip

LONG = {"resourceType": "Patient", "id": "p1", "name": [{"family": "司马" * WORTH_BYTES}]}


@pytest.mark.parametrize(
    "accept",
    ["gzip", "x-gzip", "GZIP", "gzip, deflate, br", "br;q=1, gzip;q=0.8", "*", "gzip;q=0.001", "*;q=.5"],
)
def test_gzip_is_taken(accept: str) -> None:
    assert takes_gzip(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "br",
        "gzip;q=0",
        "gzip; q=0.0",
        "identity",
        "*;q=0",
        "gzip;q=x",
        "gzip;q=0.5, identity",
        "gzip;q=0, *",
    ],
)
def test_gzip_is_not_taken(accept: str) -> None:
    assert not takes_gzip(accept)


def test_what_is_worth_packing() -> None:
    for media in ("", "application/fhir+xml;charset=utf-8", "text/plain", "application/json"):
        assert is_packable(media)
    for media in ("image/png", "application/pdf", "application/octet-stream", "video/mp4"):
        assert not is_packable(media)


async def test_over_http(client: httpx.AsyncClient) -> None:
    made = await client.put("Patient/p1", json=LONG, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in made.headers
    for accept, encoded in (("identity", None), ("gzip", "gzip"), ("gzip;q=0", None), ("br, gzip", "gzip")):
        answer = await client.get("Patient/p1", headers={"Accept-Encoding": accept})
        assert answer.headers.get("content-encoding") == encoded
        assert "Accept-Encoding" in answer.headers["vary"]
        assert answer.content == made.content
        assert answer.headers["etag"] == 'W/"1"'
    async with client.stream("GET", "Patient/p1", headers={"Accept-Encoding": "gzip"}) as stream:
        raw = b"".join([part async for part in stream.aiter_raw()])
    assert gzip.decompress(raw) == made.content
    assert int(answer.headers["content-length"]) == len(raw) < len(made.content) / 10


async def test_what_is_short_goes_as_it_is(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p2", json={"resourceType": "Patient", "id": "p2"})
    answer = await client.get("Patient/p2", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


async def test_nothing_to_pack(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=LONG)
    answer = await client.get("Patient/p1", headers={"If-None-Match": 'W/"1"', "Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content) == (304, b"")
    head = await client.head("Patient/p1", headers={"Accept-Encoding": "gzip"})
    assert (head.headers["content-encoding"], head.content) == ("gzip", b"")
