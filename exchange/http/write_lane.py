"""The fast lane of writes: a create or an update whose caller is known and which asks for nothing special is
checked when its body is here, and goes into the next commit without a coroutine. It gets what
`exchange.answer` would answer; whatever is in doubt goes there.

https://hl7.org/fhir/R4/http.html#create · https://hl7.org/fhir/R4/http.html#update
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import asyncpg

from exchange import answer
from exchange.answer import Fhir, error_response
from exchange.http.body import UNASKED_BYTES, Body
from exchange.http.protocol import Incoming
from exchange.http.read_lane import Reply
from exchange.interactions import create, update
from exchange.interactions.request import Request, Response
from exchange.interactions.written import written_response
from exchange.negotiation import PLAIN, presentation, sent_format
from exchange.outcome import FhirError, failure
from exchange.store.transact import Written
from exchange.trust.grant import Grant

Otherwise = Callable[[], None]

PATH: Final = re.compile(r"/fhir/([A-Z][A-Za-z]+)(?:/([A-Za-z0-9\-][A-Za-z0-9\-.]{0,63}))?").fullmatch
# Their writes do more than to store: content, identity, definitions.
SPECIAL: Final = frozenset(("Binary", "Patient", *answer.DEFINING))
# With one of these there is more to do than to write, or the body is not as it comes.
_ASKING: Final = frozenset(
    ("if-none-exist", "if-match", "if-none-match", "expect", "content-encoding", "transfer-encoding")
)


def enter(fhir: Fhir, request: Incoming, reply: Reply, otherwise: Otherwise) -> None:
    """Sees to it that the request is answered by `reply`, or by what `otherwise` begins. It has no query."""
    found = PATH(request.target.raw)
    grant = fhir.hub.trust.remembered(request.fields.get("authorization"))
    plain = found is not None and grant is not None and _is_plain(fhir, request, grant, *found.groups())
    if not plain or found is None or grant is None or request.body is None:
        otherwise()
        return
    type_, id_ = found.groups()
    named = {"type": type_} if id_ is None else {"type": type_, "id": id_}
    asked = partial(Request, request.method, grant, fhir.hub.base, named, (), "", request.fields)
    request.body.when_over(Writing(fhir, asked, request.body, reply, otherwise).begin)


def _is_plain(fhir: Fhir, request: Incoming, grant: Grant, type_: str, id_: str | None) -> bool:
    headers, creates = request.fields, request.method == "POST"
    if creates == (id_ is not None) or not (creates or request.method == "PUT"):
        return False
    if type_ in SPECIAL or type_ not in fhir.hub.definitions.resource_types:
        return False
    if not grant.permits(type_, "c" if creates else "u") or not _ASKING.isdisjoint(headers):
        return False
    return _is_short(headers) and _is_json(headers)


def _is_short(headers: Mapping[str, str]) -> bool:
    """Whether the body can be held until it is whole."""
    length = headers.get("content-length", "")
    return length.isdecimal() and 0 < int(length[:9]) <= UNASKED_BYTES and len(length) < 9


def _is_json(headers: Mapping[str, str]) -> bool:
    """Whether JSON comes and is wanted."""
    try:
        return (
            sent_format(headers.get("content-type")) == "json"
            and presentation(headers.get("accept")) is PLAIN
        )
    except FhirError:
        return False


class Writing:
    """A write on its way; it waits for the commit in place of a future."""

    __slots__ = ("_asked", "_body", "_fhir", "_name", "_otherwise", "_reply", "_request")

    def __init__(
        self, fhir: Fhir, asked: Callable[[bytes], Request], body: Body, reply: Reply, otherwise: Otherwise
    ) -> None:
        """`asked` makes the request of its body."""
        self._fhir, self._asked, self._body = fhir, asked, body
        self._reply, self._otherwise = reply, otherwise

    def begin(self) -> None:
        """The body is here, or the client went away."""
        body = self._body.held
        if not body or self._fhir.under_way >= answer.MAX_UNDER_WAY:
            self._otherwise()
            return
        self._fhir.under_way += 1
        try:
            self._hand_in(body)
        except Exception as error:
            self._tell(error_response(error))

    def _hand_in(self, body: bytes) -> None:
        hub, self._request = self._fhir.hub, self._asked(body)
        _, write = (create if self._request.method == "POST" else update).prepared(hub, self._request)
        self._name = f"{write.type}/{write.id}"
        hub.committer.hand_in(write, hub.clock(), self)

    def done(self) -> bool:
        return False

    def set_result(self, written: Written) -> None:
        try:
            remarks = self._fhir.hub.validation.remarks
            response = written_response(self._request, self._name, written, remarks)
        except Exception as error:
            response = error_response(error)
        self._tell(response)

    def set_exception(self, exception: BaseException) -> None:
        """What lost a race in the database is tried again."""
        if isinstance(exception, asyncpg.SerializationError | asyncpg.DeadlockDetectedError):
            self._fhir.under_way -= 1
            self._otherwise()
        else:
            self._tell(error_response(exception))

    def cancel(self) -> None:
        self._tell(error_response(TimeoutError()))

    def _tell(self, response: Response) -> None:
        """Whatever happens to one of a group is not the others' business."""
        self._fhir.under_way -= 1
        try:
            self._reply(response)
        except Exception as error:
            failure(error)  # logged
