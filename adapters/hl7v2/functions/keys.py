"""The business keys that ids are made of: a number with its system, or what tells a thing from its like."""

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.identifiers import cx_identifier, ei_identifier, ssn_identifier
from adapters.hl7v2.reading import Value
from adapters.mapping.identity import key

_PATIENT_TYPES = ("MR", "PI", "PT")


def cx_key(values: list[Value], context: Context) -> str | None:
    """System and value of the first CX."""
    return _cx_key(values[0], context) if values else None


def patient_key(values: list[Value], context: Context) -> str | None:
    """System and value of the number that names the patient: the first of type MR, PI or PT, else the
    first."""
    numbered = [value for value in values if value.has(1)]
    typed = (value for value in numbered if value.peek(5).upper() in _PATIENT_TYPES)
    chosen = next(typed, numbered[0] if numbered else None)
    return _cx_key(chosen, context) if chosen is not None else None


def _cx_key(value: Value, context: Context) -> str | None:
    identifier = cx_identifier(value, context, kind="MR")
    return key(identifier["system"], identifier["value"]) if identifier else None


def ssn_key(values: list[Value], context: Context) -> str | None:
    identifier = ssn_identifier(values[0], context, type="SS") if values else None
    return key(identifier["system"], identifier["value"]) if identifier else None


def ei_key(values: list[Value], context: Context) -> str | None:
    """System and value of an order number."""
    identifier = ei_identifier(values[0], context, kind="order") if values else None
    return key(identifier["system"], identifier["value"]) if identifier else None


def eip_key(values: list[Value], context: Context) -> str | None:
    """System and value of the filler's number, else of the placer's."""
    if not values:
        return None
    value = values[0]
    if value.count() > 2:
        return ei_key(values, context)
    return ei_key([value.sub(2 if value.has(2) else 1)], context)


def code_key(values: list[Value], context: Context) -> str | None:
    """What distinguishes a code within its field: code and system as sent, else the text."""
    if not values:
        return None
    value = values[0]
    text = value.peek(1) or value.peek(4) or value.peek(2) or value.peek(9)
    system = value.peek(3) if value.has(1) else ""
    return key(text, system) if text else None


def text_key(values: list[Value], context: Context) -> str | None:
    return values[0].whole() or None if values else None
