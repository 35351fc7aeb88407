"""`POST /hl7v2` as a client sees it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.hl7v2.parse import parse
from exchange.app import build_app
from exchange.hub import Hub
from exchange.inbound.http import hl7v2_router
from exchange.inbound.reception import Reception
from exchange.trust.clients import Client, add_client
from exchange.trust.keys import signing_key
from exchange.trust.scopes import parse_scopes
from exchange.trust.tokens import sign
from tests.exchange.inbound.senders import message

TYPE = {"Content-Type": "application/hl7-v2"}


@pytest.fixture
async def http(hub: Hub, reception: Reception) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build_app(hub, [hl7v2_router(reception)]), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
        yield opened


async def authorization(
    hub: Hub, scopes: str = "system/hl7v2.c", hospital: str | None = None
) -> dict[str, str]:
    held = Client(f"client-{hub.new_id()}", "test", hospital, parse_scopes(scopes), None, hub.clock())
    async with hub.pool.acquire() as connection:
        await add_client(connection, held)
        key = await signing_key(connection, hub.clock())
    token = sign(key, held.id, held.scopes, hub.base, hub.clock().timestamp(), 600)
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("scopes", ["system/hl7v2.c", "system/*.c", "system/*.cruds"])
async def test_a_message_is_acknowledged(hub: Hub, http: httpx.AsyncClient, scopes: str) -> None:
    headers = await authorization(hub, scopes) | TYPE
    for _ in range(2):
        response = await http.post("/hl7v2", content=message("1"), headers=headers)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/hl7-v2; charset=utf-8"
        assert parse(response.content.decode()).text("MSA-1") == "AA"


async def test_what_hl7_can_say_is_200(hub: Hub, http: httpx.AsyncClient) -> None:
    headers = await authorization(hub) | TYPE
    for raw, code in ((message("1", name="REFUSE"), "AE"), (message("2", f9="QRY^A19"), "AR"), (b"", "AE")):
        response = await http.post("/hl7v2", content=raw, headers=headers)
        assert response.status_code == 200
        assert parse(response.content.decode()).text("MSA-1") == code


@pytest.mark.parametrize(
    ("accept", "application", "status", "code"),
    [("AL", "NE", 200, "CA"), ("NE", "NE", 204, ""), ("AL", "AL", 200, "AA"), ("AL", "ER", 200, "CA")],
)
async def test_one_answer_in_the_enhanced_mode(
    hub: Hub, http: httpx.AsyncClient, accept: str, application: str, status: int, code: str
) -> None:
    headers = await authorization(hub) | TYPE
    raw = message("1", f15=accept, f16=application)
    response = await http.post("/hl7v2", content=raw, headers=headers)
    assert response.status_code == status
    assert not code or parse(response.content.decode()).text("MSA-1") == code


async def test_the_charset_of_the_content_type_wins(hub: Hub, http: httpx.AsyncClient) -> None:
    headers = await authorization(hub) | {"Content-Type": 'x-application/hl7-v2+er7; charset="GBK"'}
    raw = message("1", name="张^三", codec="gb18030", f18="UNICODE UTF-8", f4="人民医院")
    response = await http.post("/hl7v2", content=raw, headers=headers)
    assert response.headers["content-type"] == "application/hl7-v2; charset=gb18030"
    assert parse(response.content.decode("gb18030")).text("MSH-6") == "人民医院"


async def test_http_errors(hub: Hub, http: httpx.AsyncClient) -> None:
    good = await authorization(hub)
    other = await authorization(hub, "system/*.rs system/Patient.c")
    bound = await authorization(hub, hospital="h2")
    raw = message("1")
    for headers, content, status in (
        (TYPE, raw, 401),
        ({"Authorization": "Bearer nonsense"} | TYPE, raw, 401),
        (other | TYPE, raw, 403),
        (bound | TYPE, raw, 403),
        (good | {"Content-Type": "application/json"}, raw, 415),
        (good, raw, 415),
        (good | TYPE, b"x" * 100_001, 413),
    ):
        response = await http.post("/hl7v2", content=content, headers=headers)
        assert response.status_code == status
        assert response.json()["resourceType"] == "OperationOutcome"
    assert (await http.get("/hl7v2", headers=good)).status_code == 405
    async with hub.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM inbox") == 0


async def test_a_hospitals_client_sends_its_own(hub: Hub, http: httpx.AsyncClient) -> None:
    headers = await authorization(hub, hospital="h1") | TYPE
    assert (await http.post("/hl7v2", content=message("1"), headers=headers)).status_code == 200


async def test_what_cannot_be_kept_is_503(hub: Hub, http: httpx.AsyncClient) -> None:
    headers = await authorization(hub) | TYPE
    assert (await http.post("/hl7v2", content=message("1"), headers=headers)).status_code == 200
    await hub.pool.close()
    response = await http.post("/hl7v2", content=message("2"), headers=headers)
    assert response.status_code == 503
    assert parse(response.content.decode()).text("ERR-3") == "207"
