"""The Bundles of batches and transactions as they come: requests, with resources that are still text. Pure.

https://hl7.org/fhir/R4/http.html#transaction
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from exchange.fhirjson import UnreadableJson, read
from exchange.outcome import FhirError, rejection
from terminology.issue import Issue

Resource = dict[str, Any]
Identity = tuple[str, str]

# Requests in one batch or transaction; more is the work of $import.
MAX_ENTRIES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Criteria:
    """A conditional URL: the search of `query` over `type`."""

    type: str
    query: str

    def __str__(self) -> str:
        return f"{self.type}?{self.query}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry's request. `path` has no leading slash and no query; `body` is the text of the resource, if
    there is one; `headers` are named as in HTTP."""

    index: int
    method: str
    path: str
    query: str
    full_url: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def expression(self) -> str:
        return f"Bundle.entry[{self.index}]"

    @property
    def segments(self) -> list[str]:
        return self.path.split("/")

    def read(self) -> tuple[Resource, bytes]:
        """The resource, and its text as `dumps` gives it; raises FhirError for what is none."""
        if not self.body:
            raise FhirError("invalid", f"{self.method} takes a resource", self.expression)
        try:
            return read(self.body)
        except UnreadableJson as error:
            issue = Issue("error", error.issue.code, error.issue.diagnostics, f"{self.expression}.resource")
            raise FhirError.of("unreadable", [issue]) from None


@dataclass(frozen=True, slots=True)
class Sent:
    """A Bundle without the resources in its entries, for the structure check, and their texts: empty where an
    entry has none."""

    envelope: Resource
    bodies: Sequence[bytes]


def opened(raw: bytes) -> Sent:
    """The Bundle in a body; the resources in it are not looked at. Raises UnreadableJson."""
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        if sent := _opened(raw) or _opened(msgspec.json.format(raw, indent=-1)):
            return sent
    value, text = read(raw)
    return _opened(text) or Sent(value, ())


def entries(sent: Sent, base: str) -> list[Entry]:
    """The requests of a batch or transaction whose structure has been checked."""
    if len(sent.bodies) > MAX_ENTRIES:
        issue = Issue("error", "too-costly", f"A Bundle has at most {MAX_ENTRIES} requests", "Bundle.entry")
        raise FhirError.of("too-large", [issue])
    listed = zip(sent.envelope.get("entry", ()), sent.bodies, strict=True)
    return [_entry(index, entry, body, base) for index, (entry, body) in enumerate(listed)]


def conditional(reference: str) -> Criteria | None:
    """The criteria of a conditional reference, `Practitioner?identifier=…`."""
    found = _CONDITIONAL.fullmatch(reference)
    return Criteria(found[1], found[2]) if found else None


def may_be_conditional(text: bytes) -> bool:
    """Whether a resource of this compact text can have a conditional reference in it."""
    return b"?" in text and _CONDITIONAL_TEXT.search(text) is not None


def root_of(full_url: str) -> str:
    """What a relative reference is relative to; empty if the full URL is no RESTful one."""
    found = _RESTFUL.fullmatch(full_url)
    return found[1] if found else ""


def in_entry(entry: Entry, expression: str) -> str:
    """`Patient.name[0]` as seen from the Bundle."""
    _, dot, rest = expression.partition(".")
    return f"{entry.expression}.resource{dot}{rest}"


def refuse_overlap(changed: Iterable[tuple[Entry, Identity]]) -> None:
    """Raises if two entries change the same resource."""
    first: dict[Identity, Entry] = {}
    issues = [
        Issue(
            "error",
            "duplicate",
            f"{identity[0]}/{identity[1]} is already changed by {first[identity].expression}",
            entry.expression,
        )
        for entry, identity in sorted(changed, key=lambda pair: pair[0].index)
        if first.setdefault(identity, entry) is not entry
    ]
    if issues:
        raise FhirError.of("invalid", issues)


def refuse(issues: Sequence[Issue]) -> None:
    """Raises if the findings forbid the transaction."""
    error = rejection(issues)
    if error:
        raise error


_TYPE: Final = r"[A-Z][A-Za-z]{1,40}"
_CONDITIONAL: Final = re.compile(rf"({_TYPE})\?(.+)", re.DOTALL)
_CONDITIONAL_TEXT: Final = re.compile(rb'"reference":"%b\?' % _TYPE.encode())
_RESTFUL: Final = re.compile(
    rf"(https?://.+/){_TYPE}/[A-Za-z0-9\-.]{{1,64}}(?:/_history/[A-Za-z0-9\-.]{{1,64}})?"
)
_HEADERS: Final = {
    "ifNoneMatch": "if-none-match",
    "ifModifiedSince": "if-modified-since",
    "ifMatch": "if-match",
    "ifNoneExist": "if-none-exist",
}

# Members and items as they stand in the text.
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ENCODER: Final = msgspec.json.Encoder()
# An object must have a member.
_NAMELESS: Final = b'{"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000000"}'


def _opened(raw: bytes) -> Sent | None:
    """None if it is no Bundle, or not compact: then a member that came twice would not be seen."""
    try:
        members = _MEMBERS.decode(raw)
        listed = _ITEMS.decode(members.get("entry", b"[]"))
        apart = [_MEMBERS.decode(entry) for entry in listed]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if _ENCODER.encode(members) != raw:
        return None
    if any(_ENCODER.encode(entry) != bytes(text) for entry, text in zip(apart, listed, strict=True)):
        return None
    bodies = [bytes(entry.pop("resource", b"")) for entry in apart]
    if "entry" in members:
        bare = [_ENCODER.encode(entry) if entry else _NAMELESS for entry in apart]
        members["entry"] = msgspec.Raw(b"[%b]" % b",".join(bare))
    return Sent(read(_ENCODER.encode(members))[0], bodies)


def _entry(index: int, entry: Resource, body: bytes, base: str) -> Entry:
    expression = f"Bundle.entry[{index}]"
    request = entry.get("request")
    if request is None:
        raise FhirError("invalid", "The entry has no request", expression)
    if "method" not in request or "url" not in request:
        raise FhirError("invalid", "A request has a method and a URL", f"{expression}.request")
    method = request["method"]
    path, _, query = request["url"].removeprefix(base).lstrip("/").partition("?")
    headers = {header: request[name] for name, header in _HEADERS.items() if name in request}
    path = unquote(path) if "%" in path else path
    return Entry(index, method, path, query, entry.get("fullUrl", ""), body, headers)
