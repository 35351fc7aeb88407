"""Texts of columns whose system, unit and name stand in the map or in other columns."""

from typing import Any

from adapters.hl7v2.context import Context
from adapters.mapping.functions import Choice
from adapters.mapping.rows import Vocabulary
from adapters.trees.coverage import is_filler
from adapters.trees.functions.quantities import amount, unit_of
from adapters.trees.reading import Value

Json = dict[str, Any]


def named_identifier(value: Value, context: Context, *, kind: str = "", system: str = "") -> Json | None:
    """A number of a kind of the hospital's own, or of a system."""
    said = value.text()
    if not said or is_filler(said):
        return None
    return {"system": system or context.hospital.identifier_system(kind or value.name), "value": said}


def named_code(
    value: Value,
    context: Context,
    *,
    system: str = "",
    display: Value | None = None,
    vocabulary: Vocabulary | None = None,
) -> Json | None:
    """CodeableConcept of a code; `system` is a URI or the name of a code table of the hospital."""
    code = " ".join(value.text().split())
    if not code or is_filler(code):
        return None
    codings: list[Json] = []
    meaning = vocabulary.get(code) if vocabulary is not None else None
    if meaning is not None and meaning.code:
        codings.append(
            {"system": meaning.system, "code": meaning.code, "display": meaning.display or meaning.code}
        )
    uri = system if ":" in system else context.hospital.code_system(system or value.name)
    shown = display.text() if display is not None else ""
    codings.append({"system": uri, "code": code} | ({"display": shown} if shown else {}))
    return {"coding": codings}


def named_coding(
    value: Value, context: Context, *, system: str = "", display: Value | None = None
) -> Json | None:
    """One Coding of several in a concept: the clinical and the insurance version of ICD in two columns."""
    made = named_code(value, context, system=system, display=display)
    coding: Json | None = made["coding"][0] if made is not None else None
    return coding


def result_choice(value: Value, context: Context, *, unit: Value | None = None) -> Choice | None:
    """`value[x]` of a result: a Quantity where it is a number, with the unit of another column."""
    said = value.text()
    if not said or is_filler(said):
        return None
    found = amount(said)
    if found is None:
        return Choice("String", said)
    number, sign, behind = found
    made: Json = {"value": number} | ({"comparator": sign} if sign else {})
    told = unit.text() if unit is not None else behind
    return Choice("Quantity", made | unit_of(told, context))
