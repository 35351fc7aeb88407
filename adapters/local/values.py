"""The values of local fields: a code and its name are two fields, a number has its data element's unit."""

import re

from adapters.local.building import added, put
from adapters.local.fields import Field
from adapters.trees.element import Element, is_valued

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def valued(made: Element, field: Element, named: Element | None, known: Field) -> None:
    """The value, of the type of its data element."""
    leaf, said = field.leaves[""], field.peek("")
    value = added(made, "value")
    kind = known.type or "ST"
    if kind == "ST" and known.element and field.name.endswith("Code"):
        kind = "CD"
    if named is not None:
        put(value, "displayName", named.leaves[""])
    if named is not None or (kind in ("CD", "CE") and re.fullmatch(r"[\w.+\-*/ ]+", said, re.ASCII)):
        put(value, "code", leaf, known.system)
        value.leaves["xsi:type"] = (-1, "CD")
        return
    if kind in ("PQ", "INT", "REAL", "MO") and not _NUMBER.fullmatch(said):
        kind = "ST"
    value.leaves["xsi:type"] = (-1, kind if kind not in ("CD", "CE") else "ST")
    if kind in ("ST", "CD", "CE"):
        put(value, "", leaf)
        return
    put(value, "value", leaf)
    if known.unit and kind == "PQ":
        value.leaves["unit"] = (-1, known.unit)
    if kind == "MO":
        value.leaves["currency"] = (-1, "元")


def twin(field: Element, around: Element) -> Element | None:
    """The name that stands beside a code."""
    if not field.name.endswith("Code"):
        return None
    stem = field.name.removesuffix("Code")
    names = (f"{stem}Name", f"{stem}Describe", f"{stem}Value")
    return next((each for each in around.children if each.name in names and is_valued(each)), None)


def coded(field: Element, around: Element) -> Element | None:
    """The code that stands beside a name."""
    wanted = field.name.removesuffix("Name") + "Code"
    return next((each for each in around.children if each.name == wanted and is_valued(each)), None)


def named_by(field: Element, around: Element) -> Element | None:
    """The code whose name a field is."""
    codes = [each for each in around.children if each.name.endswith("Code") and is_valued(each)]
    return next((each for each in codes if twin(each, around) is field), None)


def unpaired(row: Element) -> list[Element]:
    """The valued fields of a row, without the names of its codes."""
    return [
        each
        for each in row.children
        if is_valued(each) and not (each.name.endswith("Name") and coded(each, row) is not None)
    ]
