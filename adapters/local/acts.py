"""Rows that are an act of their own: a procedure, a medication; with who took part in it."""

import re
from collections.abc import Callable, Collection

from adapters.local.building import added, grown, put
from adapters.local.fields import Field
from adapters.local.signers import STAFF
from adapters.trees.element import Element, is_valued

_PERSON = re.compile(r"Doctor|Assistant|Anesthetist|Person|Nurse|User")
_PROCEDURE = frozenset(("DE06.00.093.00", "DE06.00.093.01", "DE06.00.094.00"))
_MEDICATION = frozenset(("DE08.50.022.00", "DE06.00.132.00", "DE06.00.134.00"))


def kind_of_act(elements: Collection[str]) -> str:
    """What the data elements of a row make it; "" for no act."""
    if _PROCEDURE & set(elements):
        return "procedure"
    return "substanceAdministration" if _MEDICATION & set(elements) else ""


def person(act: Element, field: Element, row: Element, known: Callable[[str], Field]) -> bool:
    """Who did it: a number and a name whose data element is a person's."""
    stem = re.sub(r"(?:Code|Name)$", "", field.name)
    if stem == field.name or not _PERSON.search(stem):
        return False
    fields = {each.name: each for each in row.children if is_valued(each)}
    number, name = fields.get(f"{stem}Code"), fields.get(f"{stem}Name")
    if field is name and number is not None:
        return True
    role = added(added(act, "participant"), "participantRole")
    if number is not None:
        put(added(role, "id"), "extension", number.leaves[""], STAFF)
    if name is not None:
        put(grown(role, "playingEntity/name"), "", name.leaves[""])
    added(role, "code", displayName=known(field.name).name)
    return True
