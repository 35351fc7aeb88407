"""Bodies of tens of megabytes: what is wrong is told within a second, and nobody waits meanwhile."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Final

import pytest

from exchange.answer import Fhir
from exchange.app import build_app
from exchange.bundle import MAX_ENTRIES
from exchange.http.listening import listening
from exchange.http.site import Site
from exchange.hub import Hub
from tests.exchange.conftest import token
from tests.exchange.test_hostile import JSON, SECONDS, Wire, patient, require_refused

# Made when it is sent.
Body = Callable[[], bytes]


@pytest.fixture
async def roomy(hub: Hub) -> AsyncIterator[Wire]:
    """A hub that takes 64 MB."""
    settings = hub.settings.model_copy(update={"max_body_bytes": 64 * 1024 * 1024})
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.setblocking(False)
        held = replace(hub, settings=settings)
        async with listening(Site(build_app(held), Fhir(held), 5.0), door):
            yield Wire(door.getsockname()[1], await token(hub, "system/*.cruds"))


LONG_TEXTS: Final[tuple[Body, ...]] = (
    lambda: b"x" * 18_000_000,
    lambda: b" ".join(b"w%d" % n for n in range(2_000_000)),
)


CUT: Final[dict[str, Body]] = {
    "names": lambda: b'{"resourceType":"Patient","name":[' + b'{"family":"abcdefghijkl"},' * 2_300_000,
    "objects": lambda: b'{"resourceType":"Patient","x":[' + b'{"a":{"b":1}},' * 4_300_000,
    "numbers": lambda: b'{"resourceType":"Patient","x":[' + b"1234567," * 7_500_000,
    "members": lambda: b'{"resourceType":"Patient",' + b'"a":1,' * 10_000_000,
    "text": lambda: b'{"resourceType":"Patient","name":[{"family":"' + b"x" * 60_000_000,
}
MANY: Final[dict[str, Body]] = {
    "values": lambda: patient(b'"extension":[' + b",".join([b'{"url":"http://x.org/y"}'] * 600_000) + b"]"),
    "members": lambda: patient(b'"a":1,' * 10_000_000 + b'"b":2'),
    "names": lambda: patient(
        b'"name":[' + b",".join([b'{"family":"x%d"}' % n for n in range(25_000)]) + b"]"
    ),
}


@pytest.mark.parametrize("body", CUT.values(), ids=CUT)
async def test_what_ends_too_early_is_told_at_once(roomy: Wire, hub: Hub, body: Body) -> None:
    answer = await require_refused(roomy, hub, roomy.put(body(), JSON))
    assert answer.status == 400
    assert "truncated" in answer.issue["diagnostics"]


@pytest.mark.parametrize("body", MANY.values(), ids=MANY)
async def test_a_resource_of_very_much_is_refused(roomy: Wire, hub: Hub, body: Body) -> None:
    answer = await roomy.put(body(), JSON)
    assert (answer.status, answer.issue["code"]) == (413, "too-costly")
    assert await hub.pool.fetchval("SELECT count(*) FROM resource") == 0


async def test_a_bundle_has_so_many_requests(roomy: Wire, hub: Hub) -> None:
    entries = b",".join([b'{"request":{"method":"GET","url":"Patient/1"}}'] * (MAX_ENTRIES + 1))
    sent = b'{"resourceType":"Bundle","type":"batch","entry":[%b]}' % entries
    answer = await require_refused(roomy, hub, roomy.request(b"POST", b"/fhir", JSON, sent))
    assert (answer.status, answer.issue["code"]) == (413, "too-costly")


@pytest.mark.parametrize("words", LONG_TEXTS)
async def test_others_are_answered_while_20_mb_are_stored(roomy: Wire, words: Body) -> None:
    div = (
        b'"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">%b</div>"}'
        % words()
    )
    storing = asyncio.create_task(roomy.put(patient(div), JSON))
    longest = 0.0
    while not storing.done():
        started = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - started)
    assert storing.result().status == 201
    assert longest < SECONDS
