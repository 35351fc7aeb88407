"""https://hl7.org/fhir/R4/http.html#delete"""

from exchange.hub import Hub
from exchange.interactions.conflict import refuse_conflict
from exchange.interactions.request import Request, Response, if_match, preference
from exchange.interactions.written import committed, told
from exchange.store.batch import Write
from exchange.store.transact import Written


async def delete(hub: Hub, request: Request) -> Response:
    """Deleting what is not there succeeds too, so that a repeated DELETE is harmless."""
    request.grant.require(request.type, "d")
    version = if_match(request.headers.get("if-match"))
    write = Write("delete", request.type, request.id, if_match=version)
    written = await committed(hub, request.grant, write, None)
    return deleted(request, f"{request.type}/{request.id}", written)


def deleted(request: Request, name: str, written: Written) -> Response:
    """204, or 200 where the client wants an OperationOutcome."""
    refuse_conflict(name, written)
    version = written.version or None
    if preference(request.headers.get("prefer")).returned == "OperationOutcome":
        return Response(200, told(f"{name} {written.status}"), version)
    return Response(204, b"", version)
