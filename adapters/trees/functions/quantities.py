"""PQ, MO, IVL_PQ, RTO, INT, REAL → Quantity, Range, Ratio, and `value[x]` by the type that the sender names.

https://hl7.org/fhir/R4/datatypes.html#Quantity. Numbers keep the digits they were sent with.
"""

import re
import unicodedata
from decimal import Decimal
from typing import Any

from adapters.hl7v2.context import Context
from adapters.mapping.functions import Choice
from adapters.trees.coverage import is_filler
from adapters.trees.functions.coded import concept
from adapters.trees.functions.texts import flag
from adapters.trees.functions.times import moment_of, span
from adapters.trees.reading import Value

Json = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
CURRENCY = "urn:iso:std:iso:4217"
_NUMBER = re.compile(r"([<>]=?|[≤≥])?\s*([+-]?\d{1,40}(?:\.\d{1,40})?)\s*([^\d\s].{0,30})?")
_TIME_UNITS = frozenset(("s", "min", "h", "d", "wk", "mo", "a"))
_COMPARATORS = {"≤": "<=", "≥": ">="}
_CODED = frozenset(("CD", "CE", "CV", "CO", "CS", "CR"))


def amount(text: str) -> tuple[Decimal, str, str] | None:
    """Number, comparator and whatever unit stands behind it; full-width digits are digits."""
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return None
    sign = _COMPARATORS.get(found[1] or "", found[1] or "")
    return Decimal(found[2]), sign, (found[3] or "").strip()


def unit_of(unit: str, context: Context) -> Json:
    """unit, and UCUM's code where the vocabulary `Unit` knows one."""
    if not unit or unit == "1":
        return {}
    code = context.word("Unit", unit)
    return {"unit": unit, "system": UCUM, "code": code} if code else {"unit": unit}


def quantity(value: Value, context: Context, *, unit: str = "", beside: Value | None = None) -> Json | None:
    """PQ → Quantity; an interval of a single bound is one with a comparator. Without a unit of its own it has
    the one that a statement `beside` it names."""
    said = value.peek("value") or value.peek("")
    found = amount(said)
    if found is None:
        return None
    value.get("value") or value.get("")
    number, sign, behind = found
    made: Json = {"value": number}
    if sign:
        made["comparator"] = sign
    own = value.get("unit") or behind or unit
    return made | unit_of(own or (beside.all_text() if beside is not None else ""), context)


def decimal(value: Value, context: Context) -> Decimal | None:
    """The number alone."""
    found = amount(value.peek("value") or value.peek(""))
    return found[0] if found is not None and (value.get("value") or value.get("")) else None


def unit_code(value: Value, context: Context) -> str | None:
    """UCUM's code of the unit, of those in which FHIR counts time."""
    code = context.word("Unit", value.peek("unit")) or value.peek("unit")
    return value.get("unit") and code if code in _TIME_UNITS else None


def money(value: Value, context: Context) -> Json | None:
    """MO → Quantity of a currency; 元 is the yuan."""
    made = quantity(value, context)
    if made is None:
        return None
    sent = value.get("currency")
    code = context.word("Currency", sent) or (sent if re.fullmatch("[A-Z]{3}", sent) else "")
    if not sent:
        return made
    return {**made, "unit": sent} | ({"system": CURRENCY, "code": code} if code else {})


def bounds(value: Value, context: Context) -> Json | None:
    """IVL_PQ → Range."""
    ends = ((name, value.child(name)) for name in ("low", "high"))
    made = {name: found for name, part in ends if part is not None and (found := quantity(part, context))}
    return made or None


def ratio(value: Value, context: Context) -> Json | None:
    """RTO → Ratio."""
    ends = ((name, value.child(name)) for name in ("numerator", "denominator"))
    made = {name: found for name, part in ends if part is not None and (found := quantity(part, context))}
    return made if len(made) == 2 else None


def any_choice(value: Value, context: Context) -> Choice | None:
    """`value[x]` by xsi:type; what its type cannot say is told as text."""
    made = _typed(value, context)
    if made is not None:
        return made
    said = value.all_text() or value.get("displayName") or value.get("code") or value.get("displayname")
    return Choice("String", said) if said and not is_filler(said) else None


def _typed(value: Value, context: Context) -> Choice | None:
    kind = value.kind
    if kind in _CODED or value.peek("code") or (value.peek("displayName") and not value.peek("")):
        made = concept(value, context)
        return Choice("CodeableConcept", made) if made else None
    if kind == "BL":
        said = flag(value, context)
        return None if said is None else Choice("Boolean", said)
    if kind in ("TS", "IVL_TS", "DT", "D8"):
        return _time(value, context)
    if kind in ("MO",) or value.peek("currency"):
        return _chosen("Quantity", money(value, context))
    if kind == "IVL_PQ":
        return _interval(value, context)
    if kind.startswith("RTO"):
        return _chosen("Ratio", ratio(value, context))
    if kind in ("PQ", "REAL", "INT"):
        return _number(value, context, kind)
    return None


def _chosen(suffix: str, made: Json | None) -> Choice | None:
    return Choice(suffix, made) if made else None


def _number(value: Value, context: Context, kind: str) -> Choice | None:
    said = value.peek("value") or value.peek("")
    if kind == "INT" and re.fullmatch(r"-?\d{1,9}", said) and not value.peek("unit"):
        value.text()
        return Choice("Integer", int(said))
    return _chosen("Quantity", quantity(value, context))


def _interval(value: Value, context: Context) -> Choice | None:
    made = bounds(value, context)
    if made is None:
        return _chosen("Quantity", quantity(value, context))
    if len(made) == 2:
        return Choice("Range", made)
    [(end, found)] = made.items()
    part = value.child(end)
    closed = part is not None and part.get("inclusive") != "false"
    sign = ("<" if end == "high" else ">") + ("=" if closed else "")
    return Choice("Quantity", {**found, "comparator": sign})


def _time(value: Value, context: Context) -> Choice | None:
    made = span(value, context)
    if made is None:
        return None
    if made.keys() == {"start"}:
        moment = moment_of(value.peek("value") or value.peek(""), context) or made["start"]
        return Choice("DateTime", moment)
    return Choice("Period", made)


def range_text(value: Value, context: Context) -> str | None:
    """A range in words: its code's name, its text, or its bounds."""
    named = value.get("displayName") or value.text() or value.get("code")
    if named:
        return named
    ends = [part.text() for name in ("low", "high") if (part := value.child(name)) is not None]
    return " - ".join(each for each in ends if each) or None
