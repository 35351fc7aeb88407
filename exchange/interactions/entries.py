"""Entries of the Bundles that are sent: joined from bytes.

https://hl7.org/fhir/R4/http.html#transaction-response
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from exchange.fhirjson import dumps, identity
from exchange.interactions.form import Form
from exchange.interactions.request import Response, etag, instant_text


def with_entries(start: dict[str, Any], entries: Sequence[bytes]) -> bytes:
    """The Bundle that begins with `start`."""
    head = dumps(start)
    return b'%b,"entry":[%b]}' % (head[:-1], b",".join(entries)) if entries else head


def found_entry(base: bytes, body: bytes, mode: bytes, form: Form) -> bytes:
    """An entry of a searchset: a stored resource, as match or include."""
    kind, id_ = identity(body)
    return _FOUND % (base, kind, id_, form(body), mode)


def response_entry(response: Response) -> bytes:
    """One interaction's answer; what it says about itself is its outcome, anything else its resource."""
    told: dict[str, Any] = {"status": f"{response.status} {HTTPStatus(response.status).phrase}"}
    if response.location:
        told["location"] = response.location
    if response.version is not None:
        told["etag"] = etag(response.version)
    if response.updated is not None:
        told["lastModified"] = instant_text(response.updated)
    if not response.body:
        return dumps({"response": told})
    if response.body.startswith(_OUTCOME):
        return b'{"response":%b,"outcome":%b}}' % (dumps(told)[:-1], response.body)
    return b'{"resource":%b,"response":%b}' % (response.body, dumps(told))


_FOUND = b'{"fullUrl":"%b/%b/%b","resource":%b,"search":{"mode":"%b"}}'
_OUTCOME = b'{"resourceType":"OperationOutcome","issue":'
