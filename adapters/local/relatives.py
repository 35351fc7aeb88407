"""Those around the patient: contacts, and who told the history."""

import re
from collections.abc import Collection, Mapping

from adapters.local.building import added, grown, put
from adapters.trees.element import Element, is_valued

_RELATION = re.compile(r"(?:Rel|Relationship|PersonRel|RelName)(?:Code|Name)$")

_SIGNATURE = {
    **dict.fromkeys(("SignTime", "Time"), "time"),
    **dict.fromkeys(("Code", "SignCode"), "id"),
    **dict.fromkeys(("RelCode", "RelationshipCode"), "code"),
    **dict.fromkeys(("RelName", "RelationshipName"), "displayName"),
    **dict.fromkeys(("Name", "SignName"), "name"),
}
_SIGNERS = {"Patient": "患者", "Agent": "代理人"}
# What only a signature has: a patient's name or number alone is the patient's.
_OWN = frozenset(("SignTime", "SignName", "SignCode", "RelCode", "RelationshipCode"))
STEMS = tuple(_SIGNERS)


def is_relative(name: str, kinds: Collection[str]) -> bool:
    """Whether a group tells of one, by its own name or by its fields'."""
    return any(_RELATION.search(each) for each in kinds) or "Contact" in name or "HistoryTeller" in name


def relative(root: Element, row: Element, parts: Mapping[str, str]) -> None:
    """A participant of the document; `parts` are those of an address, by how their fields end."""
    entity = added(added(root, "participant"), "associatedEntity", classCode="NOK")
    for each in row.children:
        if each.children:
            _address(entity, each, parts)
        elif is_valued(each):
            _told(entity, each)


def signature(root: Element, source: Element, stem: str) -> list[Element]:
    """The patient's own signature, or that of who signs for him, in fields that stand alone; the fields."""
    fields = {each.name.removeprefix(stem): each for each in source.children if each.name.startswith(stem)}
    known = {part: each for part, each in fields.items() if part in _SIGNATURE and is_valued(each)}
    if not known.keys() & _OWN:
        return []
    if stem == "Patient":
        known.pop("Name", None)  # the patient's, whoever signs
    target = added(root, "authenticator")
    entity = added(target, "assignedEntity")
    for part, field in known.items():
        _signed(target, entity, _SIGNATURE[part], field)
    if entity.first("code") is None:
        added(entity, "code", displayName=_SIGNERS[stem])
    return list(known.values())


def _signed(target: Element, entity: Element, what: str, field: Element) -> None:
    leaf = field.leaves[""]
    if what == "time":
        put(added(target, "time"), "value", leaf)
    elif what == "id":
        put(added(entity, "id"), "extension", leaf, "2.16.156.10011.1.3")
    elif what == "code":
        put(grown(entity, "code"), "code", leaf, "2.16.156.10011.2.3.3.8")
    elif what == "displayName":
        put(grown(entity, "code"), "displayName", leaf)
    else:
        put(grown(entity, "assignedPerson/name"), "", leaf)


def _address(entity: Element, group: Element, parts: Mapping[str, str]) -> None:
    target = added(entity, "addr")
    for field in group.children:
        name = next((part for part in parts if field.name.endswith(part)), "")
        if name and is_valued(field):
            put(added(target, parts[name]), "", field.leaves[""])


def _told(entity: Element, field: Element) -> None:
    leaf = field.leaves[""]
    if _RELATION.search(field.name):
        code = entity.first("code") or added(entity, "code")
        if field.name.endswith("Code"):
            put(code, "code", leaf, "2.16.156.10011.2.3.3.8")
        else:
            put(code, "displayName", leaf)
    elif field.name.endswith(("Tel", "Phone", "TelPhone")):
        put(added(entity, "telecom"), "value", leaf)
    elif field.name.endswith("Code"):
        put(added(entity, "id"), "extension", leaf, "2.16.156.10011.1.3")
    else:
        put(grown(entity, "associatedPerson/name"), "", leaf)
