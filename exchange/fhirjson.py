"""FHIR JSON to plain values and back, with every number's text kept.

https://hl7.org/fhir/R4/json.html
"""

import json
import re
from decimal import Decimal
from itertools import islice
from typing import Any, Final, NoReturn

import msgspec

from terminology.issue import Issue

Resource = dict[str, Any]

MAX_DEPTH: Final = 64
# Values that one resource may have. Each costs a microsecond at every step, so that more would be a burden
# for everybody; a code system of a hundred thousand concepts has fewer.
MAX_VALUES: Final = 1_000_000
_MAX_NUMBER_LENGTH: Final = 100
_MAX_EXPONENT: Final = 300
_TOO_DEEP: Final = f"The JSON is nested more than {MAX_DEPTH} levels deep"
_TOO_MANY: Final = f"The JSON has more than {MAX_VALUES} values"

# Text that may have too many values.
_LARGE: Final = MAX_VALUES

# Of every tenth character a run of digits that is too long has ten at least: most text needs no whole scan.
_SAMPLE: Final = _MAX_NUMBER_LENGTH // 10
_LONG_NUMBER_SAMPLED: Final = re.compile(rb"[0-9]{10}")
_LONG_NUMBER: Final = re.compile(rb"[0-9]{%d}" % (_MAX_NUMBER_LENGTH + 1))


class UnreadableJson(ValueError):
    """The bytes are not FHIR JSON."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.diagnostics)
        self.issue = issue


class Spelled(Decimal):
    """A decimal whose JSON text is not the one that `str` would give (`1e2`, `0.0000001`, `-0`)."""

    __slots__ = ("text",)
    text: str


def loads(raw: bytes) -> Resource:
    """The object that `raw` holds, floats as Decimal.

    Raises UnreadableJson: not JSON, not an object, duplicate member, U+0000, lone surrogate, nested too deep,
    too many values, number out of range.
    """
    return read(raw)[0]


def read(raw: bytes) -> tuple[Resource, bytes]:
    """The same, and the text that `dumps` gives for it."""
    try:
        if len(raw) > _LARGE:
            _require_bounded(raw)
        value = _DECODER.decode(raw)
        text = _ENCODER.encode(value)
        if text != raw and (minified := msgspec.json.format(raw, indent=-1)) != text:
            return _read_respelled(raw, minified, value)
    except RecursionError:
        _refuse("structure", _TOO_DEEP)
    except (msgspec.MsgspecError, UnicodeDecodeError, OverflowError) as error:
        if isinstance(error.__cause__, UnreadableJson):
            raise error.__cause__ from None
        _refuse("structure", _reason(raw, error))
    # What came is what the value says, so no member was dropped. Only what a value can hold is left to check.
    if type(value) is not dict:
        _refuse("structure", "A resource is a JSON object")
    if text.count(b"{") + text.count(b"[") > MAX_DEPTH:
        _members(value)
    if _has_long_number(text):
        return _exactly(raw)
    if b"\\" in text and b"\\u0000" in text:
        return _exactly(raw)
    return value, text


def dumps(value: Any) -> bytes:
    """Compact JSON; members in their order, decimals with the text they came with."""
    raw = _ENCODER.encode(value)
    if b"NaN" in raw or b"Infinity" in raw:
        msgspec.json.decode(raw)  # a Decimal that is no number would make text that is not JSON
    return raw


def split(resource: Resource, rest: bytes | None = None) -> tuple[bytes, bytes]:
    """What stands before and after `"versionId":"1","lastUpdated":"…"` in the stored body.

    `rest` is what `rest_of` gave, where the text is at hand.
    """
    head = _ENCODER.encode({"resourceType": resource["resourceType"], "id": resource["id"]})
    meta = {k: v for k, v in resource.get("meta", _NOTHING).items() if k not in _SERVER_META}
    if rest is None:
        rest = _following({k: v for k, v in resource.items() if k not in _LEADING})
    return head[:-1] + b',"meta":{', (b"," + dumps(meta)[1:] if meta else b"}") + rest


def rest_of(resource: Resource, text: bytes) -> bytes:
    """The text of the members beside resourceType, id and meta, as it follows them: `,"status":"final"}`."""
    leading = {k: resource[k] for k in islice(resource, 1 + ("id" in resource) + ("meta" in resource))}
    if _LEADING.issuperset(leading):
        return text[len(_ENCODER.encode(leading)) - 1 :]
    return _following({k: v for k, v in resource.items() if k not in _LEADING})


def identity(body: bytes) -> tuple[bytes, bytes]:
    """Type and id of a stored body, which `split` began."""
    parts = body.split(b'"', 8)
    return parts[3], parts[7]


_NOTHING: Final[Resource] = {}
_LEADING: Final = frozenset(("resourceType", "id", "meta"))
_SERVER_META: Final = frozenset(("versionId", "lastUpdated", "_versionId", "_lastUpdated"))

# With one of these in it, the text may hold what the fast path cannot see: a key that ends in a backslash
# (so that counting `":` misleads), a NUL, or an integer zero with a sign.
_SUSPICIOUS: Final = (b'\\":', b"\\u0000", b":-0", b",-0", b"[-0")


def _number(text: str) -> Decimal:
    if len(text) > _MAX_NUMBER_LENGTH:
        _refuse("value", f"A number has more than {_MAX_NUMBER_LENGTH} characters")
    number = Decimal(text)
    if abs(number.adjusted()) > _MAX_EXPONENT:
        _refuse("value", f"The number {text} is out of range")
    if str(number) == text:
        return number
    spelled = Spelled(number)
    spelled.text = text
    return spelled


def _spell(value: Any) -> msgspec.Raw:
    if type(value) is Spelled:
        return msgspec.Raw(value.text.encode())
    raise TypeError(f"{type(value).__name__} has no place in a resource")


_DECODER: Final = msgspec.json.Decoder(float_hook=_number)
_SKIPPER: Final = msgspec.json.Decoder(msgspec.Raw)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=_spell)


def _require_bounded(raw: bytes) -> None:
    """Refuses at once what it would take long to make into values. Each value but the first of its
    object or list has a comma before it."""
    _SKIPPER.decode(raw)
    if sum(map(raw.count, (b",", b"[", b"{"))) > MAX_VALUES:
        _refuse("too-costly", _TOO_MANY)


def _has_long_number(text: bytes) -> bool:
    return bool(_LONG_NUMBER_SAMPLED.search(text[::_SAMPLE]) and _LONG_NUMBER.search(text))


def _members(value: Resource) -> int:
    """How many members all objects have together; refuses what is nested too deep."""
    level: list[Any] = [value]
    members = depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            _refuse("structure", _TOO_DEEP)
        members += sum([len(container) for container in level if type(container) is dict])
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) is dict or type(child) is list
        ]
    return members


def _following(members: Resource) -> bytes:
    return b"," + dumps(members)[1:] if members else b"}"


def _read_respelled(raw: bytes, minified: bytes, value: Any) -> tuple[Resource, bytes]:
    """Text that spells its strings or numbers in another way than we do."""
    if type(value) is not dict:
        _refuse("structure", "A resource is a JSON object")
    if _members(value) != minified.count(b'":') or any(trace in minified for trace in _SUSPICIOUS):
        return _exactly(raw)
    if _has_long_number(minified):
        return _exactly(raw)
    return value, _ENCODER.encode(value)


def _exactly(raw: bytes) -> tuple[Resource, bytes]:
    """The slow way, only for text whose depth and syntax are known to be sound."""
    value: Resource = json.loads(
        raw, parse_float=_number, parse_int=_integer, object_pairs_hook=_object, parse_constant=_no_constant
    )
    return value, dumps(value)


def _integer(text: str) -> int | Decimal:
    return _number(text) if text == "-0" or len(text) > _MAX_NUMBER_LENGTH else int(text)


def _no_constant(text: str) -> NoReturn:
    _refuse("structure", f"{text} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> Resource:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _refuse("structure", f"The member {twice[:64]!r} stands twice in one object")
    for name, value in pairs:
        if "\0" in name or _holds_nul(value):
            _refuse("value", f"U+0000 is not allowed in a string (member {name[:64]!r})")
    return members


def _holds_nul(value: Any) -> bool:
    if type(value) is list:
        return any(_holds_nul(item) for item in value)
    return type(value) is str and "\0" in value


def _reason(raw: bytes, error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "The text is not UTF-8" + _place(raw, error)
    text = str(error)
    if "truncated" in text and _LONE_SURROGATE in raw.lower():
        return "The JSON ends too early, or a string holds half a surrogate pair"
    return text if text.startswith("JSON") else f"JSON is malformed: {text[0].lower()}{text[1:]}"


_LONE_SURROGATE: Final = b"\\ud"


def _place(raw: bytes, error: UnicodeDecodeError) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError as whole:
        return f" (byte {whole.start})"
    return f" ({error.reason})"


def _refuse(code: str, diagnostics: str) -> NoReturn:
    raise UnreadableJson(Issue("error", code, diagnostics))
