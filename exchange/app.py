"""The HTTP face of the hub: FastAPI, and before its router FHIR under `/fhir` as ASGI that sends bytes.

Through the router and what stands around it a read costs 124 µs of CPU without the database, before it 57.

https://hl7.org/fhir/R4/http.html
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exchange.answer import Asked, Fhir, error_response
from exchange.body import BodyCap, read_body
from exchange.fhirjson import dumps
from exchange.http.head import joined
from exchange.hub import Hub
from exchange.interactions.presented import told_in
from exchange.interactions.request import CONTENT_TYPE, Response
from exchange.jobs.http import job_files
from exchange.outcome import Category, FhirError, operation_outcome
from exchange.trust.token_endpoint import token_endpoint, token_url_of

ROOT: Final = "/fhir"
# It would be asked at each request, and could be made from outside to export the text of exceptions.
NO_TELEMETRY: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}


def build_app(hub: Hub, routers: Iterable[APIRouter] = ()) -> FastAPI:
    """The app over a running hub. `routers` are the routes of others beside FHIR's."""
    app = FastAPI(
        title="Yilian",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    token_url = token_url_of(hub.base)
    app.include_router(token_endpoint(hub.trust, token_url, hub.settings.token_lifetime))
    app.include_router(job_files(hub))
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(FhirFirst, fhir=FhirEndpoint(hub))
    app.add_middleware(BodyCap, limit=hub.settings.max_body_bytes)
    app.add_middleware(Outcomes)
    return app


def is_fhir(path: str) -> bool:
    """Whether FHIR answers under this path, and not the app, as for the files of jobs."""
    if path.startswith(_JOBS):
        return path.count("/") < _DEPTH_OF_FILES
    return path == ROOT or (path.startswith(_BELOW) and not path.startswith(_WELL_KNOWN))


class FhirFirst:
    """Takes what is FHIR's from the app."""

    def __init__(self, app: ASGIApp, fhir: ASGIApp) -> None:
        self.app = app
        self.fhir = fhir

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and is_fhir(scope["path"])
        await (self.fhir if ours else self.app)(scope, receive, send)


class FhirEndpoint:
    """Every FHIR interaction, as an ASGI app."""

    def __init__(self, hub: Hub) -> None:
        self.fhir = Fhir(hub)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Asked(
            scope["method"],
            scope["path"][len(ROOT) :],
            scope["query_string"].decode("latin-1"),
            joined(scope["headers"]),
            partial(read_body, receive),
        )
        await send_response(await self.fhir.answer(asked), scope["method"], send)


class Outcomes:
    """Whatever goes wrong below is answered with an OperationOutcome: pure ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if started:
                raise ConnectionAbortedError from None  # too late to say anything
            accept = joined(scope["headers"]).get("accept")
            response = told_in(error_response(error), accept, scope["query_string"].decode("latin-1"))
            await send_response(response, scope["method"], send)


async def send_response(response: Response, method: str, send: Send) -> None:
    """HEAD gets the headers that GET would."""
    body = response.body
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.http_headers()
    ]
    if body or response.content_type:
        headers.append((b"content-type", response.media.encode("latin-1")))
    if response.status not in (204, 304):
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


async def _http_exception(request: HttpRequest, error: Exception) -> HttpResponse:
    """The router's own 404 and 405, and what FastAPI routes raise."""
    assert isinstance(error, HTTPException)
    category = _CATEGORIES.get(error.status_code, "invalid" if error.status_code < 500 else "exception")
    told = FhirError(category, str(error.detail))
    return HttpResponse(
        dumps(operation_outcome(told.issues)),
        error.status_code,
        headers=dict(error.headers or {}),
        media_type=CONTENT_TYPE[1],
    )


async def _invalid(request: HttpRequest, error: Exception) -> HttpResponse:
    """What a FastAPI route could not read; the finding does not repeat the value."""
    assert isinstance(error, RequestValidationError)
    places = [".".join(map(str, each["loc"])) for each in error.errors()]
    told = FhirError("invalid", f"Not as expected: {', '.join(places)}")
    return HttpResponse(dumps(operation_outcome(told.issues)), 400, media_type=CONTENT_TYPE[1])


_BELOW: Final = ROOT + "/"
_WELL_KNOWN: Final = ROOT + "/.well-known/"
_JOBS: Final = ROOT + "/$job/"
_DEPTH_OF_FILES: Final = 4
_CATEGORIES: Final[dict[int, Category]] = {
    401: "login",
    403: "forbidden",
    404: "unknown-path",
    405: "method",
    413: "too-large",
    415: "media-type",
    503: "busy",
}
