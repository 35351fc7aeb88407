"""What FHIR has no element for, kept as an extension of the resource that its segment speaks of.

https://hl7.org/fhir/R4/extensibility.html. The extension is named after the field (`…/hl7v2-PV1-21`), its
type follows the field's data type in HL7's tables; a component that the field's rows left is a text
of its own (`…/hl7v2-PV1-3.10`). Local segments are not kept so: a layer declares what they
mean, or they are residue.
"""

from collections.abc import Collection, Sequence
from functools import cache
from itertools import groupby
from typing import Any, Final, NamedTuple

from adapters.hl7v2.coverage import Left
from adapters.hl7v2.functions import functions
from adapters.hl7v2.parse import NULL
from adapters.hl7v2.reading import Value
from adapters.hl7v2.sources import field_types
from adapters.mapping.draft import Draft
from adapters.mapping.functions import Choice, Function, Made, Several
from adapters.mapping.memory import LONGEST, Memory
from adapters.mapping.run import Work

Json = dict[str, Any]
URL: Final = "https://yilian.example/fhir/StructureDefinition/hl7v2-"
# A value of more parts than these is a series, kept as one text.
SERIES: Final = 200
_CODED: Final = ("valueCodeableConcept", "cwe_concept")
# Data type → the extension's value, and the function that makes it.
TYPED: Final = {
    **dict.fromkeys(("CWE", "CE", "CNE", "CF"), _CODED),
    **dict.fromkeys(("DTM", "TS", "DT"), ("valueDateTime", "date_time")),
    **dict.fromkeys(("XPN", "PN"), ("valueHumanName", "xpn_name")),
    **dict.fromkeys(("XAD", "AD"), ("valueAddress", "xad_address")),
    **dict.fromkeys(("XTN", "TN"), ("valueContactPoint", "xtn_telecom")),
    **dict.fromkeys(("XCN", "CN"), ("valueReference", "xcn_practitioner")),
    "XON": ("valueReference", "xon_organization"),
    "PL": ("valueReference", "pl_location"),
    "CX": ("valueIdentifier", "cx_identifier"),
    "EI": ("valueIdentifier", "ei_identifier"),
    "CQ": ("valueQuantity", "cq_quantity"),
    "CP": ("valueMoney", "cp_money"),
    "MO": ("valueMoney", "mo_money"),
    "DR": ("valuePeriod", "dr_period"),
    "NM": ("valueDecimal", "probability"),
}


class Typed(NamedTuple):
    """What a data type's function made of a text, by some vocabularies."""

    vocabularies: object
    value: Any
    resources: tuple[Json, ...]
    read: frozenset[int]


class Kept:
    """What is there already: of a segment that comes again, nothing is kept twice."""

    __slots__ = ("_texts", "_values")

    def __init__(self) -> None:
        self._texts: set[tuple[int, str, str]] = set()
        self._values: dict[tuple[int, str], list[Any]] = {}

    def add(self, home: Draft, name: str, suffix: str, value: Any) -> None:
        if isinstance(value, str):
            text = (id(home), name, value)
            if text in self._texts:
                return
            self._texts.add(text)
        else:
            values = self._values.setdefault((id(home), name), [])
            if value in values:
                return
            values.append(value)
        home.resource.setdefault("extension", []).append({"url": URL + name, suffix: value})


def keep(left: Sequence[Left], work: Work, disabled: Collection[str]) -> list[Left]:
    """Puts what can be kept beside its resource; gives back what cannot, and what is `disabled`."""
    residue: list[Left] = []
    kept = Kept()
    for _, of_field in groupby(left, lambda each: (each.node.segment.position, each.field)):
        leaves = list(of_field)
        node, field = leaves[0].node, leaves[0].field
        home = work.homes.get(node)
        types = field_types(node.segment.name, field)
        if home is None or not types or f"{node.segment.name}-{field}" in disabled:
            residue += leaves
            continue
        values = {value.number: value for value in node.values(field)}
        for number, of_value in groupby(leaves, lambda each: each.repetition):
            _keep(list(of_value), values[number], types[0], home, work, kept)
    return residue


def _keep(leaves: Sequence[Left], value: Value, kind: str, home: Draft, work: Work, kept: Kept) -> None:
    first = leaves[0]
    name = f"{first.node.segment.name}-{first.field}"
    if len(leaves) == 1 and first.value == NULL:
        home.deletions += (f"extension.where(url='{URL}{name}')",)
        return
    if len(leaves) > SERIES:
        kept.add(home, name, "valueString", value.whole())
        return
    read: set[int] = set()
    if _is_whole(leaves, value) and (made := _typed(value, kind, name, work)) is not None:
        kept.add(home, name, *made)
        read = value.read
    if 0 in read:
        return
    for each in leaves:
        if not read & {each.component << 8, each.component << 8 | each.subcomponent}:
            text = value.leaf(each.value)
            if text:
                kept.add(home, _part(name, each, value), "valueString", text)


def _is_whole(leaves: Sequence[Left], value: Value) -> bool:
    """Whether nothing of a value was read: all its leaves are left."""
    return value.raw == leaves[0].value or value.count_leaves() == len(leaves)


def _typed(value: Value, kind: str, name: str, work: Work) -> tuple[str, Any] | None:
    """The extension's value by the field's data type. Equal texts of one dialect give equal values."""
    suffix, function = TYPED.get(kind, ("", ""))
    if not suffix:
        return None
    vocabularies = work.context.vocabularies
    of = (work.dialect, name, kind, value.raw)
    known: Typed | None = _memory().get(of)
    if known is None or known.vocabularies is not vocabularies:
        made = _called(functions()[function], value, name, work)
        known = Typed(vocabularies, *made, frozenset(value.read))
        if len(value.raw) <= LONGEST:
            _memory().put(of, known)
    if known.value is None:
        return None
    value.read |= known.read
    for resource in known.resources:
        work.adopt(resource)
    return suffix, known.value


def _called(function: Function, value: Value, name: str, work: Work) -> tuple[Any, tuple[Json, ...]]:
    given = {"field": name, "kind": name}
    offered = {key: text for key, text in given.items() if key in function.parameters}
    made = function.call(value, work.context, **offered)
    resources: tuple[Json, ...] = ()
    if isinstance(made, Made):
        made, resources = made.value, made.resources
    if isinstance(made, Several):
        made = made.values[0] if made.values else None
    return (made.value if isinstance(made, Choice) else made), resources


@cache
def _memory() -> Memory:
    return Memory()


def _part(name: str, each: Left, value: Value) -> str:
    """`PV1-3.10`, `PV1-3.4.2`; of a field without components, its own name."""
    if value.count() == 1 and each.subcomponent == 1:
        return name
    tail = f".{each.subcomponent}" if each.subcomponent > 1 else ""
    return f"{name}.{each.component}{tail}"
