"""`Prefer: respond-async`: any request whose answer is fetched later, as a Bundle with the one response.

https://hl7.org/fhir/R4/async.html · https://hl7.org/fhir/R5/async-bundle.html
"""

from base64 import b64decode, b64encode
from typing import Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.entries import response_entry, with_entries
from exchange.interactions.request import Request, Response, decoded, preference
from exchange.interactions.routes import respond
from exchange.jobs.job import Job, Kickoff, Tell
from exchange.outcome import failure, operation_outcome

KIND: Final = "request"
# What of a request's head the answer depends on; never the token.
KEPT: Final = ("content-type", "if-match", "if-none-exist", "if-none-match", "if-modified-since", "accept")


# What may take long; anything else is answered at once, as a server may always do.
LONG: Final = frozenset(
    ("transaction", "search-type", "search-system", "search-compartment", "history-type", "history-system")
)
OWN: Final = frozenset(("$export", "$import", "$reindex", "$retranslate"))


def is_deferred(code: str, prefer: str) -> bool:
    """Whether the interaction is to be a job; an export is one of its own."""
    if code in LONG or (code.startswith("$") and code not in OWN):
        return preference(prefer).respond_async
    return False


def kickoff_of(request: Request, path: str) -> Kickoff:
    """The request as a job remembers it. `path` is what follows the base."""
    headers = {name: request.headers[name] for name in KEPT if name in request.headers}
    preferred = [part for part in _parts(request.headers.get("prefer", "")) if part != "respond-async"]
    return Kickoff(
        KIND,
        request.grant,
        {
            "method": request.method,
            "path": path,
            "query": request.query,
            "headers": headers | ({"prefer": ", ".join(preferred)} if preferred else {}),
            "body": b64encode(request.body).decode(),
        },
    )


async def deferred(hub: Hub, job: Job, tell: Tell) -> bytes:
    """The answer to the request, as the client would have had it."""
    asked = job.request
    query = asked["query"]
    request = Request(
        asked["method"],
        job.grant,
        hub.base,
        parameters=decoded(query) if query else (),
        query=query,
        headers=asked["headers"],
        body=b64decode(asked["body"]),
    )
    try:
        response = await respond(hub, asked["path"], request)
    except Exception as error:
        failed = failure(error)
        response = Response(failed.status, dumps(operation_outcome(failed.issues)), headers=failed.headers)
    return with_entries({"resourceType": "Bundle", "type": "batch-response"}, [response_entry(response)])


def _parts(header: str) -> list[str]:
    return [part.strip() for part in header.replace(";", ",").split(",") if part.strip()]
