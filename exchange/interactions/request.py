"""What a client asks and what it gets, free of any web framework: batch entries are requests too.

https://hl7.org/fhir/R4/http.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final, Literal
from urllib.parse import unquote_plus

from exchange import fhirjson
from exchange.bundle import Sent, opened
from exchange.fhirjson import UnreadableJson
from exchange.negotiation import CONTENT_TYPES, Format, sent_format
from exchange.outcome import Category, FhirError, Headers
from exchange.representation import read
from exchange.trust.grant import Grant
from exchange.xml import UnreadableXml
from profiles.definitions import definitions

Resource = dict[str, Any]
Parameters = tuple[tuple[str, str], ...]
Return = Literal["minimal", "representation", "OperationOutcome"]
Handling = Literal["strict", "lenient"]

CONTENT_TYPE: Final = ("Content-Type", CONTENT_TYPES["json"])
VARY: Final = ("Vary", "Accept, Accept-Encoding")
ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")

MAX_PARAMETERS: Final = 200
# Texts of a query that are remembered unescaped are shorter.
MAX_KNOWN: Final = 200

# Parameters about the answer's form, none of the search's business.
FORM_PARAMETERS: Final = frozenset(("_format", "_pretty", "_elements", "_summary"))


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` have names in lower case; `query` is the URL's, `parameters` are the same decoded; `resource`
    is the body of a batch entry, already read."""

    method: str
    grant: Grant
    base: str
    path: Mapping[str, str] = field(default_factory=dict)
    parameters: Parameters = ()
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    resource: Resource | None = None

    @property
    def type(self) -> str:
        """The resource type in the URL."""
        return self.path["type"]

    @property
    def id(self) -> str:
        """The id in the URL; raises FhirError if no resource can have it."""
        return valid_id(self.path["id"])

    def parameter(self, name: str) -> str | None:
        """The first value of a parameter that may stand once."""
        return next((value for known, value in self.parameters if known == name), None)

    def read_resource(self) -> Resource:
        """The resource in the body, of the type in the URL."""
        return self.read_written()[0]

    def read_written(self) -> tuple[Resource, bytes | None]:
        """The same, and what `fhirjson.split` wants of its text, if that is at hand."""
        resource, text = self.read_text()
        found = resource.get("resourceType")
        if found != self.type:
            named = found[:64] if isinstance(found, str) else "none"
            raise FhirError(
                "invalid", f"The URL says {self.type}, the body's resourceType is {named}", "resourceType"
            )
        return resource, None if text is None else fhirjson.rest_of(resource, text)

    def read_bundle(self) -> Sent:
        """The Bundle in the body; the resources in it are still text."""
        text = self.body
        if self.resource is not None or sent_format(self.headers.get("content-type")) != "json":
            text = fhirjson.dumps(self.read_body())
        try:
            sent = opened(text)
        except UnreadableJson:
            sent = opened(fhirjson.dumps(self.read_body()))  # which tells what is wrong, and where
        if sent.envelope.get("resourceType") != "Bundle":
            raise FhirError("invalid", "The base takes a Bundle", "resourceType")
        return sent

    def read_body(self) -> Resource:
        """Whatever resource is in the body."""
        if self.resource is not None:
            return self.resource
        return self.resource_in(sent_format(self.headers.get("content-type")))

    def read_text(self) -> tuple[Resource, bytes | None]:
        """`read_body`, and its text as `dumps` gives it, if it came as JSON."""
        if self.resource is None and self.body and sent_format(self.headers.get("content-type")) == "json":
            try:
                return fhirjson.read(self.body)
            except UnreadableJson as error:
                raise self._unreadable(error) from None
        return self.read_body(), None

    def resource_in(self, format_: Format) -> Resource:
        """The body, as a resource in this format."""
        if not self.body:
            raise FhirError("unreadable", "The request has no body", self.path.get("type", "Bundle"))
        try:
            return read(self.body, format_, definitions())
        except (UnreadableJson, UnreadableXml) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: UnreadableJson | UnreadableXml) -> FhirError:
        expression = error.issue.expression or self.path.get("type", "Bundle")
        category: Category = "too-large" if error.issue.code == "too-costly" else "unreadable"
        return FhirError.of(category, [replace(error.issue, expression=expression)])


@dataclass(frozen=True, slots=True)
class Response:
    """`body` is empty, or FHIR JSON unless `content_type` says what else; `version` and `updated` are the
    resource's, `location` names it."""

    status: int
    body: bytes = b""
    version: int | None = None
    updated: datetime | None = None
    location: str = ""
    headers: Headers = ()
    content_type: str = ""

    def http_headers(self) -> Headers:
        """All of them but Content-Type."""
        headers = list(self.headers)
        if self.location:
            headers.append(("Location", self.location))
        if self.version is not None:
            headers.append(("ETag", etag(self.version)))
        if self.updated is not None:
            headers.append(("Last-Modified", http_date(self.updated)))
        if self.body or self.status == 304:
            headers.append(VARY)
        return tuple(headers)

    @property
    def media(self) -> str:
        """What Content-Type says of the body."""
        return self.content_type or CONTENT_TYPE[1]


def decoded(query: str) -> Parameters:
    """The parameters of a query string or a form."""
    pairs = [each.partition("=") for each in query.split("&") if each]
    try:
        if query.count("&") >= MAX_PARAMETERS:
            raise ValueError
        return tuple([(_unquoted(name), _unquoted(value)) for name, _, value in pairs])
    except ValueError:
        raise FhirError(
            "invalid", f"The parameters are not UTF-8, or there are more than {MAX_PARAMETERS}"
        ) from None


def _unquoted(text: str) -> str:
    if "%" not in text:
        return text.replace("+", " ") if "+" in text else text
    return _unescaped(text) if len(text) < MAX_KNOWN else unquote_plus(text, errors="strict")


@lru_cache(4096)
def _unescaped(text: str) -> str:
    """The same URLs come again and again."""
    return unquote_plus(text, errors="strict")


@dataclass(frozen=True, slots=True)
class Preference:
    """The Prefer header: https://hl7.org/fhir/R4/http.html#ops"""

    returned: Return | None = None
    handling: Handling = "strict"
    respond_async: bool = False


@lru_cache(256)
def preference(header: str | None) -> Preference:
    """As RFC 7240 asks, unknown preferences are ignored, and of one that comes twice the first counts."""
    given: dict[str, str] = {}
    for part in _PREFERENCE.split(header or ""):
        name, _, value = part.partition("=")
        given.setdefault(name.strip().lower(), value.strip().strip('"'))
    returned, handling = given.get("return"), given.get("handling")
    return Preference(
        _RETURNS.get(returned) if returned else None,
        "lenient" if handling == "lenient" else "strict",
        "respond-async" in given,
    )


def valid_id(text: str) -> str:
    """The text, if it can be an id."""
    if not ID.fullmatch(text):
        raise FhirError("invalid", "An id is 1 to 64 letters, digits, hyphens and dots", "id")
    return text


def etag(version: int) -> str:
    """https://hl7.org/fhir/R4/http.html#versioning"""
    return f'W/"{version}"'


def if_match(header: str | None) -> int | None:
    """The version that the client says is current."""
    if header is None:
        return None
    found = re.fullmatch(r'(?:W/)?"?([0-9]{1,9})"?', header.strip())
    if not found:
        raise FhirError("invalid", 'If-Match holds one version id, as in W/"3"', "If-Match")
    return int(found[1])


def http_date(instant: datetime) -> str:
    """`Sat, 21 Nov 2026 02:37:08 GMT`"""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{_date(utc.toordinal())} {utc.hour:02}:{utc.minute:02}:{utc.second:02} GMT"


def is_unmodified(headers: Mapping[str, str], version: int, updated: datetime) -> bool:
    """Whether the client has this version already (If-None-Match goes before If-Modified-Since)."""
    known = headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or str(version) in re.findall(r'"([^"]*)"', known)
    since = headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return updated.replace(microsecond=0) <= parsedate_to_datetime(since).astimezone(UTC)
    except ValueError:
        return False  # RFC 9110: a date that is none is ignored


def instant_text(instant: datetime) -> str:
    """A FHIR instant in UTC, to the millisecond."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_of(text: str, name: str) -> datetime:
    """The instant that a parameter gives; a `+` that came unescaped is meant as one."""
    try:
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or not 1 < instant.year < 9999:
        raise FhirError("invalid", f"{name} is an instant with its time zone", name)
    return instant


@lru_cache(1024)
def _date(ordinal: int) -> str:
    day = date.fromordinal(ordinal)
    return f"{_DAYS[day.weekday()]}, {day.day:02} {_MONTHS[day.month - 1]} {day.year:04}"


_DAYS: Final = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_PREFERENCE: Final = re.compile(r"[;,]")
_RETURNS: Final[dict[str, Return]] = {
    "minimal": "minimal",
    "representation": "representation",
    "OperationOutcome": "OperationOutcome",
}
