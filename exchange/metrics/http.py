"""`GET /metrics`: what is counted, for a Prometheus server with a token of the scope `system/metrics.r`.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, Request, Response

from exchange.hub import Hub
from exchange.metrics.exposition import MEDIA_TYPE, Family, exposition
from exchange.trust.authenticate import authenticate
from exchange.trust.scopes import METRICS

Source = Callable[[], Awaitable[Sequence[Family]]]


def metrics_router(hub: Hub, sources: Sequence[Source]) -> APIRouter:
    """The route; each source tells its families when it is asked."""
    router = APIRouter(tags=["metrics"])

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        grant = await authenticate(hub.trust, request.headers.get("authorization"))
        grant.require(METRICS, "r")
        families = [family for source in sources for family in await source()]
        return Response(exposition(families), media_type=MEDIA_TYPE)

    return router
