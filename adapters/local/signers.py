"""Who signed a document: groups of a time, a number and a name, or fields of one stem that stand alone."""

import re
from collections.abc import Callable, Collection

from adapters.local.building import added, grown, put
from adapters.local.fields import Field
from adapters.trees.element import Element, is_valued

POSITIONS = "2.16.156.10011.2.3.1.209"
STAFF = "2.16.156.10011.1.4"
_PART = re.compile(r"(?:Sign)?(?:Code|Name|Time)$")
_POSITION = re.compile(r"Position(Code|Name)$")
_DISEASE = re.compile(r"Diag(?!.*Doctor)")
_PERSON = re.compile(
    r"Doctor|Nurse|Sign|Record[eo]r|Operator|Anesthetist|Physician|Pharmacist|Director|Chief|Assistant|Excutor"
    r"|Linkman|Host|Person|Coder|Successor|Surgeon|Technician|Intern|Audit"
)


def is_signer(name: str, kinds: Collection[str]) -> bool:
    """Whether a group tells of somebody who signed."""
    named = {"Code", "Name"} <= set(kinds) and ("Time" in kinds or _PERSON.search(name) is not None)
    return named and _DISEASE.search(name) is None


def signer(root: Element, row: Element, called: str) -> list[Element]:
    """Somebody who signed, as what the group is called; the fields that say something else."""
    target = added(root, "authenticator")
    entity = added(target, "assignedEntity")
    left = [each for each in row.children if is_valued(each) and not _says(target, entity, each)]
    added(entity, "code", displayName=called)
    return left


def _says(target: Element, entity: Element, field: Element) -> bool:
    if field.name == "Time":
        put(added(target, "time"), "value", field.leaves[""])
    elif field.name == "Code":
        put(added(entity, "id"), "extension", field.leaves[""], STAFF)
    elif field.name == "Name":
        put(grown(entity, "assignedPerson/name"), "", field.leaves[""])
    elif found := _POSITION.search(field.name):
        way = "assignedPerson/professionalTechnicalPosition/professionaltechnicalpositionCode"
        if found[1] == "Code":
            put(grown(entity, way), "code", field.leaves[""], POSITIONS)
        else:
            put(grown(entity, way), "displayName", field.leaves[""])
    else:
        return False
    return True


def signed(source: Element, name: str, field: Callable[[str], Field]) -> dict[str, Element]:
    """A person's name, number and time in fields of one stem, of which `name` is one; else nothing."""
    stem = _PART.sub("", name)
    if stem == name or not _PERSON.search(stem) or "Rel" in stem:
        return {}
    parts = {
        each.name.removeprefix(stem).removeprefix("Sign"): each
        for each in source.children
        if each.name.startswith(stem) and _PART.fullmatch(each.name.removeprefix(stem)) and is_valued(each)
    }
    if "Name" not in parts or field(parts["Name"].name).element not in ("DE02.01.039.00", ""):
        return {}
    bare = re.sub(r"(?:or|Nurse|Doctor)$", "", stem)  # OrderExcuteTime beside OrderExcutorName
    for each in source.children:
        if each.name in (f"{bare}eTime", f"{bare}Time", f"{bare}SignTime") and is_valued(each):
            parts.setdefault("Time", each)
    return parts
