"""One request for something under the FHIR base, answered the same whichever way it came: `exchange.protocol`
brings it straight from the wire, `exchange.app` through ASGI. From the check of the token to the form of the
answer all is done here.

https://hl7.org/fhir/R4/http.html
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.form import pretty
from exchange.interactions.request import Request, Response, decoded, require_acceptable
from exchange.interactions.routes import find
from exchange.outcome import FhirError, failure, operation_outcome
from exchange.trust.authenticate import authenticate
from exchange.trust.grant import Grant

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
        """Raises what `error_response` makes an OperationOutcome of."""
        if self.under_way >= MAX_UNDER_WAY:
            raise FhirError("busy", "Too many requests at once; try again", headers=(("Retry-After", "1"),))
        self.under_way += 1
        try:
            return await self._answer(asked)
        finally:
            self.under_way -= 1

    async def _answer(self, asked: Asked) -> Response:
        headers, path, method = asked.headers, asked.path.strip("/"), asked.method
        grant = NOBODY
        if path not in _PUBLIC_PATHS:
            grant = await authenticate(self.hub.trust, headers.get("authorization"))
        parameters = decoded(asked.query) if asked.query else ()
        form = dict(parameters)
        require_acceptable(headers.get("accept"), form.get("_format"))
        interaction, named = find(method, path, self.hub.definitions.resource_types)
        body = await asked.body() if method in _WITH_BODY else b""
        request = Request(method, grant, self.hub.base, named, parameters, asked.query, headers, body)
        response = await interaction.perform(self.hub, request)
        if form.get("_pretty") == "true" and response.body:
            return Response(response.status, pretty(response.body), headers=response.http_headers())
        return response


def error_response(error: BaseException) -> Response:
    """The OperationOutcome for an error."""
    failed = failure(error)
    return Response(failed.status, dumps(operation_outcome(failed.issues)), headers=failed.headers)


_WITH_BODY: Final = frozenset(("POST", "PUT", "PATCH"))
_PUBLIC_PATHS: Final = frozenset(("metadata",))
