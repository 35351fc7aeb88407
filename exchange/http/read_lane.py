"""The fast lane: a read whose caller is known and which asks for nothing special goes into the next group of
reads without a coroutine. It gets what `exchange.answer` would answer; whatever is in doubt goes there.

https://hl7.org/fhir/R4/http.html#read
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from exchange import answer, encoding
from exchange.answer import Fhir, error_response
from exchange.interactions.form import as_stored
from exchange.interactions.read import answered
from exchange.interactions.request import Response
from exchange.negotiation import PLAIN, presentation
from exchange.outcome import FhirError, failure
from exchange.store.coalesce import Overloaded
from exchange.store.fetch import Stored

Reply = Callable[[Response], None]

# Ids that could be something else (`_search`, `$everything`) are left to the table of interactions.
READ: Final = re.compile(r"/fhir/([A-Z][A-Za-z]+)/([A-Za-z0-9\-][A-Za-z0-9\-.]{0,63})").fullmatch
# Its content may be wanted as it is.
SPECIAL: Final = frozenset(("Binary",))


def enter(fhir: Fhir, path: str, headers: Mapping[str, str], reply: Reply) -> bool:
    """Whether the read of `path` (as sent, without a query) will be answered by calling `reply`."""
    found, hub = READ(path), fhir.hub
    if found is None or fhir.under_way >= answer.MAX_UNDER_WAY:
        return False
    type_, id_ = found.groups()
    grant = hub.trust.remembered(headers.get("authorization"))
    if grant is None or not grant.permits(type_, "r"):
        return False
    if type_ in SPECIAL or type_ not in hub.definitions.resource_types:
        return False
    try:
        if presentation(headers.get("accept")) is not PLAIN:
            return False
        hub.reader.hand_in(type_, id_, Reading(fhir, f"{type_}/{id_}", headers, reply))
    except (FhirError, Overloaded):
        return False
    fhir.under_way += 1
    return True


async def packed(response: Response, accept_encoding: str) -> Response:
    """The same as gzip if the client takes it."""
    body = await encoding.compressed(response.body, accept_encoding, encoding.gzip)
    if body is None:
        return response
    return replace(response, body=body, headers=(*response.headers, ("Content-Encoding", "gzip")))


class Reading:
    """What waits for the stored version, in place of a future."""

    __slots__ = ("_fhir", "_headers", "_name", "_reply")

    def __init__(self, fhir: Fhir, name: str, headers: Mapping[str, str], reply: Reply) -> None:
        self._fhir, self._name, self._headers, self._reply = fhir, name, headers, reply

    def done(self) -> bool:
        return False

    def set_result(self, stored: Stored | None) -> None:
        try:
            response = answered(stored, self._name, self._headers, as_stored)
        except Exception as error:
            response = error_response(error)
        self._tell(response)

    def set_exception(self, exception: BaseException) -> None:
        self._tell(error_response(exception))

    def cancel(self) -> None:
        self.set_exception(TimeoutError())

    def _tell(self, response: Response) -> None:
        """Whatever happens to one of a group is not the others' business."""
        self._fhir.under_way -= 1
        try:
            self._reply(response)
        except Exception as error:
            failure(error)  # logged
