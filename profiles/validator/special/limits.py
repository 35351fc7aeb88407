"""The limits that a question sets to its answers, by the core's extensions.

https://hl7.org/fhir/R4/questionnaire-profiles.html
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from profiles.fhirpath.quantity import compare as compare_quantities
from profiles.fhirpath.quantity import from_fhir
from profiles.validator.context import Context
from profiles.validator.special.extension import extended
from terminology.issue import Issue

if TYPE_CHECKING:
    from profiles.validator.special.answers import Answer

_CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
_SDC: Final = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
_MINIMA: Final = (f"{_CORE}minValue", f"{_SDC}minQuantity")
_MAXIMA: Final = (f"{_CORE}maxValue", f"{_SDC}maxQuantity")
_START: Final = "0001-01-01T00:00:00"


def limits(question: Mapping[str, Any], given: "Answer", context: Context) -> Iterator[Issue]:
    yield from _range(question, given, context)
    yield from _length(question, given, context)
    yield from _attachment(question, given, context)
    yield from _places(question, given, context)


def _range(question: Mapping[str, Any], given: "Answer", context: Context) -> Iterator[Issue]:
    for urls, wrong, word, name in ((_MINIMA, -1, "less", "minimum"), (_MAXIMA, 1, "greater", "maximum")):
        for extension in (one for url in urls for one in extended(question, url)):
            bound = next((value for key, value in extension.items() if key.startswith("value")), None)
            if bound is None or isinstance(bound, Mapping) != isinstance(given.value, Mapping):
                continue
            order = _order(given.value, bound)
            if order is None:
                text = f"The value cannot be compared to the allowed {name}"
                yield context.issue("error", "invariant", text, f"answer-{name}", given.below)
            elif order == wrong:
                text = f"The value {given.value} is {word} than the allowed {name} of {bound}"
                yield context.issue("error", "invariant", text, f"answer-{name}", given.below)


def _order(value: Any, bound: Any) -> int | None:
    """-1, 0 or 1; None if they cannot be compared. A date stands for its beginning."""
    if isinstance(value, Mapping):
        if not (value.get("code") and bound.get("code")):
            return None
        left, right = from_fhir(value), from_fhir(bound)
        return compare_quantities(left, right) if left and right else None
    if isinstance(value, str) and isinstance(bound, str):
        value, bound = value + _START[len(value) :], bound + _START[len(bound) :]
    if isinstance(value, str) != isinstance(bound, str):
        return None
    return int(value > bound) - int(value < bound)


def _length(question: Mapping[str, Any], given: "Answer", context: Context) -> Iterator[Issue]:
    if not isinstance(given.value, str):
        return
    most = question.get("maxLength")
    if most is not None and len(given.value) > most:
        text = f"The answer has {len(given.value)} characters, and {most} are allowed"
        yield context.issue("error", "invariant", text, "answer-max-length", given.below)
    for extension in extended(question, f"{_CORE}minLength"):
        least = extension.get("valueInteger", 0)
        if len(given.value) < least:
            text = f"The answer has {len(given.value)} characters, and {least} are needed"
            yield context.issue("error", "invariant", text, "answer-min-length", given.below)


def _attachment(question: Mapping[str, Any], given: "Answer", context: Context) -> Iterator[Issue]:
    if given.type != "Attachment":
        return
    size = data_size(given.value.get("data", ""))
    for extension in extended(question, f"{_CORE}maxSize"):
        most = extension.get("valueDecimal")
        if size is not None and most is not None and size > most:
            text = f"The attachment is too large (allowed = {most}, found = {size})"
            yield context.issue("error", "required", text, "answer-max-size", given.at)
    allowed = {one.get("valueCode") for one in extended(question, f"{_CORE}mimeType")}
    if allowed and given.value.get("contentType") not in allowed:
        text = f"The content type must be one of {', '.join(sorted(map(str, allowed)))}"
        yield context.issue("error", "invariant", text, "answer-mime-type", given.below)


def data_size(data: str) -> int | None:
    """How many bytes the base64 text holds; None where there is none, or where it is wrong."""
    try:
        return len(base64.b64decode("".join(data.split()), validate=True)) if data else None
    except binascii.Error:
        return None


def _places(question: Mapping[str, Any], given: "Answer", context: Context) -> Iterator[Issue]:
    if given.type != "decimal" or not isinstance(given.value, Decimal):
        return
    exponent = given.value.as_tuple().exponent
    for extension in extended(question, f"{_CORE}maxDecimalPlaces"):
        most = extension.get("valueInteger", 0)
        if isinstance(exponent, int) and -exponent > most:
            text = f"The answer has {-exponent} decimal places, and {most} are allowed"
            yield context.issue("error", "invariant", text, "answer-decimal-places", given.below)
