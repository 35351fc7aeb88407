"""Heads of messages: what a request's says, and how a response's is written.

https://www.rfc-editor.org/rfc/rfc9112#section-3 · https://www.rfc-editor.org/rfc/rfc9110#section-5
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from httptools import HttpParserInvalidURLError, parse_url

from exchange.fhirjson import dumps
from exchange.interactions.request import CONTENT_TYPE
from exchange.outcome import Headers, operation_outcome
from terminology.issue import Issue

RawHeaders = Sequence[tuple[bytes, bytes]]


class Refused(Exception):
    """A request that is answered before it is looked at, and is the last of its connection."""

    def __init__(self, status: int, diagnostics: str) -> None:
        super().__init__(status)
        self.status, self.diagnostics = status, diagnostics


@dataclass(frozen=True, slots=True)
class Target:
    """`path` is decoded; `raw` and `query` are as sent."""

    path: str
    raw: str
    query: str


def target_of(url: bytes) -> Target:
    """The origin form, and the absolute form that a client sends to a proxy; raises Refused."""
    text = url.decode("latin-1")  # the parser lets ASCII through
    if text[:1] != "/" and text != "*":
        text = _origin_form(url)
    raw, _, query = text.partition("#")[0].partition("?")
    return Target(unquote(raw) if "%" in raw else raw, raw, query)


def require_sound(version: str, headers: RawHeaders) -> bool:
    """Whether a body follows; raises Refused for what could be understood in two ways, of which the parser
    has refused most."""
    if version not in ("1.1", "1.0"):
        raise Refused(505, "This is not HTTP/1.1")
    hosts, has_body = 0, False
    for name, value in headers:
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            has_body = True
        elif name == b"transfer-encoding":
            has_body = True
            if version == "1.0" or value.lower() != b"chunked":
                raise Refused(501, "The only Transfer-Encoding is chunked, in HTTP/1.1")
    if hosts > 1 or (version == "1.1" and hosts == 0):
        raise Refused(400, "A request has one Host header")
    return has_body


def joined(raw: RawHeaders) -> dict[str, str]:
    """By lower-case name; of a header that comes twice, the values joined as RFC 9110 says."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def response_head(status: int, headers: Iterable[tuple[str, str]], date: str) -> bytes:
    """Everything before the body; names come out in lower case. Raises ValueError rather than write a value
    that would be read as something else than a value."""
    lines = [STATUS_LINES[status], date]
    for name, value in headers:
        if _FORBIDDEN(value):
            raise ValueError("a header's value with control characters")
        lines.append(f"{name.lower()}: {value}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


def refusal(status: int, diagnostics: str, date: str) -> bytes:
    """A whole response, as an OperationOutcome."""
    body = dumps(operation_outcome([Issue("error", "structure", diagnostics)]))
    headers: Headers = (CONTENT_TYPE, ("Content-Length", str(len(body))), ("Connection", "close"))
    return response_head(status, headers, date) + body


def date_line(instant: float) -> str:
    """The Date header; `instant` in seconds since 1970."""
    return f"date: {formatdate(instant, usegmt=True)}\r\n"


def _origin_form(url: bytes) -> str:
    try:
        parsed = parse_url(url)
    except HttpParserInvalidURLError:
        raise Refused(400, "This is no target of a request") from None
    query = f"?{parsed.query.decode('latin-1')}" if parsed.query else ""
    return (parsed.path or b"/").decode("latin-1") + query


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


STATUS_LINES: Final = {status: f"HTTP/1.1 {status} {_phrase(status)}\r\n" for status in range(100, 600)}
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f]").search
