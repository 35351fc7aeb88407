"""What the histories have in common: their parameters, their links, their entries.

https://hl7.org/fhir/R4/http.html#history
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.entries import with_entries
from exchange.interactions.form import Form
from exchange.interactions.request import FORM_PARAMETERS, Request, etag, instant_of, instant_text
from exchange.outcome import FhirError
from exchange.search.query.values import date_comparison
from exchange.store.history import EARLIEST, LATEST, Span, Version

COUNT: Final = 50
MAX_COUNT: Final = 1000
KNOWN: Final = frozenset(("_count", "_since", "_at", "_cursor")) | FORM_PARAMETERS


@dataclass(frozen=True, slots=True)
class Ask:
    """How many versions a page has, and of which time."""

    count: int
    span: Span


def ask_of(hub: Hub, request: Request) -> Ask:
    """What the parameters say; raises 400 for one that a history does not have."""
    for name, _ in request.parameters:
        if name not in KNOWN:
            raise FhirError("invalid", "A history has no such parameter", name[:64])
    since = request.parameter("_since")
    low, high = _at(hub, request.parameter("_at"))
    return Ask(_count(request), Span(EARLIEST if since is None else instant_of(since, "_since"), low, high))


def bundle(
    request: Request, url: str, shown: Sequence[Version], following: str | None, total: int | None, form: Form
) -> bytes:
    """`following` is the cursor of the next page, None on the last."""
    start: dict[str, Any] = {"resourceType": "Bundle", "type": "history"}
    if total is not None:
        start["total"] = total
    start["link"] = [{"relation": "self", "url": _with_cursor(request, url, request.parameter("_cursor"))}]
    if following is not None:
        start["link"].append({"relation": "next", "url": _with_cursor(request, url, following)})
    return with_entries(start, [_entry(request.base, version, form) for version in shown])


def _entry(base: str, version: Version, form: Form) -> bytes:
    """How it came to be: a deletion, or what a PUT gives; the first version is the creation."""
    name = f"{version.type}/{version.id}"
    resource = b"" if version.body is None else b'"resource":%b,' % form(version.body)
    created = version.version == 1
    method = "DELETE" if version.body is None else "PUT"
    status = "204" if version.body is None else "201" if created else "200"
    rest = {
        "request": {"method": method, "url": name},
        "response": {
            "status": status,
            "etag": etag(version.version),
            "lastModified": instant_text(version.updated),
        },
    }
    return b'{"fullUrl":%b,%b%b' % (dumps(f"{base}/{name}"), resource, dumps(rest)[1:])


def _with_cursor(request: Request, url: str, cursor: str | None) -> str:
    kept = [(name, value) for name, value in request.parameters if name != "_cursor"]
    if cursor is not None:
        kept.append(("_cursor", cursor))
    return f"{request.base}/{url}?{urlencode(kept)}" if kept else f"{request.base}/{url}"


def _count(request: Request) -> int:
    text = request.parameter("_count")
    if text is None:
        return COUNT
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) == 0:
        raise FhirError("invalid", "_count is a number of entries", "_count")
    return min(int(text), MAX_COUNT)


def _at(hub: Hub, text: str | None) -> tuple[datetime, datetime]:
    """The time that a date, dateTime or instant covers."""
    if text is None:
        return EARLIEST, LATEST
    if text[:1].isalpha():
        raise FhirError("invalid", "_at has no prefix", "_at")
    range_ = date_comparison("_at", text, hub.search.zone, hub.clock())
    return _instant(range_.low), _instant(range_.high)


def _instant(microseconds: float) -> datetime:
    try:
        instant = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return EARLIEST if microseconds < 0 else LATEST
    return min(max(instant, EARLIEST), LATEST)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
