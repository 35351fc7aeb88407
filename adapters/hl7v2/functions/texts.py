"""ST, TX, FT, ID, IS, SI, NM as FHIR primitives."""

import re
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.coded import coding, squeezed
from adapters.hl7v2.functions.urls import ALTERNATE_CODES
from adapters.hl7v2.reading import Value
from adapters.mapping.functions import Primitive
from adapters.mapping.rows import Vocabulary

_TRUE = frozenset(("Y", "1", "T", "TRUE", "是"))
_FALSE = frozenset(("N", "0", "F", "FALSE", "否"))
_INTEGER = re.compile(r"\+?0*(\d{1,9})(?:\.0*)?", re.ASCII)
_URI = re.compile(r"\S+")


def text(value: Value, context: Context) -> str | None:
    """string: the whole repetition, with whatever separators were left unescaped in it."""
    return value.whole() or None


def lines(values: list[Value], context: Context) -> str | None:
    """string: the repetitions as lines."""
    return "\n".join(filter(None, (value.whole() for value in values))) or None


def code(value: Value, context: Context, *, vocabulary: Vocabulary, field: str) -> str | Primitive | None:
    """code of a required binding. What the vocabulary cannot say, or only coarsely, stays as alternate
    code."""
    sent = value.text(1)
    meaning = vocabulary.get(sent)
    if meaning is not None and not meaning.coarse:
        return meaning.code
    original = coding(context, sent, value.text(2), value.text(3), "", field, vocabulary)
    if original is None:
        return None
    concept = {"url": ALTERNATE_CODES, "valueCodeableConcept": {"coding": [original]}}
    return Primitive(meaning.code if meaning else None, (concept,))


def verbatim_code(value: Value, context: Context) -> str | None:
    """code, as sent."""
    return squeezed(value.text(1)) or None


def boolean(value: Value, context: Context) -> bool | None:
    """boolean of Table 0136."""
    word = value.text(1).upper()
    return True if word in _TRUE else False if word in _FALSE else None


def only_true(value: Value, context: Context) -> bool | None:
    """boolean, where "no" says nothing that FHIR's element would mean."""
    return True if value.text(1).upper() in _TRUE else None


def positive_integer(value: Value, context: Context) -> int | None:
    """positiveInt."""
    found = _INTEGER.fullmatch(value.text(1))
    return int(found[1]) or None if found else None


def integer(value: Value, context: Context) -> int | None:
    """unsignedInt, or integer that is not negative."""
    found = _INTEGER.fullmatch(value.text(1))
    return int(found[1]) if found else None


def uri(value: Value, context: Context) -> str | None:
    """uri."""
    sent = value.whole()
    return sent if _URI.fullmatch(sent) else None


def annotation(values: list[Value], context: Context) -> dict[str, Any] | None:
    """Annotation from the lines of a comment."""
    comment = lines(values, context)
    return {"text": comment} if comment else None


def text_address(value: Value, context: Context) -> dict[str, Any] | None:
    """Address that is known as text only."""
    sent = value.whole()
    return {"text": sent} if sent else None


def number_text(value: Value, context: Context) -> str | None:
    """string of the first component."""
    return value.text(1) or None
