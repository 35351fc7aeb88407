"""The fast lane, the parser's lane and ASGI give the same bytes for the same request."""

import asyncio
import gzip
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.answer import Fhir
from exchange.app import build_app
from exchange.http.listening import listening
from exchange.http.site import Site
from exchange.hub import Hub, open_hub
from exchange.settings import Settings
from exchange.trust.clients import Client, add_client
from exchange.trust.keys import signing_key
from exchange.trust.scopes import parse_scopes
from exchange.trust.tokens import sign
from tests.exchange.http.watched import Watched

DATE = re.compile(rb"\r\ndate: [^\r]*")

PATHS = st.sampled_from(
    [
        *("Patient/here", "Patient/gone", "Patient/never", "Patient/large", "Binary/b", "Observation/o"),
        *("Patient/here/", "/Patient/here", "Patient/%68ere", "Patient/.", "Patient/$x", "Patient/_search"),
        *("patient/here", "Nonsense/here", "metadata/here", "Patient/" + "x" * 65, "Patient/here/_history/1"),
        *("Patient/here?_format=json", "Patient/here?_summary=true", "Patient/here?", "Patient/he*re", ""),
        *("Patient/here?_pretty=true", "Patient/a|b", "Patient?_id=here", ".well-known/smart-configuration"),
    ]
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(
            ["application/fhir+json", "*/*", "application/fhir+xml", "text/plain", "", "application/json;q=0"]
        ),
        "accept-encoding": st.sampled_from(["gzip", "identity", "gzip;q=0, br", "*"]),
        "If-None-Match": st.sampled_from(['W/"1"', '"2"', "*", 'W/"7", W/"1"', "x"]),
        "If-Modified-Since": st.sampled_from(
            ["Sat, 21 Nov 2099 02:37:08 GMT", "Sat, 21 Nov 2009 02:37:08 GMT", "yesterday", ""]
        ),
        "Prefer": st.sampled_from(["return=minimal", "handling=lenient"]),
        "Connection": st.sampled_from(["keep-alive", "close", "x"]),
        "X-Other": st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")),
        "Expect": st.just("100-continue"),
    },
)
REQUESTS = st.tuples(
    st.sampled_from(["GET", "GET", "HEAD"]),
    PATHS,
    st.sampled_from(["all", "all", "patients", "searching", "forged", "none", "basic"]),
    HEADERS,
    st.sampled_from(["1.1", "1.1", "1.1", "1.0"]),
)
BODIES = st.sampled_from(
    [
        *(
            b'{"resourceType":"Observation","status":"final","code":{"text":"\xe8\xa1\x80"}}',
            b"",
            b"{",
            b"[]",
        ),
        *(b'{"resourceType":"Observation","status":"final"}', b'{"resourceType":"Basic","code":{}}'),
        *(b'{"resourceType":"Observation","id":"o","status":"final","code":{"text":"1"}}', b'{"a":1,"a":2}'),
        *(b'{"resourceType":"ValueSet","status":"draft"}', b'{"resourceType":"Basic","id":"o"}'),
        *(b'{"resourceType":"Patient","id":"p"}', b'{"resourceType":"Patient","gender":"x"}', b"\xff"),
        b'{"resourceType":"Basic","id":"o","code":{"text":"SearchParameter"}}',
        b'{ "resourceType": "Basic", "id": "o", "code": {"text": "1.10"},\n"created":"2026-11-21" }',
        b'{"resourceType":"Basic","id":"o","code":{"text":"x"},"subject":{"reference":"Patient?name=x"}}',
        b'{"resourceType":"Basic","id":"o","code":{"text":"' + b"x" * 70_000 + b'"}}',
    ]
)
WRITES = st.tuples(
    st.sampled_from(["POST", "PUT"]),
    st.sampled_from(
        [
            *("Observation", "Basic", "Patient", "Observation/o", "Basic/o", "Patient/p", "Basic/other", ""),
            *(
                "ValueSet",
                "Basic/",
                "Basic?_format=xml",
                "Basic/o?_pretty=true",
                "Basic/_search",
                "Nonsense",
                "Basic/*",
            ),
        ]
    ),
    st.sampled_from(["all", "all", "all", "patients", "forged", "none"]),
    st.fixed_dictionaries(
        {
            "Content-Type": st.sampled_from(
                ["application/fhir+json", "application/json", "application/fhir+json", "text/plain", "a/xml"]
            )
        },
        optional={
            "Accept": st.sampled_from(["*/*", "application/fhir+xml", "text/plain"]),
            "Accept-Encoding": st.just("gzip"),
            "Prefer": st.sampled_from(["return=minimal", "return=OperationOutcome", "handling=strict"]),
            "If-Match": st.sampled_from(['W/"1"', 'W/"99"', "x"]),
            "If-None-Match": st.just("*"),
            "Expect": st.just("100-continue"),
            "Connection": st.sampled_from(["keep-alive", "close"]),
        },
    ),
    BODIES,
)
# What differs from write to write: ids that the hub makes, and times.
CHANGING = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\r\nlast-modified: [^\r]*"
    rb'|"lastUpdated":"[^"]*"|<lastUpdated [^>]*>'
)


@settings(max_examples=12)
@given(requests=st.lists(WRITES, min_size=10, max_size=30))
def test_all_lanes_write_the_same(
    lasting_database: str, tmp_path: Path, requests: list[tuple[str, str, str, dict[str, str], bytes]]
) -> None:
    asyncio.run(writing(lasting_database, tmp_path, requests))


async def writing(
    database: str, folder: Path, requests: list[tuple[str, str, str, dict[str, str], bytes]]
) -> None:
    strict = Settings(data_dir=folder, pool_size=4, validation="Observation=warn Basic=reject")
    async with open_hub(strict, database) as hub:
        tokens = await authorizations(hub)
        app, fhir = build_app(hub), Fhir(hub)
        async with serving(Site(app, fhir, 5)) as direct, serving(Site(app, None, 5)) as through_asgi:
            for method, path, caller, headers, body in requests:
                length = {"Content-Length": str(len(body))}
                data = head_of(method, path, "1.1", headers | length, tokens[caller]) + body
                await exchanged(through_asgi, data, method)  # so that the next one finds what is there
                expected = CHANGING.sub(b"", plain(await exchanged(through_asgi, data, method)))
                got = CHANGING.sub(b"", plain(await exchanged(direct, data, method)))
                assert got == expected
            assert fhir.under_way == 0


def plain(answer: bytes) -> bytes:
    """Unpacked: what changes changes the length of what is packed, too."""
    head, mark, body = answer.partition(b"\r\n\r\n")
    if b"\r\ncontent-encoding: gzip" not in head or not body:
        return answer
    return re.sub(rb"\r\ncontent-length: \d+", b"", head) + mark + gzip.decompress(body)


async def test_the_fast_lane_of_writes_is_taken(hub: Hub) -> None:
    tokens = await authorizations(hub)
    site = Site(build_app(hub), fhir := Watched(hub), 5)
    body = b'{"resourceType":"Basic","code":{"text":"1"}}'
    head = b"POST /fhir/Basic HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\n" % tokens["all"].encode()
    head += b"Content-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with serving(site) as port:
        await hub.trust.register()
        assert (await exchanged(port, head + body, "POST")).startswith(b"HTTP/1.1 201")
        ordinary = fhir.answered
        assert (await exchanged(port, head + body, "POST")).startswith(b"HTTP/1.1 201")
        assert (await exchanged(port, head + b"!" * len(body), "POST")).startswith(b"HTTP/1.1 400")
        async with no_table(hub):
            failed = await exchanged(port, head + body, "POST")
        assert failed.startswith(b"HTTP/1.1 500")
        assert fhir.under_way == 0
        assert fhir.answered == ordinary


@settings(max_examples=12)
@given(requests=st.lists(REQUESTS, min_size=15, max_size=40))
def test_all_lanes_say_the_same(
    lasting_database: str, tmp_path: Path, requests: list[tuple[str, str, str, dict[str, str], str]]
) -> None:
    asyncio.run(scenario(lasting_database, tmp_path, requests))


async def scenario(
    database: str, folder: Path, requests: list[tuple[str, str, str, dict[str, str], str]]
) -> None:
    async with open_hub(Settings(data_dir=folder, pool_size=4), database) as hub:
        tokens = await authorizations(hub)
        await some_resources(hub, tokens["all"])
        app, fhir = build_app(hub), Fhir(hub)
        async with serving(Site(app, fhir, 5)) as direct, serving(Site(app, None, 5)) as through_asgi:
            for method, path, caller, headers, version in requests:
                data = head_of(method, path, version, headers, tokens[caller])
                expected = await exchanged(through_asgi, data, method)
                for _ in range(2):  # the second time the head is known
                    assert await exchanged(direct, data, method) == expected


async def test_the_fast_lane_is_taken(hub: Hub) -> None:
    """And the parser is not: both would otherwise go untested."""
    tokens = await authorizations(hub)
    await some_resources(hub, tokens["all"])
    site = Site(build_app(hub), fhir := Watched(hub), 5)
    data = b"GET /fhir/Patient/here HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\n\r\n" % tokens["all"].encode()
    async with serving(site) as port:
        first = await exchanged(port, data, "GET")
        assert site.heads.find(data) is not None
        ordinary = fhir.answered
        assert await exchanged(port, data, "GET") == first
        assert fhir.answered == ordinary
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_failing_database_is_told_on_the_fast_lane_too(hub: Hub) -> None:
    tokens = await authorizations(hub)
    await some_resources(hub, tokens["all"])
    data = b"GET /fhir/Patient/here HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\n\r\n" % tokens["all"].encode()
    async with serving(Site(build_app(hub), fhir := Fhir(hub), 5)) as port:
        assert (await exchanged(port, data, "GET")).startswith(b"HTTP/1.1 200")
        async with no_table(hub):
            failed = await exchanged(port, data, "GET")
        assert failed.startswith(b"HTTP/1.1 500")
        assert b"OperationOutcome" in failed
        assert (await exchanged(port, data, "GET")).startswith(b"HTTP/1.1 200")
        assert fhir.under_way == 0


def head_of(method: str, path: str, version: str, headers: dict[str, str], authorization: str) -> bytes:
    """Of a request; without authorization, if that is empty."""
    given_ = {**headers, "Authorization": authorization} if authorization else headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in given_.items())
    return f"{method} /fhir/{path} HTTP/{version}\r\nHost: x\r\n{lines}\r\n".encode("latin-1")


@asynccontextmanager
async def no_table(hub: Hub) -> AsyncIterator[None]:
    """Every read and write fails meanwhile."""
    await hub.pool.execute("ALTER TABLE resource RENAME TO away")
    try:
        yield
    finally:
        await hub.pool.execute("ALTER TABLE away RENAME TO resource")


async def exchanged(port: int, data: bytes, method: str) -> bytes:
    """The whole answer on a connection of its own, without its date; it must keep to Content-Length."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    head = await reader.readuntil(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"\r\ncontent-length: (\d+)", head)
    length = int(found[1]) if found and method != "HEAD" else 0
    body = await reader.readexactly(length)
    closes = b"connection: close" in head
    if closes:
        assert await reader.read() == b""
    writer.close()
    assert DATE.search(head)
    return DATE.sub(b"", head) + body


async def authorizations(hub: Hub) -> dict[str, str]:
    made = {"forged": "Bearer a.b.c", "basic": "Basic eDp5", "none": ""}
    for name, scopes in (
        ("all", "system/*.cruds"),
        ("patients", "system/Patient.r"),
        ("searching", "system/*.s"),
    ):
        held = Client(f"client-{hub.new_id()}", "test", None, parse_scopes(scopes), None, hub.clock())
        async with hub.pool.acquire() as connection:
            await add_client(connection, held)
            key = await signing_key(connection, datetime.now(UTC))
        made[name] = "Bearer " + sign(key, held.id, held.scopes, hub.base, hub.clock().timestamp(), 600)
    return made


async def some_resources(hub: Hub, authorization: str) -> None:
    """Writing them again changes nothing; what is deleted is so for good."""
    transport = httpx.ASGITransport(build_app(hub))
    headers = {"Authorization": authorization}
    async with httpx.AsyncClient(transport=transport, base_url=hub.base + "/", headers=headers) as client:
        patient = {"resourceType": "Patient", "name": [{"text": "司马相如"}]}
        for id_, more in (("here", {}), ("large", {"contact": [{"name": {"text": "名" * 500}}] * 400})):
            done = await client.put(f"Patient/{id_}", json={**patient, "id": id_, **more})
            assert done.status_code < 300
        binary = {"resourceType": "Binary", "id": "b", "contentType": "text/plain", "data": "eDp5"}
        assert (await client.put("Binary/b", json=binary)).status_code < 300
        if (await client.get("Patient/gone")).status_code == 404:
            assert (await client.put("Patient/gone", json={**patient, "id": "gone"})).status_code == 201
            assert (await client.delete("Patient/gone")).status_code < 300


@asynccontextmanager
async def serving(site: Site) -> AsyncIterator[int]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        async with listening(site, door):
            yield door.getsockname()[1]
