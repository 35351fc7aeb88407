"""The lexical rules of the primitive types, each a linear check of one JSON value.

https://hl7.org/fhir/R4/datatypes.html#primitive. The published regular expressions are read as the text
beside them says; those of base64Binary and markdown are exponential in backtracking engines and are not used.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

Valid = Callable[[Any], bool]

MAX_CHARACTERS: Final = 1024 * 1024
_CONTROL = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\ud800-\udfff"
_ZONE = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\\.[0-9]+)?"
_YEAR = "(?!0000)[0-9]{4}"
_MONTH = "(?:0[1-9]|1[0-2])"
_DAY = "(?:0[1-9]|[12][0-9]|3[01])"

_text = re.compile(f"[ \t\r\n]*[^ \t\r\n{_CONTROL}][^{_CONTROL}]*").fullmatch
_code = re.compile(f"[^\\s{_CONTROL}]++(?: [^\\s{_CONTROL}]++)*+").fullmatch
_uri = re.compile(f"[^\\s{_CONTROL}]+").fullmatch
_id = re.compile("[A-Za-z0-9.-]{1,64}").fullmatch
_oid = re.compile("urn:oid:[0-2](?:\\.(?:0|[1-9][0-9]*))+").fullmatch
_uuid = re.compile("urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_base64 = re.compile("[A-Za-z0-9+/]+={0,2}").fullmatch
_date = re.compile(f"{_YEAR}(?:-{_MONTH}(?:-{_DAY})?)?").fullmatch
_date_time = re.compile(f"{_YEAR}(?:-{_MONTH}(?:-{_DAY}(?:T{_TIME}{_ZONE})?)?)?").fullmatch
_instant = re.compile(f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}").fullmatch
_time = re.compile(_TIME).fullmatch


def boolean(value: Any) -> bool:
    return type(value) is bool


def integer(value: Any) -> bool:
    return type(value) is int and -0x80000000 <= value <= 0x7FFFFFFF


def unsigned_int(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 0x7FFFFFFF


def positive_int(value: Any) -> bool:
    return type(value) is int and 0 < value <= 0x7FFFFFFF


def decimal(value: Any) -> bool:
    """A float never: it would have lost its digits already."""
    return type(value) is int or (isinstance(value, Decimal) and value.is_finite())


def string(value: Any) -> bool:
    """Most text is printable and begins with no space, which is quick to see."""
    if type(value) is not str or len(value) > MAX_CHARACTERS:
        return False
    return (value.isprintable() and value[:1] > " ") or _text(value) is not None


def code(value: Any) -> bool:
    if type(value) is not str:
        return False
    if " " not in value and value.isprintable():
        return value != ""
    return _code(value) is not None


def uri(value: Any) -> bool:
    if type(value) is not str:
        return False
    if " " not in value and value.isprintable():
        return value != ""
    return _uri(value) is not None


def identifier(value: Any) -> bool:
    """The type `id`."""
    return type(value) is str and _id(value) is not None


def oid(value: Any) -> bool:
    return type(value) is str and _oid(value) is not None


def uuid(value: Any) -> bool:
    return type(value) is str and _uuid(value) is not None


def base64_binary(value: Any) -> bool:
    """White space may stand anywhere, as in a MIME body."""
    if type(value) is not str:
        return False
    packed = "".join(value.split())
    return len(packed) % 4 == 0 and _base64(packed) is not None


def date(value: Any) -> bool:
    return type(value) is str and _date(value) is not None and _in_calendar(value)


def date_time(value: Any) -> bool:
    return type(value) is str and _date_time(value) is not None and _in_calendar(value)


def instant(value: Any) -> bool:
    return type(value) is str and _instant(value) is not None and _in_calendar(value)


def time(value: Any) -> bool:
    return type(value) is str and _time(value) is not None


def xhtml(value: Any) -> bool:
    return type(value) is str and value.lstrip().startswith("<div") and _text(value) is not None


def _in_calendar(value: str) -> bool:
    """Whether the month has that day; the patterns have seen to the rest."""
    if value[8:10] < "29":
        return True
    try:
        return bool(datetime.date.fromisoformat(value[:10]))
    except ValueError:
        return False


VALID: Final[Mapping[str, Valid]] = {
    "base64Binary": base64_binary,
    "boolean": boolean,
    "canonical": uri,
    "code": code,
    "date": date,
    "dateTime": date_time,
    "decimal": decimal,
    "id": identifier,
    "instant": instant,
    "integer": integer,
    "markdown": string,
    "oid": oid,
    "positiveInt": positive_int,
    "string": string,
    "time": time,
    "unsignedInt": unsigned_int,
    "uri": uri,
    "url": uri,
    "uuid": uuid,
    "xhtml": xhtml,
}

EXPECTED: Final[Mapping[str, str]] = {
    "base64Binary": "base64 text",
    "boolean": "true or false",
    "canonical": "a URI without white space",
    "code": "a code without leading, trailing or repeated spaces",
    "date": "a date (YYYY, YYYY-MM or YYYY-MM-DD) of the calendar",
    "dateTime": "a date (YYYY, YYYY-MM or YYYY-MM-DD) or YYYY-MM-DDThh:mm:ss and time zone, of the calendar",
    "decimal": "a number",
    "id": "1 to 64 letters, digits, '-' and '.'",
    "instant": "YYYY-MM-DDThh:mm:ss and time zone, of the calendar",
    "integer": "a whole number of 32 bits",
    "markdown": "text that is not blank and has no control characters",
    "oid": "an OID as urn:oid:1.2.3",
    "positiveInt": "a whole number from 1 to 2147483647",
    "string": "text that is not blank and has no control characters",
    "time": "hh:mm:ss",
    "unsignedInt": "a whole number from 0 to 2147483647",
    "uri": "a URI without white space",
    "url": "a URI without white space",
    "uuid": "a lower-case UUID as urn:uuid:…",
    "xhtml": "XHTML that begins with <div",
}
