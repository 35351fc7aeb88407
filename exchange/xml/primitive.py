"""Primitive values as the text of a `value` attribute, and back.

https://hl7.org/fhir/R4/datatypes.html#primitive
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from exchange.fhirjson import Spelled, UnreadableJson, loads

Read = Callable[[str], Any]
Write = Callable[[Any], str]

_integer = re.compile("-?(?:0|[1-9][0-9]*)", re.ASCII).fullmatch
_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII).fullmatch
_marked_up = re.compile('[&<>"\t\n\r]')
# What no XML 1.0 document can hold, not even as a character reference.
_impossible = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search
_REFERENCES: Final = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}


def read(code: str) -> Read:
    """How the text of this type is read; the reader raises ValueError, whose text says what is wrong."""
    return _READ.get(code, _read_text)


def write(code: str) -> Write:
    """How a value of this type is written, escaped; the writer raises ValueError for any other value."""
    return _WRITE.get(code, attribute)


def attribute(value: Any) -> str:
    """Text as an attribute holds it, white space as references so that no parser makes it spaces."""
    require_possible(value)
    return _marked_up.sub(_reference, value) if _marked_up.search(value) else value


def require_possible(text: Any) -> None:
    """Raises ValueError if this is no text, or has a character that XML has not."""
    if type(text) is not str:
        raise ValueError(f"Text is expected here, not {type(text).__name__}")
    if not text.isprintable() and (found := _impossible(text)):
        raise ValueError(f"XML cannot hold the character U+{ord(found[0]):04X}")


def _reference(found: re.Match[str]) -> str:
    return _REFERENCES[found[0]]


def _read_text(text: str) -> str:
    return text


def _read_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("Expected true or false")
    return text == "true"


def _read_integer(text: str) -> Any:
    if not _integer(text):
        raise ValueError("Expected a whole number")
    return _as_json(text)


def _read_decimal(text: str) -> Any:
    if not _number(text):
        raise ValueError("Expected a number")
    return _as_json(text)


def _as_json(text: str) -> Any:
    """A number as `fhirjson` reads it: one that others can read from JSON afterwards."""
    if len(text) < _PLAIN and text != "-0" and "e" not in text.lower():
        number = Decimal(text) if "." in text else int(text)
        if str(number) == text:
            return number
    try:
        return loads(b'{"number":%s}' % text.encode())["number"]
    except UnreadableJson:
        raise ValueError("The number is out of range") from None


_PLAIN: Final = 20  # so short a number without an exponent is never out of range


def _write_boolean(value: Any) -> str:
    if type(value) is not bool:
        raise ValueError(f"True or false is expected here, not {type(value).__name__}")
    return "true" if value else "false"


def _write_number(value: Any) -> str:
    if type(value) is int or (type(value) is Decimal and value.is_finite()):
        return str(value)
    if type(value) is Spelled:
        return value.text
    raise ValueError(f"A number is expected here, not {type(value).__name__}")


_INTEGERS: Final = ("integer", "positiveInt", "unsignedInt")
_READ: Final[Mapping[str, Read]] = {
    "boolean": _read_boolean,
    "decimal": _read_decimal,
    **dict.fromkeys(_INTEGERS, _read_integer),
}
_WRITE: Final[Mapping[str, Write]] = {
    "boolean": _write_boolean,
    "decimal": _write_number,
    **dict.fromkeys(_INTEGERS, _write_number),
}
