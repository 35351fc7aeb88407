"""Whatever comes over the wire, the answer is a 4xx that says where, soon, and nothing is stored."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.answer import Fhir
from exchange.app import build_app
from exchange.fhirjson import loads
from exchange.http.listening import listening
from exchange.http.site import Site
from exchange.hub import Hub
from tests.exchange.conftest import token

# Of processor time. What is refused takes well below a second, which cold caches, or memory that an earlier
# test left to be freed, may add to; work that runs away takes minutes.
SECONDS: Final = 5.0
OPEN = b'<Patient xmlns="http://hl7.org/fhir">'
LONG = b"x" * 10_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def issue(self) -> dict[str, Any]:
        outcome = loads(self.body)
        assert outcome["resourceType"] == "OperationOutcome"
        issue: dict[str, Any] = outcome["issue"][0]
        return issue


@dataclass(frozen=True, slots=True)
class Wire:
    """Raw requests, each on a connection of its own."""

    port: int
    token: str

    async def send(self, *parts: bytes) -> Answer:
        """The answer to the bytes; the connection is closed by the one or the other side."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=64 * 1024 * 1024)
        try:
            try:
                for part in parts:
                    writer.write(part)
                    await writer.drain()
            except ConnectionError:
                pass  # it has heard enough; what it says may be there
            return _read(await asyncio.wait_for(reader.read(-1), 30))
        finally:
            writer.close()

    async def request(
        self, method: bytes, target: bytes, headers: bytes = b"", body: bytes | None = None
    ) -> Answer:
        """A request that is sound but for what is given."""
        length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
        head = b"%b %b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\nConnection: close\r\n%b%b\r\n" % (
            method,
            target,
            self.token.encode(),
            length,
            headers,
        )
        return await self.send(head, body or b"")

    async def put(self, body: bytes, headers: bytes) -> Answer:
        return await self.request(b"PUT", b"/fhir/Patient/p1", headers, body)


def _read(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    return Answer(int(first.split(b" ")[1]), headers, body)


@pytest.fixture
async def wire(hub: Hub) -> AsyncIterator[Wire]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.setblocking(False)
        async with listening(Site(build_app(hub), Fhir(hub), 5.0), door):
            yield Wire(door.getsockname()[1], await token(hub, "system/*.cruds"))


async def require_refused(wire: Wire, hub: Hub, answering: Any, at_least: int = 400) -> Answer:
    started = time.process_time()
    answer: Answer = await answering
    assert time.process_time() - started < SECONDS
    assert at_least <= answer.status < 500, answer.body[:300]
    assert len(answer.body) < 100_000
    if answer.body:
        assert {"severity", "code", "diagnostics"} <= set(answer.issue)
    assert await hub.pool.fetchval("SELECT count(*) FROM resource") == 0
    return answer


JSON = b"Content-Type: application/fhir+json\r\n"
XML = b"Content-Type: application/fhir+xml\r\n"


def patient(text: bytes) -> bytes:
    return b'{"resourceType":"Patient","id":"p1",%b}' % text


IN_JSON: Final = {
    "nothing": b"",
    "null": b"null",
    "depth": patient(b'"extension":' + b'[{"url":"http://x.org","extension":' * 2000 + b"1" + b"}]" * 2000),
    "brackets": b"[" * 10_000_000,
    "objects": b'{"a":' * 4_000_000,
    "duplicate key": patient(b'"active":true,"active":false'),
    "duplicate key deep in": patient(b'"contact":[{"name":{"text":"a","text":"b"}}]'),
    "nul": patient(b'"language":"a\\u0000"'),
    "raw nul": patient(b'"language":"a\0"'),
    "lone surrogate": patient(b'"name":[{"text":"\\ud800"}]'),
    "low surrogate first": patient(b'"name":[{"text":"\\udc00\\ud800"}]'),
    "raw surrogate": patient(b'"name":[{"text":"\xed\xa0\x80"}]'),
    "not utf-8": patient(b'"name":[{"text":"\xff\xfe"}]'),
    "overlong utf-8": patient(b'"name":[{"text":"\xc0\xaf"}]'),
    "gb18030": patient('"name":[{"text":"王"}]'.encode("gb18030")),
    "ten megabytes of text": patient(b'"name":[{"text":"' + LONG + b'"}]'),
    "ten megabytes of key": patient(b'"' + LONG + b'":1'),
    "ten megabytes of type": b'{"resourceType":"' + LONG + b'"}',
    "ten megabytes of number": patient(b'"multipleBirthInteger":1' + b"0" * 10_000_000),
    "ten megabytes of space": b" " * 10_000_000,
    "exponent": patient(b'"extension":[{"url":"http://x.org","valueDecimal":1e9999999999}]'),
    "infinity": patient(b'"multipleBirthInteger":Infinity'),
    "unknown type": b'{"resourceType":"Nonsense","id":"p1"}',
    "another type": b'{"resourceType":"Group","id":"p1"}',
    "no type": b'{"id":"p1"}',
    "type is a list": b'{"resourceType":["Patient"],"id":"p1"}',
    "invalid id": b'{"resourceType":"Patient","id":"a b"}',
    "long id": b'{"resourceType":"Patient","id":"' + b"a" * 65 + b'"}',
    "other id": b'{"resourceType":"Patient","id":"p2"}',
    "many members": patient(b",".join(b'"m%d":1' % n for n in range(200_000))),
    "many empty objects": patient(b'"name":[' + b",".join([b"{}"] * 500_000) + b"]"),
    "many nulls": patient(b'"name":[' + b",".join([b"null"] * 1_000_000) + b"]"),
    "comment": patient(b'"active":true /* x */'),
    "trailing comma": patient(b'"active":true,'),
    "two documents": patient(b'"active":true') * 2,
    "single quotes": b"{'resourceType':'Patient','id':'p1'}",
    "xml": OPEN + b'<id value="p1"/></Patient>',
}
IN_XML: Final = {
    "nothing": b"",
    "open": OPEN,
    "json": b'{"resourceType":"Patient","id":"p1"}',
    "doctype": b"<!DOCTYPE Patient>" + OPEN + b'<id value="p1"/></Patient>',
    "external entity": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    + OPEN
    + b'<id value="p1"/><language value="&e;"/></Patient>',
    "laughs": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    + OPEN
    + b'<id value="p1"/></Patient>',
    "depth": OPEN + b'<extension url="http://x.org">' * 100_000,
    "no namespace": b'<Patient><id value="p1"/></Patient>',
    "other namespace": b'<Patient xmlns="urn:hl7-org:v3"><id value="p1"/></Patient>',
    "unknown element": OPEN + b'<id value="p1"/><nonsense value="x"/></Patient>',
    "unknown attribute": OPEN + b'<id value="p1" x="y"/></Patient>',
    "unknown type": b'<Nonsense xmlns="http://hl7.org/fhir"><id value="p1"/></Nonsense>',
    "another type": b'<Group xmlns="http://hl7.org/fhir"><id value="p1"/></Group>',
    "text": OPEN + b'text<id value="p1"/></Patient>',
    "repeated": OPEN + b'<id value="p1"/><active value="true"/><active value="true"/></Patient>',
    "empty": OPEN + b'<id value="p1"/><active/></Patient>',
    "no boolean": OPEN + b'<id value="p1"/><active value="yes"/></Patient>',
    "nul": OPEN + b'<id value="p1"/><language value="&#0;"/></Patient>',
    "surrogate": OPEN + b'<id value="p1"/><language value="&#xD800;"/></Patient>',
    "not utf-8": OPEN + b'<id value="p1"/><language value="\xff"/></Patient>',
    "utf-16": (OPEN + b'<id value="p1"/></Patient>').decode().encode("utf-16"),
    "declared as gbk": b'<?xml version="1.0" encoding="GBK"?>' + OPEN + b'<id value="p1"/></Patient>',
    "ten megabytes of text": OPEN + b'<id value="p1"/><language value="' + LONG + b'"/></Patient>',
    "ten megabytes of name": b"<" + LONG + b"/>",
    "ten megabytes of comment": OPEN + b"<!--" + LONG + b'--><id value="p 1"/></Patient>',
    "many attributes": OPEN + b"<id " + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b"/></Patient>",
    "many prefixes": OPEN
    + b"<id "
    + b" ".join(b'xmlns:a%d="u:%d"' % (n, n) for n in range(100_000))
    + b"/></Patient>",
    "script": OPEN
    + b'<id value="p1"/><text><status value="generated"/>'
    + b'<div xmlns="http://www.w3.org/1999/xhtml"></p></div></text></Patient>',
    "invalid id": OPEN + b'<id value="a b"/></Patient>',
    "other id": OPEN + b'<id value="p2"/></Patient>',
}


@pytest.mark.parametrize("name", IN_JSON)
async def test_bodies_in_json(wire: Wire, hub: Hub, name: str) -> None:
    answer = await require_refused(wire, hub, wire.put(IN_JSON[name], JSON))
    assert answer.issue.get("expression"), answer.body


@pytest.mark.parametrize("name", IN_XML)
async def test_bodies_in_xml(wire: Wire, hub: Hub, name: str) -> None:
    answer = await require_refused(wire, hub, wire.put(IN_XML[name], XML))
    assert answer.issue.get("expression"), answer.body


async def test_numbers_keep_their_text(wire: Wire) -> None:
    numbers = (b"1.10", b"100", b"1E+2", b"0.000", b"-0.0", b"3.14159265358979323846264338327950288")
    for number in numbers:
        body = patient(b'"extension":[{"url":"http://x.org","valueDecimal":%b}]' % number)
        assert (await wire.put(body, JSON)).status < 300
        read = await wire.request(b"GET", b"/fhir/Patient/p1")
        assert b'"valueDecimal":%b}' % number in read.body
        document = await wire.request(b"GET", b"/fhir/Patient/p1?_format=xml")
        assert b'<valueDecimal value="%b"/>' % number in document.body


BUNDLES: Final = {
    "no type": b'{"resourceType":"Bundle"}',
    "searchset": b'{"resourceType":"Bundle","type":"searchset"}',
    "entry is no list": b'{"resourceType":"Bundle","type":"transaction","entry":{}}',
    "no request": b'{"resourceType":"Bundle","type":"transaction","entry":'
    b'[{"resource":{"resourceType":"Patient"}}]}',
    "not a bundle": b'{"resourceType":"Patient"}',
    "bad method": b'{"resourceType":"Bundle","type":"transaction","entry":'
    b'[{"request":{"method":"BREW","url":"Patient"}}]}',
    "bad url": b'{"resourceType":"Bundle","type":"transaction","entry":'
    b'[{"request":{"method":"GET","url":"../../x"}}]}',
    "one of two": b'{"resourceType":"Bundle","type":"transaction","entry":['
    b'{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},'
    b'{"resource":{"resourceType":"Patient","gender":"x"},"request":{"method":"POST","url":"Patient"}}]}',
}


@pytest.mark.parametrize("name", BUNDLES)
async def test_bundles(wire: Wire, hub: Hub, name: str) -> None:
    answer = await require_refused(wire, hub, wire.request(b"POST", b"/fhir", JSON, BUNDLES[name]))
    assert answer.issue.get("expression"), answer.body


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (JSON + b"Content-Encoding: gzip\r\n", gzip.compress(b" " * 60_000_000), 413),
        (JSON + b"Content-Encoding: deflate\r\n", b"x\x9c", 400),
        (JSON + b"Content-Encoding: gzip\r\n", gzip.compress(gzip.compress(b"{}"))[:-2], 400),
        (JSON + b"Content-Encoding: br\r\n", b"x", 415),
        (JSON + b"Content-Encoding: gzip, gzip\r\n", b"x", 415),
        (JSON + b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", b"x", 415),
        (b"Content-Type: application/json, text/plain\r\n", b"{}", 415),
        (b"Content-Type: ;;;\r\n", b"{}", 415),
        (b"", b"{}", 415),
        (JSON + b"Accept: image/png\r\n", b"{}", 406),
        (JSON + b"If-Match: x\r\n", b'{"resourceType":"Patient","id":"p1"}', 400),
        (JSON + b"If-Match: W/99999999999999999999\r\n", b'{"resourceType":"Patient","id":"p1"}', 400),
    ],
)
async def test_headers_of_bodies(wire: Wire, hub: Hub, headers: bytes, body: bytes, status: int) -> None:
    answer = await require_refused(wire, hub, wire.put(body, headers))
    assert answer.status == status
    if status != 413:
        assert answer.issue.get("expression")


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /fhir/Patient/1\r\n\r\n",
        b"GET /fhir/metadata HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET /fhir/metadata HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
        b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\n\xff\xff: a\r\n\r\n",
        b"GET /fhir/meta data HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET /fhir/metadata HTTP/1.1\r\n" + b"X: a\r\n" * 20_000 + b"\r\n",
        b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
        b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: 1e1\r\n\r\n{}",
        b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\n",
        b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=range(19),
)
async def test_what_is_no_request(wire: Wire, hub: Hub, raw: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(raw)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(-1), 10)
    writer.close()
    assert answer[:12] in (b"", *(b"HTTP/1.1 %d" % status for status in (400, 401, 404, 414, 431, 501, 505)))
    assert await hub.pool.fetchval("SELECT count(*) FROM resource") == 0


@pytest.mark.parametrize(
    "target",
    [
        b"/fhir/Patient/%",
        b"/fhir/Patient/%zz",
        b"/fhir/Patient/%00",
        b"/fhir/Patient/%ff%fe",
        b"/fhir/Patient/%c0%af",
        b"/fhir/Patient/a%20b",
        b"/fhir/Patient/" + b"a" * 65,
        b"/fhir/Patient/%2e%2e%2f%2e%2e",
        b"/fhir/Nonsense",
        b"/fhir/Nonsense/1",
        b"/fhir/patient/1",
        b"/fhir/Patient/1/nonsense",
        b"/fhir/Patient/1/_history/x",
        b"/fhir/Patient/1/_history/-1",
        b"/fhir/Patient?name=%ff",
        b"/fhir/Patient?name=%ed%a0%80",
        b"/fhir/Patient?name=%00",
        b"/fhir/Patient?nonsense=1",
        b"/fhir/Patient?birthdate=x",
        b"/fhir/Patient?_count=x",
        b"/fhir/Patient?_count=-1",
        b"/fhir/Patient?_sort=nonsense",
        b"/fhir/Patient?_include=nonsense",
        b"/fhir/Patient?_format=nonsense",
        b"/fhir/Patient?_summary=nonsense",
        b"/fhir/Patient?_elements=",
        b"/fhir/Patient?_pretty=nonsense",
        b"/fhir/Patient?" + b"&".join([b"name=x"] * 1000),
        b"/fhir/Patient/1?nonsense=1",
        b"/fhir/metadata?mode=nonsense",
    ],
)
async def test_urls(wire: Wire, hub: Hub, target: bytes) -> None:
    await require_refused(wire, hub, wire.request(b"GET", target))


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"OPTIONS", b"PURGE", b"LOCK", b"BREW"])
async def test_methods(wire: Wire, hub: Hub, method: bytes) -> None:
    target = b"x:80" if method == b"CONNECT" else b"/fhir/Patient/p1"
    answer = await wire.request(method, target)
    assert 400 <= answer.status < 500


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_spoilt_bodies(wire: Wire, hub: Hub, data: st.DataObject) -> None:
    """A good body with some bytes changed is stored as it reads, or refused."""
    is_xml = data.draw(st.booleans())
    good = (
        OPEN + b'<id value="p1"/><name><text value="\xe7\x8e\x8b"/></name></Patient>'
        if is_xml
        else patient(b'"name":[{"text":"\xe7\x8e\x8b","given":["a"]}],"active":true')
    )
    spoilt = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(spoilt) - 1))
        match data.draw(st.sampled_from(["change", "drop", "repeat"])):
            case "change":
                spoilt[place] = data.draw(st.integers(0, 255))
            case "drop":
                del spoilt[place : place + data.draw(st.integers(1, 8))]
            case "repeat":
                spoilt[place:place] = spoilt[place : place + data.draw(st.integers(1, 20))]
    answer = await wire.put(bytes(spoilt), XML if is_xml else JSON)
    assert answer.status < 500
    if answer.status >= 400:
        assert answer.issue["severity"] in ("error", "fatal")
    else:
        assert json.loads((await wire.request(b"GET", b"/fhir/Patient/p1")).body)["id"] == "p1"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from([b"GET", b"PUT", b"POST", b"DELETE", b"PATCH", b"HEAD"]),
    target=st.binary(max_size=60).map(lambda raw: bytes(b for b in raw if b > 32 and b != 127)),
    header=st.binary(max_size=60).map(lambda raw: bytes(b for b in raw if b >= 32 and b != 127)),
    name=st.sampled_from(
        [b"Accept", b"Prefer", b"If-None-Exist", b"If-Match", b"If-None-Match", b"Content-Type"]
    ),
)
async def test_any_url_and_header(
    wire: Wire, method: bytes, target: bytes, header: bytes, name: bytes
) -> None:
    body = None if method in (b"GET", b"HEAD", b"DELETE") else b"{}"
    answer = await wire.request(method, b"/fhir/" + target, b"%b: %b\r\n" % (name, header), body)
    assert answer.status < 500


async def test_others_are_answered_meanwhile(wire: Wire) -> None:
    """While 3 MB are refused, nobody waits long."""
    body = patient(b'"name":[' + b",".join([b'{"text":"x","given":["y"]}'] * 100_000) + b'],"gender":"x"')

    async def read() -> float:
        started = time.perf_counter()
        await wire.request(b"GET", b"/fhir/Patient/none")
        return time.perf_counter() - started

    refusing = asyncio.create_task(wire.put(body, JSON))
    waits = []
    while not refusing.done():
        waits.append(await read())
    assert refusing.result().status == 422
    assert sorted(waits)[len(waits) // 2] < 1
