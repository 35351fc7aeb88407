"""Those around the patient: contacts, and who told the history."""

import re
from collections.abc import Collection, Mapping

from adapters.local.building import added, grown, put
from adapters.trees.element import Element, is_valued

_RELATION = re.compile(r"(?:Rel|Relationship|PersonRel|RelName)(?:Code|Name)$")


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
