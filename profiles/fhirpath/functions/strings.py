"""Functions of texts. http://hl7.org/fhirpath/N1/#string-manipulation"""

import base64
import binascii
import html
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from profiles.fhirpath import pattern
from profiles.fhirpath.code import Code, of_value
from profiles.fhirpath.error import failure
from profiles.fhirpath.frame import MAX_TEXT, Frame, limited
from profiles.fhirpath.functions.single import TEXT, WHOLE, Single
from profiles.fhirpath.invocation import Function, Invocation
from profiles.fhirpath.node import systems
from profiles.fhirpath.types import BOOLEAN, INTEGER, STRING

_WHITE: Final = " \t\r\n"
_QUOTE: Final = re.compile(r'\\.|"', re.DOTALL)


def substring(text: str, start: int, length: int | None = None) -> str | None:
    if not 0 <= start < len(text):
        return None
    return text[start:] if length is None else text[start : start + max(length, 0)]


def replace(text: str, pattern: str, substitution: str) -> str:
    """An empty pattern stands before each character and behind the last."""
    found = text.count(pattern)
    if len(text) + found * (len(substitution) - len(pattern)) > MAX_TEXT:
        return limited("x" * (MAX_TEXT + 1))
    return text.replace(pattern, substitution)


def encode(text: str, form: str) -> str:
    raw = text.encode()
    match form:
        case "hex":
            return limited(raw.hex())
        case "base64":
            return limited(base64.b64encode(raw).decode())
        case "urlbase64":
            return limited(base64.urlsafe_b64encode(raw).decode())
    raise failure(f"{form!r} is no encoding")


def decode(text: str, form: str) -> str:
    if form not in ("hex", "base64", "urlbase64"):
        raise failure(f"{form!r} is no encoding")
    try:
        if form == "hex":
            return bytes.fromhex(text).decode()
        return base64.b64decode(text, b"-_" if form == "urlbase64" else None, validate=True).decode()
    except (binascii.Error, ValueError):
        raise failure(f"The text is not {form}") from None


def escape(text: str, target: str) -> str:
    match target:
        case "html":
            return limited(html.escape(text))
        case "json":
            return limited(json.dumps(text, ensure_ascii=False)[1:-1])
    raise failure(f"{target!r} is nothing to escape for")


def unescape(text: str, target: str) -> str:
    match target:
        case "html":
            return html.unescape(text)
        case "json":
            try:
                return str(json.loads(f'"{_QUOTE.sub(_escaped, text)}"', strict=False))
            except ValueError:
                raise failure("The text has an escape that JSON does not know") from None
    raise failure(f"{target!r} is nothing to escape for")


def _escaped(match: re.Match[str]) -> str:
    """A quote with the backslash that it lacks; an escape as it is."""
    return match.group() if match.group()[0] == "\\" else '\\"'


def split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)


def join(call: Invocation) -> Code:
    """Of many texts."""
    run, type_ = call.source.run, call.source.type
    separator = call.argument_value(0) if call.count else None

    def value(frame: Frame, this: Any) -> str | None:
        texts = systems(run(frame, this), type_)
        if not texts:
            return None
        if any(type(text) is not str for text in texts):
            raise failure("join() is for texts", call.position)
        between = separator(frame, this) if separator else ""
        if between is None:
            return None
        if type(between) is not str:
            raise failure("A separator is a text", call.position)
        if sum(map(len, texts)) + len(between) * len(texts) > MAX_TEXT:
            return limited("x" * (MAX_TEXT + 1))
        return between.join(texts)

    return of_value(value, STRING)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "indexOf": Single(str.find, TEXT, (TEXT,), type=INTEGER).function(),
    "lastIndexOf": Single(str.rfind, TEXT, (TEXT,), type=INTEGER).function(),
    "substring": Single(substring, TEXT, (WHOLE, WHOLE), optional=1, type=STRING).function(),
    "startsWith": Single(str.startswith, TEXT, (TEXT,), type=BOOLEAN).function(),
    "endsWith": Single(str.endswith, TEXT, (TEXT,), type=BOOLEAN).function(),
    "contains": Single(lambda text, part: part in text, TEXT, (TEXT,), type=BOOLEAN).function(),
    "upper": Single(str.upper, TEXT, type=STRING).function(),
    "lower": Single(str.lower, TEXT, type=STRING).function(),
    "replace": Single(replace, TEXT, (TEXT, TEXT), type=STRING).function(),
    "matches": Single(pattern.matches, TEXT, (TEXT,), type=BOOLEAN).function(),
    "matchesFull": Single(pattern.matches_full, TEXT, (TEXT,), type=BOOLEAN).function(),
    "replaceMatches": Single(pattern.replace_matches, TEXT, (TEXT, TEXT), type=STRING).function(),
    "length": Single(len, TEXT, type=INTEGER).function(),
    "toChars": Single(list, TEXT, type=STRING).many(),
    "split": Single(split, TEXT, (TEXT,), type=STRING).many(),
    "trim": Single(lambda text: text.strip(_WHITE), TEXT, type=STRING).function(),
    "encode": Single(encode, TEXT, (TEXT,), type=STRING).function(),
    "decode": Single(decode, TEXT, (TEXT,), type=STRING).function(),
    "escape": Single(escape, TEXT, (TEXT,), type=STRING).function(),
    "unescape": Single(unescape, TEXT, (TEXT,), type=STRING).function(),
    "join": Function(join, 0, 1),
}
