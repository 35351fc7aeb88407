"""Entries of the Bundles that are sent: joined from bytes.

https://hl7.org/fhir/R4/http.html#transaction-response
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any

from exchange.fhirjson import dumps, identity
from exchange.interactions.form import Form
from exchange.interactions.request import Response, instant_text


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
    told = _status(response.status)
    if response.location:
        told += b',"location":%b' % dumps(response.location)
    if response.version is not None:
        told += b',"etag":"W/\\"%d\\""' % response.version
    if response.updated is not None:
        told += _modified(response.updated)
    if not response.body:
        return b'{"response":{%b}}' % told
    if response.body.startswith(_OUTCOME):
        return b'{"response":{%b,"outcome":%b}}' % (told, response.body)
    return b'{"resource":%b,"response":{%b}}' % (response.body, told)


@cache
def _status(status: int) -> bytes:
    return b'"status":"%d %b"' % (status, HTTPStatus(status).phrase.encode())


@lru_cache(64)
def _modified(updated: datetime) -> bytes:
    """All entries of a transaction have the same time."""
    return b',"lastModified":"%b"' % instant_text(updated).encode()


_FOUND = b'{"fullUrl":"%b/%b/%b","resource":%b,"search":{"mode":"%b"}}'
_OUTCOME = b'{"resourceType":"OperationOutcome","issue":'
