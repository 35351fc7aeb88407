"""One request for something under the FHIR base, answered the same whichever way it came: `exchange.http`
brings it straight from the wire, `exchange.app` through ASGI. From the check of the token to the form of the
answer all is done here.

https://hl7.org/fhir/R4/http.html
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from exchange import encoding
from exchange.body import unpacked
from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions import binary
from exchange.interactions.job import kicked_off
from exchange.interactions.presented import in_form, presentation_of, told_in, with_resource
from exchange.interactions.request import Request, Response, decoded
from exchange.interactions.routes import Interaction, find
from exchange.jobs.deferred import is_deferred, kickoff_of
from exchange.negotiation import PLAIN
from exchange.outcome import FhirError, failure, operation_outcome
from exchange.representation import aside
from exchange.trust.authenticate import authenticate
from exchange.trust.grant import Grant
from terminology.library import KINDS

MAX_UNDER_WAY: Final = 1000
NOBODY: Final = Grant("", None, frozenset())

ReadBody = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Asked:
    """`path` is what follows the base, decoded; `query` is as sent; `headers` have names in lower case, and a
    header that came twice has its values joined; `body` is asked for only once the caller may send one."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: ReadBody


class Fhir:
    """Answers requests over a running hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.under_way = 0

    async def answer(self, asked: Asked) -> Response:
        """Whatever goes wrong is told by an OperationOutcome, in the format that is wanted."""
        self.under_way += 1
        try:
            response = await self._answer(asked)
        except Exception as error:
            response = told_in(error_response(error), asked.headers.get("accept"), asked.query)
        finally:
            self.under_way -= 1
        if len(response.body) >= encoding.WORTH_BYTES and "accept-encoding" in asked.headers:
            return await _packed(response, asked)
        return response

    async def _answer(self, asked: Asked) -> Response:
        if self.under_way > MAX_UNDER_WAY:
            raise FhirError("busy", "Too many requests at once; try again", headers=(("Retry-After", "1"),))
        headers, path, method = asked.headers, asked.path.strip("/"), asked.method
        grant = NOBODY
        if path not in _PUBLIC_PATHS:
            grant = await authenticate(self.hub.trust, headers.get("authorization"))
        parameters = decoded(asked.query) if asked.query else ()
        interaction, named = find(method, path, self.hub.definitions.resource_types)
        body = await asked.body() if method in _WITH_BODY else b""
        if "content-encoding" in headers and body:
            limit = self.hub.settings.max_body_bytes
            body = await asyncio.to_thread(unpacked, body, headers["content-encoding"], limit)
        request = Request(method, grant, self.hub.base, named, parameters, asked.query, headers, body)
        if "prefer" in headers and is_deferred(interaction.code, headers["prefer"]):
            return await kicked_off(self.hub, request, kickoff_of(request, path))
        if named.get("type") == "Binary":
            return await self._binary(interaction, request)
        return await self._performed(interaction, request)

    async def _performed(self, interaction: Interaction, request: Request) -> Response:
        wanted = presentation_of(interaction.code, request)
        if request.body and interaction.code not in _READING:
            request = await with_resource(request)
        response = await interaction.perform(self.hub, request)
        if request.method != "GET":
            await self._refresh(interaction, request)
        if wanted is PLAIN or not response.body or response.content_type:
            return response
        return await in_form(self.hub, interaction.code, response, wanted)

    async def _refresh(self, interaction: Interaction, request: Request) -> None:
        """What the request may have defined is in force when it is answered."""
        if _may_define(request, _DEFINING):
            await self.hub.parameters.refresh()
        writes = interaction.code[:1] != "$"  # the operations name these types all the time
        if writes and any(_may_define(request, kind) for kind in KINDS):
            await self.hub.terminology.refresh()

    async def _binary(self, interaction: Interaction, request: Request) -> Response:
        """Content goes as it is, unless the client says that it wants the resource."""
        if interaction.code in ("read", "vread") and binary.asks_content(request):
            return binary.content(await interaction.perform(self.hub, request))
        resource = partial(binary.with_resource, interaction.code, request)
        return await self._performed(interaction, await aside(len(request.body), "json", resource))


_READING: Final = frozenset(("transaction", "$validate"))  # they read their bodies themselves


def _may_define(request: Request, kind: str) -> bool:
    """Whether it may have changed a resource of that type, itself or in a Bundle."""
    named, name = request.path.get("type"), kind.encode()
    if named is not None:
        return named == kind
    # In a Bundle as a type or at the beginning of a URL; the URLs of codes have these words, too.
    return any(each % name in request.body for each in _NAMING)


def error_response(error: BaseException) -> Response:
    """The OperationOutcome for an error."""
    failed = failure(error)
    return Response(failed.status, dumps(operation_outcome(failed.issues)), headers=failed.headers)


async def _packed(response: Response, asked: Asked) -> Response:
    """The same as gzip, if the client takes it and it is not packed already."""
    if not encoding.is_packable(response.content_type):
        return response
    pack = encoding.lasting_gzip if asked.path.strip("/") in _PUBLIC_PATHS else encoding.gzip
    packed = await encoding.compressed(response.body, asked.headers["accept-encoding"], pack)
    if packed is None:
        return response
    return replace(response, body=packed, headers=(*response.headers, ("Content-Encoding", "gzip")))


_NAMING: Final = (b'"%b"', b'"%b/', b'"%b?', b"<%b")
_DEFINING: Final = "SearchParameter"
DEFINING: Final = frozenset((_DEFINING, *KINDS))
_WITH_BODY: Final = frozenset(("POST", "PUT", "PATCH"))
_PUBLIC_PATHS: Final = frozenset(("metadata", "openapi.json"))
