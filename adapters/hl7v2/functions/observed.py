"""OBX-5 → Observation.value[x] by the type in OBX-2.

https://hl7.org/fhir/R4/observation.html#value. A value that is not of the type it claims (`NM` with `阴性`)
is a string: a result is never lost for its label. Several values are components (obs-7: then none at the
top).
"""

from collections.abc import Callable
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.coded import cwe_concept
from adapters.hl7v2.functions.quantities import cq_quantity, nm_quantity, nr_range, sn_choice
from adapters.hl7v2.functions.times import dr_period, normal_date_time, normal_time
from adapters.hl7v2.reading import Value
from adapters.mapping.functions import Choice, Several

Json = dict[str, Any]
_TEXTS = frozenset(("ST", "TX", "FT", ""))
_DOCUMENTS = frozenset(("ED", "RP"))
_FIELD = "OBX-5"
# More values than these are a series, kept as lines.
SERIES = 200


def observed_value(
    values: list[Value], context: Context, *, kind: Value | None = None, unit: Value | None = None
) -> Choice | None:
    """The one value of an OBX, or its lines of text."""
    kind_code = kind.text(1) if kind is not None else ""
    if kind_code in _TEXTS or (len(values) > SERIES and kind_code not in _DOCUMENTS):
        text = "\n".join(value.whole() for value in values).strip("\n")
        return Choice("String", text) if text else None
    if kind_code in _DOCUMENTS:
        return None
    return typed_value(values[0], context, kind_code, unit) if len(values) == 1 else None


def observed_components(
    values: list[Value],
    context: Context,
    *,
    kind: Value | None = None,
    code: Value | None = None,
    unit: Value | None = None,
) -> Several | None:
    """Several values of an OBX that are not lines of a text, as Observation.component."""
    kind_code = kind.text(1) if kind is not None else ""
    if not 1 < len(values) <= SERIES or kind_code in _TEXTS or kind_code in _DOCUMENTS:
        return None
    concept = cwe_concept(code, context, field="OBX-3") if code is not None else None
    choices = [typed_value(value, context, kind_code, unit) for value in values]
    return Several(
        tuple(
            {"code": concept or {"text": "unknown"}, f"value{choice.suffix}": choice.value}
            for choice in choices
            if choice is not None
        )
    )


def typed_value(value: Value, context: Context, kind: str, unit: Value | None) -> Choice | None:
    """A value by its type; by its text, where it is not of that type."""
    convert = _CONVERSIONS.get(kind)
    choice = convert(value, context, unit) if convert else None
    if choice is not None:
        return choice
    text = (
        value.whole()
        if not 1 < value.count() <= SERIES
        else " ".join(value.text(part) for part in value.pieces())
    )
    return Choice("String", text) if text else None


Conversion = Callable[[Value, Context, Value | None], Choice | None]


def _quantity(value: Value, context: Context, unit: Value | None) -> Choice | None:
    made = nm_quantity(value, context, unit=unit)
    return Choice("Quantity", made) if made else None


def _structured(value: Value, context: Context, unit: Value | None) -> Choice | None:
    return sn_choice(value, context, unit=unit)


def _composite_quantity(value: Value, context: Context, unit: Value | None) -> Choice | None:
    made = cq_quantity(value, context, field=_FIELD)
    return Choice("Quantity", made) if made else None


def _concept(value: Value, context: Context, unit: Value | None) -> Choice | None:
    made = cwe_concept(value, context, field=_FIELD)
    return Choice("CodeableConcept", made) if made else None


def _moment(value: Value, context: Context, unit: Value | None) -> Choice | None:
    moment = normal_date_time(value.text(1), context.zone)
    return Choice("DateTime", moment) if moment else None


def _time(value: Value, context: Context, unit: Value | None) -> Choice | None:
    moment = normal_time(value.text(1))
    return Choice("Time", moment) if moment else None


def _period(value: Value, context: Context, unit: Value | None) -> Choice | None:
    made = dr_period(value, context)
    return Choice("Period", made) if made else None


def _range(value: Value, context: Context, unit: Value | None) -> Choice | None:
    made = nr_range(value, context, unit=unit)
    return Choice("Range", made) if made else None


_CONVERSIONS: dict[str, Conversion] = {
    "NM": _quantity,
    "SI": _quantity,
    "SN": _structured,
    "CQ": _composite_quantity,
    **dict.fromkeys(("CE", "CWE", "CNE", "CF", "IS", "ID", "CK"), _concept),
    **dict.fromkeys(("DT", "TS", "DTM"), _moment),
    "TM": _time,
    "DR": _period,
    "NR": _range,
}
