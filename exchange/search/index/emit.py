"""What the rarer elements put into the index: closures that compiled extraction calls.

https://hl7.org/fhir/R4/search.html#ptypes
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from exchange.search.definition.source import Source
from exchange.search.index.memo import Memo, Unwritten
from exchange.search.index.phrase import LONGEST, NARRATIVE, text_phrase
from exchange.search.index.remembered import StringRow
from exchange.search.value import dates, numbers
from exchange.search.value.pinyin import pinyin_forms
from exchange.search.value.references import logical_tokens, reference_tokens
from exchange.search.value.sound import sounds
from exchange.search.value.text import is_chinese, normalised
from exchange.search.value.token import token, typed
from terminology.naming import canonical_system

Units = Memo[tuple[str | None, str | None, str | None], tuple[int | None, ...]]
QuantityRow = tuple[int, int | None, float, float]

# So many texts beside what other parameters read are worth a token each; a resource that has more (a
# questionnaire, a value set) has one for all of them together.
_CONTENTS = 24
_MARKUP = re.compile(r"<[^>]*>|&[a-zA-Z#0-9]{1,8};")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a deployment sets: its own base, the zone of dates that name none, and whether `_text` and
    `_content` are indexed."""

    base: str
    zone: tzinfo
    full_text: bool = True


def typed_identifier(path: str) -> Callable[[dict[str, Any], list[int]], None]:
    """The tokens of `:of-type` for an Identifier that has a type and a value."""

    def emit(identifier: dict[str, Any], tokens: list[int]) -> None:
        for coding in identifier["type"].get("coding", ()):
            if "code" in coding:
                system = canonical_system(coding.get("system", ""))
                tokens.append(token(path, typed(system, coding["code"], identifier["value"])))

    return emit


def logical(path: str) -> Callable[[dict[str, Any], list[int]], None]:
    """The tokens of a Reference's own identifier."""

    def emit(identifier: dict[str, Any], tokens: list[int]) -> None:
        if "value" in identifier:
            system = canonical_system(identifier.get("system", ""))
            tokens += logical_tokens(path, system, identifier["value"])

    return emit


def first_entry(path: str, base: str) -> Callable[[dict[str, Any], list[int]], None]:
    """The first resource of a document or a message, as if it were referred to."""

    def emit(bundle: dict[str, Any], tokens: list[int]) -> None:
        if bundle.get("type") in ("document", "message") and bundle.get("entry"):
            first = bundle["entry"][0].get("resource", {})
            if "id" in first:
                tokens += reference_tokens(path, f"{first['resourceType']}/{first['id']}", base)

    return emit


def whole_name(number: int) -> Callable[[dict[str, Any], list[StringRow]], None]:
    """A Chinese name as it is written: family and given name without a space."""

    def emit(name: dict[str, Any], strings: list[StringRow]) -> None:
        parts = [name.get("family"), *name.get("given", ())]
        whole = "".join(part for part in parts if part)
        if whole not in (*parts, name.get("text")) and is_chinese(whole):
            strings.append((number, normalised(whole), whole))
            strings += [(-number, form, "") for form in pinyin_forms("text", whole)]

    return emit


def phonetic(number: int) -> Callable[[Any, list[StringRow]], None]:
    def emit(name: Any, strings: list[StringRow]) -> None:
        strings += [(number, sound, "") for sound in sounds(name)]

    return emit


def position(element: dict[str, Any], positions: list[tuple[float, float]]) -> None:
    if "latitude" in element and "longitude" in element:
        positions.append((float(element["latitude"]), float(element["longitude"])))


def quantity(source: Source, units: Units) -> Callable[[dict[str, Any], list[QuantityRow]], None]:
    """A Range, SampledData or Money, or a quantity that may have a comparator."""
    identity = source.number
    measure = _MEASURES.get(source.data_type, _quantity)

    def emit(value: dict[str, Any], quantities: list[QuantityRow]) -> None:
        bounds, unit = measure(value)
        if bounds is not None:
            number = identity if bounds[0] == bounds[1] else -identity
            quantities += [(number, each, *bounds) for each in units[unit]]

    return emit


Unit = tuple[str | None, str | None, str | None]
Measured = tuple[numbers.Bounds | None, Unit]
Measure = Callable[[dict[str, Any]], Measured]


def measured(data_type: str, value: dict[str, Any]) -> Measured:
    """The range and the unit of what a quantity parameter reads."""
    return _MEASURES.get(data_type, _quantity)(value)


def _unit(quantity: dict[str, Any]) -> Unit:
    return quantity.get("system"), quantity.get("code"), quantity.get("unit")


def _quantity(value: dict[str, Any]) -> Measured:
    return numbers.quantity_bounds(value), _unit(value)


def _range(value: dict[str, Any]) -> Measured:
    return numbers.range_bounds(value), _unit(value.get("low") or value.get("high") or {})


def _sampled(value: dict[str, Any]) -> Measured:
    return numbers.sampled_bounds(value), _unit(value.get("origin", {}))


def _money(value: dict[str, Any]) -> Measured:
    currency = value.get("currency")
    return numbers.quantity_bounds(value), (numbers.CURRENCY if currency else None, currency, None)


_MEASURES: dict[str, Measure] = {"Range": _range, "SampledData": _sampled, "Money": _money}

RANGES: dict[str, Callable[[Any, tzinfo], dates.Range | None]] = {
    "Period": dates.period_range,
    "Timing": dates.timing_range,
}


def contents(found: list[str], memo: Memo[str, int], tokens: list[int]) -> None:
    """The texts beside what other parameters read (`_content`)."""
    distinct = set(found)
    if len(distinct) > _CONTENTS:
        distinct = {"\n".join(sorted(distinct))}
    tokens += [memo[each] for each in distinct]


# So much of a narrative is looked at: markup and all.
_LONGEST_MARKUP = 4 * LONGEST


def narrative(unwritten: Unwritten) -> Callable[[dict[str, Any], list[int]], None]:
    """The narrative for people, without its markup (`_text`)."""

    def emit(text: dict[str, Any], tokens: list[int]) -> None:
        phrase = text_phrase(
            NARRATIVE, _MARKUP.sub(" ", text.get("div", "")[:_LONGEST_MARKUP]), sought_by_prefix=False
        )
        if phrase.words:
            tokens.append(unwritten.add(phrase))

    return emit
