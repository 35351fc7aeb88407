"""NM, SN, CQ, NR and OBX-6 → Quantity, Range, Ratio. Numbers keep the digits they were sent with.

https://hl7.org/fhir/R4/datatypes.html#Quantity
"""

import re
from decimal import Decimal
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.coded import as_sent, code_system, squeezed
from adapters.hl7v2.reading import Value
from adapters.mapping.functions import Choice

Json = dict[str, Any]
# ISO 4217 of those that senders of Chinese hospitals name; another currency stays beside the amount.
CURRENCIES = frozenset(("CNY", "USD", "EUR", "HKD", "MOP", "TWD", "JPY", "GBP", "CAD", "AUD", "CHF"))
UCUM = "http://unitsofmeasure.org"
_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_COMPARED = re.compile(r"([<>≤≥＜＞]=?|)\s*(.*)", re.DOTALL)
_COMPARATORS = {"≤": "<=", "≥": ">=", "＜": "<", "＞": ">"}
_RANGE = re.compile(r"([+-]?[\d.]+)\s*(?:--|-|~|～|—|–|至)\s*([+-]?[\d.]+)(?:\s*\S{0,20})?")
# `10^9/L` whose `^` nobody escaped, as analysers send it: components of a code that nobody has.
_POWER = re.compile(r"(\d{1,2})((?:/[A-Za-z]{1,3})?)", re.ASCII)
_TEN = frozenset(("10", "x10", "X10", "×10", "*10"))
_BOUND = re.compile(r"([<>≤≥＜＞]=?)\s*([\d.]+)(?:\s*\S{0,20})?")


def number(text: str) -> Decimal | None:
    """A decimal with its digits, or None. v2 lets `+`, leading zeros and a last point stand."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def comparator(sign: str) -> str:
    return _COMPARATORS.get(sign, sign).replace("＜=", "<=").replace("＞=", ">=")


def unit_of(unit: Value | None, context: Context, field: str = "OBX-6") -> Json:
    """OBX-6 or CQ-2 → unit, system, code. UCUM is taken wherever it stands; a lone text is only a unit, and a
    power of ten is one whole."""
    if unit is None:
        return {}
    if unit.count() == 1:
        bare = unit.text(1)
        return {"unit": bare} if bare else {}
    if unit.peek(6).upper() == "UCUM" and unit.peek(3).upper() != "UCUM" and (code := unit.text(4)):
        unit.text(6)
        return {"unit": unit.text(2) or unit.text(1) or code, "system": UCUM, "code": squeezed(code)}
    code, words = unit.text(1), unit.text(2)
    if not code:
        return {"unit": words} if words else {}
    system = unit.text(3)
    if not words and not system:
        return {"unit": code}
    if code in _TEN and not system and (power := _POWER.fullmatch(words)):
        return {"unit": f"{code}^{words}", "system": UCUM, "code": f"10*{power[1]}{power[2]}"}
    uri = code_system(context, system, "", field)
    made: Json = {"extension": names} if (names := as_sent(system, "", uri)) else {}
    return {**made, "unit": words or code, "system": uri, "code": squeezed(code)}


def nm_quantity(value: Value, context: Context, *, unit: Value | None = None) -> Json | None:
    """NM → Quantity; `<0.01`, as many analysers send it, has its comparator."""
    text = value.text(1)
    sign = ""
    if text and not text[0].isdigit():
        sign, text = _COMPARED.fullmatch(text).groups()  # type: ignore[union-attr]
    amount = number(text)
    return quantity(amount, comparator(sign), unit_of(unit, context)) if amount is not None else None


def quantity(amount: Decimal, sign: str, unit: Json) -> Json:
    made: Json = {"value": amount}
    if sign in ("<", "<=", ">=", ">"):
        made["comparator"] = sign
    return made | unit


def sn_choice(value: Value, context: Context, *, unit: Value | None = None) -> Choice | None:
    """SN → Quantity, Range (`-`) or Ratio (`:`, `/`); what none of them can say is a string."""
    sign, first, separator, second = (value.text(part) for part in (1, 2, 3, 4))
    left, right = number(first), number(second)
    units = unit_of(unit, context)
    plain = comparator(sign or "=") in ("=", "<", "<=", ">=", ">")
    if separator == "-" and sign in ("", "=") and left is not None and right is not None:
        return Choice("Range", {"low": quantity(left, "", units), "high": quantity(right, "", units)})
    if separator in (":", "/") and plain and left is not None and right is not None:
        numerator = quantity(left, comparator(sign), units)
        return Choice("Ratio", {"numerator": numerator, "denominator": quantity(right, "", {})})
    if not separator and not second and plain and left is not None:
        return Choice("Quantity", quantity(left, comparator(sign), units))
    text = "".join((sign, first, separator, second))
    tail = f" {units['unit']}" if text and "unit" in units else ""
    return Choice("String", text + tail) if text else None


def nr_range(value: Value, context: Context, *, unit: Value | None = None) -> Json | None:
    """NR → Range."""
    units = unit_of(unit, context)
    ends = (("low", number(value.text(1))), ("high", number(value.text(2))))
    return {name: quantity(amount, "", units) for name, amount in ends if amount is not None} or None


def cq_quantity(value: Value, context: Context, *, field: str) -> Json | None:
    """CQ → Quantity."""
    amount = number(value.text(1))
    if amount is None:
        return None
    return quantity(amount, "", unit_of(value.sub(2) if value.has(2) else None, context, field))


def duration_days(value: Value, context: Context) -> Json | None:
    """NM → Duration in days."""
    amount = number(value.text(1))
    if amount is None or amount < 0:
        return None
    return {"value": amount, "unit": "d", "system": UCUM, "code": "d"}


def reference_range(values: list[Value], context: Context, *, unit: Value | None = None) -> Json | None:
    """OBX-7 → Observation.referenceRange: the text, and the bounds where it is `3.5-5.5`, `<40` or `>=60`."""
    text = "~".join(filter(None, (value.whole() for value in values)))
    if not text:
        return None
    made: Json = {}
    if found := _RANGE.fullmatch(text):
        low, high = number(found[1]), number(found[2])
        if low is not None and high is not None and low <= high:
            units = unit_of(unit, context)
            made = {"low": quantity(low, "", units), "high": quantity(high, "", units)}
    elif found := _BOUND.fullmatch(text):
        bound = number(found[2])
        if bound is not None:
            side = "high" if comparator(found[1]).startswith("<") else "low"
            made = {side: quantity(bound, "", unit_of(unit, context))}
    return {**made, "text": text}


def probability(value: Value, context: Context) -> Decimal | None:
    """NM → decimal."""
    return number(value.text(1))


def mo_money(value: Value, context: Context) -> Json | None:
    """MO → Money. The currency stands in the second component, if at all."""
    amount = number(value.text(1))
    if amount is None:
        return None
    if value.peek(2).upper() in CURRENCIES:
        return {"value": amount, "currency": value.text(2).upper()}
    return {"value": amount}


def cp_money(value: Value, context: Context) -> Json | None:
    """CP → Money, whose MO has sub-components as its parts."""
    return mo_money(value.sub(1), context)
