"""Extraction compiled: one Python function a resource type, generated from the tree of the elements it reads.

Each element that search reads is looked for once, where it can stand, and what it puts into the index is
worked out in place. `source_text` is what is compiled: the same for the same parameters, and readable.

https://hl7.org/fhir/R4/searchparameter.html
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from exchange.search.definition.expression import Where
from exchange.search.definition.source import Composite
from exchange.search.index import emit, pairs
from exchange.search.index.content_tree import Tree, gather
from exchange.search.index.fragments import PRIMITIVES, Names, Reading, before, lines, otherwise
from exchange.search.index.memo import Memo
from exchange.search.index.row import IndexRow
from exchange.search.value.token import salt
from mpi.keys import patient_key

Extract = Callable[[Mapping[str, Any]], IndexRow]

# In the order of IndexRow, after patient and compartments, start and end.
_LISTS = (
    "codes",
    "tokens",
    "identifiers",
    "strings",
    "dates",
    "numbers",
    "quantities",
    "composites",
    "positions",
)
_WHOLE = "resource"


@dataclass(slots=True)
class Place:
    """Where in the tree: what is read there, and what lies below by JSON name."""

    readings: list[Reading] = field(default_factory=list)
    contexts: list[Composite] = field(default_factory=list)
    below: dict[str, dict[tuple[Where | None, bool], "Place"]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def at(self, names: Sequence[str], wheres: Iterable[Where | None], lists: Sequence[bool]) -> "Place":
        """The place that these names lead to."""
        place = self
        for name, where, is_list in zip(names, wheres, lists, strict=False):
            place = place.below[name].setdefault((where, is_list), Place())
        return place


@dataclass(frozen=True, slots=True)
class Type:
    """What is read of a resource type. `derived`: composites whose rows follow from codes and quantities."""

    name: str
    readings: Sequence[Reading]
    contexts: Sequence[Composite]
    derived: Sequence[Composite]
    content: Tree


def compiled(of: Type, names: Names) -> Extract:
    """The extraction of a type."""
    text = source_text(of, names)
    scope = {**names.values, "IndexRow": IndexRow, "has": _has, "once": _once, "further": _further}
    scope |= {
        "contents": emit.contents,
        "gather": gather,
        "memo": names.contents,
        "unwritten": names.unwritten,
    }
    exec(compile(text, f"<extraction of {of.name}>", "exec"), scope)  # noqa: S102 - made here, of definitions
    made: Extract = scope["extract"]
    return made


def source_text(of: Type, names: Names) -> str:
    """The function's text. What it refers to is bound in `names`."""
    body = [*_visit(_tree(of), _WHOLE, 0, names), *_content(of, names), *_derived(of.derived)]
    if of.name == "Patient":
        key = names.bind("patient_key", made=lambda: Memo(patient_key))
        body.insert(0, f'patients.append({key}[{_WHOLE}["id"]])')
    written = "\n".join(body)
    used = [name for name in _LISTS if name == "tokens" or re.search(rf"\b{name}\b", written)]
    head = [f"{name} = []" for name in ("patients", "others", *used)]
    head.append("start = end = None")
    row = ", ".join(_column(name, of) if name in used else "()" for name in _LISTS)
    end = [
        "patient = patients[0] if patients else None",
        "joined = further(patient, patients, others) if others or len(patients) > 1 else ()",
        "texts = unwritten.of(tokens) if unwritten else ()",
        f"return IndexRow(patient, joined, start, end, {row}, texts)",
    ]
    inner = "\n".join(f"    {line}" for line in (*head, *body, *end))
    return f"def extract({_WHOLE}):\n{inner}\n"


def _column(name: str, of: Type) -> str:
    if name == "tokens":
        return "tuple(set(tokens))"
    if name == "composites" and not of.contexts:
        return "tuple(composites)"
    return f"once({name}) if {name} else ()"


def _tree(of: Type) -> Place:
    root = Place()
    for reading in of.readings:
        source = reading.source
        wheres = [step.where for step in source.path.steps]
        root.at(source.names, wheres, source.lists).readings.append(reading)
    for composite in of.contexts:
        context = composite.context
        wheres = [step.where for step in context.path.steps]
        root.at(context.names, wheres, context.lists).contexts.append(composite)
    return root


def _visit(place: Place, x: str, depth: int, names: Names) -> list[str]:
    """What to do with the element `x` of a place, and with what is below it."""
    found = [line for reading in place.readings for line in lines(reading, x, names)]
    for composite in place.contexts:
        made = names.bind("pairs", composite.key, made=partial(_pairs, composite, names))
        found.append(f"{made}({x}, {_WHOLE}, tokens, composites)")
    for name, places in place.below.items():
        found += _property(name, places, x, depth + 1, names)
    return found


def _pairs(composite: Composite, names: Names) -> pairs.Emit:
    return pairs.emit_pairs(composite, names.around, names.units)


def _property(
    name: str, places: Mapping[tuple[Where | None, bool], Place], x: str, depth: int, names: Names
) -> list[str]:
    """The elements under one JSON name, each place with its filter."""
    own, missing = [], []
    for (where, is_list), place in places.items():
        value, each = f"x{depth}", f"e{depth}" if is_list else f"x{depth}"
        inner = _visit(place, each, depth, names)
        once = [line for reading in place.readings for line in before(reading, names)]
        missing += [line for reading in place.readings for line in otherwise(reading)]
        if where is not None:
            inner = [f"if {_condition(each, where)}:", *_indented([*once, *inner])]
        elif once:
            own += once
        if is_list:
            null = [f"if {each} is None: continue"] if _may_be_null(place) else []
            own += [f"for {each} in {value}:", *_indented([*null, *inner])]
        else:
            own += inner
    found = [f'if "{name}" in {x}:', f'    x{depth} = {x}["{name}"]', *_indented(own)]
    return [*found, "else:", *_indented(missing)] if missing else found


def _indented(body: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in body]


def _may_be_null(place: Place) -> bool:
    """A null stands for a primitive that has only extensions."""
    return any(_is_primitive(reading) for reading in place.readings)


def _is_primitive(reading: Reading) -> bool:
    return reading.source.data_type in PRIMITIVES or reading.source.data_type.startswith("HumanName.")


def _condition(x: str, where: Where) -> str:
    if len(where.child) == 1:
        return f"{x}.get({where.child[0]!r}) == {where.value!r}"
    return f"has({x}, {where.child!r}, {where.value!r})"


def _content(of: Type, names: Names) -> list[str]:
    """The texts that only `_content` and `_text` ask for."""
    if not names.around.full_text:
        return []
    narrative = names.bind("narrative", made=lambda: emit.narrative(names.unwritten))
    found = [f'if "text" in {_WHOLE}: {narrative}({_WHOLE}["text"], tokens)', "found = []"]
    for name, tree in of.content.items():
        below = names.bind("tree", of.name, name, made=partial(_itself, tree))
        found.append(f'if "{name}" in {_WHOLE}: gather({_WHOLE}["{name}"], {below}, found)')
    return [*found, "if found: contents(found, memo, tokens)"]


def _itself(tree: Tree) -> Tree:
    return tree


def _derived(composites: Iterable[Composite]) -> list[str]:
    """Rows of code and quantity together, made of the rows of each."""
    found: list[str] = []
    for composite in composites:
        (code,), value = {source.key for source in composite.parts[0]}, composite.parts[1][0].number
        shift, number = salt(code) ^ salt(composite.key), composite.number
        found += [
            "if codes and quantities:",
            "    for param, unit, low, high in quantities:",
            f"        if param == {value} or param == {-value}:",
            f"            param = {number} if low == high else {-number}",
            "            for code in codes:",
            f"                composites.append((param, code ^ {shift}, unit, low, high, None))",
        ]
    return ["if len(codes) > 1: codes = list(once(codes))", *found] if found else []


def _once(found: list[Any]) -> tuple[Any, ...]:
    """Each fact once."""
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


def _further(patient: Any, patients: list[Any], others: list[Any]) -> tuple[Any, ...]:
    """The patients beside the first in whose compartment the resource is."""
    return tuple(key for key in dict.fromkeys((*patients[1:], *others)) if key != patient)


def _has(element: Any, names: tuple[str, ...], value: str) -> bool:
    return value in pairs.values_at(element, names)
