"""What FHIR has no element for, kept as an extension of the resource that its segment speaks of.

https://hl7.org/fhir/R4/extensibility.html. The extension is named after the field (`…/hl7v2-PV1-21`), its
type follows the field's data type in HL7's tables; a component that the field's rows left is a text
of its own (`…/hl7v2-PV1-3.10`). Local segments are not kept so: a layer declares what they
mean, or they are residue.
"""

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any, Final

from adapters.hl7v2.coverage import Left
from adapters.hl7v2.functions import functions
from adapters.hl7v2.parse import NULL
from adapters.hl7v2.reading import Value
from adapters.hl7v2.sources import field_types
from adapters.mapping.draft import Draft
from adapters.mapping.functions import Choice, Made, Several
from adapters.mapping.run import Work

Json = dict[str, Any]
URL: Final = "https://yilian.example/fhir/StructureDefinition/hl7v2-"
_CODED: Final = ("valueCodeableConcept", "cwe_concept")
# Data type → the extension's value, and the function that makes it.
_TYPED: Final = {
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


def keep(left: Sequence[Left], work: Work, disabled: Collection[str]) -> list[Left]:
    """Puts what can be kept beside its resource; gives back what cannot, and what is `disabled`."""
    residue: list[Left] = []
    for _, leaves in groupby(left, lambda each: (each.node.segment.position, each.field, each.repetition)):
        of = list(leaves)
        node, field = of[0].node, of[0].field
        home = work.homes.get(node)
        types = field_types(node.segment.name, field)
        if home is None or not types or f"{node.segment.name}-{field}" in disabled:
            residue += of
        else:
            _keep(of, types, home, work)
    return residue


def _keep(leaves: Sequence[Left], types: Sequence[str], home: Draft, work: Work) -> None:
    first = leaves[0]
    name = f"{first.node.segment.name}-{first.field}"
    if len(leaves) == 1 and first.value == NULL:
        home.deletions.append(f"extension.where(url='{URL}{name}')")
        return
    value = first.node.repetition(first.field, first.repetition)
    read: set[int] = set()
    if value.count_leaves() == len(leaves) and (made := _typed(value, types[0], name, work)) is not None:
        suffix, whole = made
        _add(home, name, suffix, whole)
        read = value.read
    if 0 in read:
        return
    for each in leaves:
        if not read & {each.component << 8, each.component << 8 | each.subcomponent}:
            text = value.leaf(each.value)
            if text:
                _add(home, _part(name, each, value), "valueString", text)


def _typed(value: Value, kind: str, name: str, work: Work) -> tuple[str, Any] | None:
    suffix, function_name = _TYPED.get(kind, ("", ""))
    if not suffix:
        return None
    function = functions()[function_name]
    given = {"field": name, "kind": name}
    offered = {key: text for key, text in given.items() if key in function.parameters}
    made = function.call(value, work.context, **offered)
    if isinstance(made, Made):
        for resource in made.resources:
            work.adopt(resource)
        made = made.value
    if isinstance(made, Several):
        made = made.values[0] if made.values else None
    if isinstance(made, Choice):
        made = made.value
    return (suffix, made) if made is not None else None


def _add(home: Draft, name: str, suffix: str, value: Any) -> None:
    extension = {"url": URL + name, suffix: value}
    known = home.resource.setdefault("extension", [])
    if extension not in known:
        known.append(extension)


def _part(name: str, each: Left, value: Value) -> str:
    """`PV1-3.10`, `PV1-3.4.2`; of a field without components, its own name."""
    if value.count() == 1 and each.subcomponent == 1:
        return name
    tail = f".{each.subcomponent}" if each.subcomponent > 1 else ""
    return f"{name}.{each.component}{tail}"
