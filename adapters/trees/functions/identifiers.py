"""II → Identifier, and the business keys that ids are made of.

https://hl7.org/fhir/R4/datatypes.html#Identifier. A number of one hospital is that hospital's, whatever
OID all of them write; an OID that names one register for all is the system as it stands.
"""

import re
from typing import Any
from uuid import UUID

from adapters.hl7v2.context import Context
from adapters.mapping.functions import Several
from adapters.mapping.identity import key
from adapters.trees.coverage import is_filler
from adapters.trees.reading import Value
from terminology.naming import CITIZEN_ID, canonical_system

Json = dict[str, Any]
URI = "urn:ietf:rfc:3986"
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*)){3,}", re.ASCII)
# Roots of the interaction standard that every hospital writes for its own numbers.
_LOCAL = "2.16.156.10011.2.5.1."
_LOCAL_KINDS = {"4": ("MR",), "1": ("message",), "3": ("application",), "5": ("domain",), "9": ("VN",)}
# The registers that name a person for all hospitals, best first; then a hospital's own numbers.
_PERSON = (
    *("2.16.156.10011.2.5.1.4", "2.16.156.10011.1.3", "2.16.840.1.113883.2.23.1.19.1"),
    *("2.16.156.10011.1.19", "2.16.156.10011.1.2", "2.16.156.10011.1.15", "2.16.156.10011.1.13"),
    *("2.16.156.10011.1.11", "2.16.156.10011.1.10", "2.16.156.10011.1.12"),
)


def system_of(root: str, context: Context, kind: str = "") -> str:
    """The system that a root names; a hospital's file may say another, and without a root it is its own."""
    hospital = context.hospital
    if known := hospital.systems.get(root):
        return known
    if root.startswith(_LOCAL):
        tail = root.removeprefix(_LOCAL)
        return hospital.identifier_system(*_LOCAL_KINDS.get(tail, (tail,)))
    if _OID.fullmatch(root):
        return canonical_system(f"urn:oid:{root}")
    try:
        return f"urn:uuid:{UUID(root)}"
    except ValueError:
        return hospital.identifier_system(kind or root or "id")


def identifier(value: Value, context: Context, kind: str = "") -> Json | None:
    """II → Identifier; None for a filler. A root alone is the identifier, and a text what some write for an
    extension."""
    number, root = value.peek("extension") or value.peek(""), value.peek("root")
    if number and not is_filler(number):
        value.get("extension"), value.get(""), value.get("root")
        return {"system": system_of(root, context, kind), "value": number}
    if number or not root or root.startswith("2.16.156.10011."):
        return None
    value.get("root")
    system = system_of(root, context, kind)
    return {"system": URI, "value": system} if system.startswith("urn:") else None


def ii_identifier(value: Value, context: Context, *, kind: str = "") -> Json | None:
    """Identifier; the assigner's name stands beside it."""
    made = identifier(value, context, kind)
    if made is not None and (name := value.get("assigningAuthorityName")):
        made["assigner"] = {"display": name}
    return made


def person_identifier(value: Value, context: Context, *, kind: str = "") -> Json | None:
    """The same of a person: an OID alone names who gives numbers, and whoever has none has it too."""
    return None if _is_authority(value) else ii_identifier(value, context, kind=kind)


def _is_authority(value: Value) -> bool:
    number, root = value.peek("extension") or value.peek(""), value.peek("root")
    return not number and _OID.fullmatch(root) is not None


def issued_identifier(value: Value, context: Context) -> Several | None:
    """A role's ids, each with the organization that gave it."""
    made = [found for each in value.children("id") if (found := identifier(each, context)) is not None]
    scope = value.child("scopingOrganization")
    given = [identifier(each, context, "organization") for each in scope.children("id")] if scope else []
    if scope and (found := next((each for each in given if each), None)):
        name = scope.below("name")
        made = [
            {**each, "assigner": {"identifier": found} | ({"display": name} if name else {})} for each in made
        ]
    return Several(tuple(made)) if made else None


def ii_value(value: Value, context: Context) -> str | None:
    """The number alone."""
    number = value.peek("extension") or value.peek("")
    return None if not number or is_filler(number) else value.get("extension") or value.get("")


def ii_uri(value: Value, context: Context) -> str | None:
    """The root as a URI, with the number behind it."""
    root = value.get("root")
    if not root:
        return None
    system = system_of(root, context)
    number = value.get("extension")
    return f"{system}#{number}" if number else system


def ii_key(values: list[Value], context: Context) -> str | None:
    """System and value of the first that is no filler."""
    found = (identifier(value, context) for value in values)
    first = next((each for each in found if each is not None), None)
    return key(first["system"], first["value"]) if first else None


def person_key(values: list[Value], context: Context) -> str | None:
    """System and value of the number that names the person best."""
    numbers = [
        (value.peek("root"), made)
        for value in values
        if not _is_authority(value) and (made := identifier(value, context))
    ]
    ranked = sorted(numbers, key=lambda pair: _PERSON.index(pair[0]) if pair[0] in _PERSON else len(_PERSON))
    if not ranked:
        return None
    return key(ranked[0][1]["system"], ranked[0][1]["value"])


def text_key(values: list[Value], context: Context) -> str | None:
    """All that the values say."""
    return (
        "\x1f".join(value.element.raw if value.attribute is None else value.text() for value in values)
        or None
    )


def is_citizen(system: str) -> bool:
    return system == CITIZEN_ID
