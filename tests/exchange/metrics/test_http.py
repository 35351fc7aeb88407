"""`GET /metrics` as a Prometheus server sees it."""

from collections.abc import Sequence

import httpx

from exchange.app import build_app
from exchange.hub import Hub
from exchange.metrics.exposition import Family, Sample
from exchange.metrics.http import metrics_router
from tests.exchange.conftest import token


async def told() -> Sequence[Family]:
    return [Family("yilian_messages_total", "counter", "Messages.", [Sample({"hospital": "h1"}, 3)])]


async def test_who_may_read_it(hub: Hub) -> None:
    transport = httpx.ASGITransport(build_app(hub, [metrics_router(hub, [told])]), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

        async def asked(scopes: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer {await token(hub, scopes)}"}
            return await client.get("/metrics", headers=headers)

        assert (await client.get("/metrics")).status_code == 401
        assert (await asked("system/Patient.rs")).status_code == 403
        assert (await asked("system/*.rs")).status_code == 200
        answer = await asked("system/metrics.r")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.endswith('yilian_messages_total{hospital="h1"} 3\n')
