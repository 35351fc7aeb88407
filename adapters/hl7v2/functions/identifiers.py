"""CX, EI, EIP, HD, DLN, PLN → Identifier.

https://hl7.org/fhir/R4/datatypes.html#Identifier. A system is what the sender names as OID, UUID or URI;
else what the hospital's file or the vocabulary `IdentifierSystem` says of the authority or the type; else
the hospital's own: `{base}/sid/{hospital}/{authority unless it is the hospital}/{type}`. There is never a
made-up system of nobody's.
"""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.coded import table_coding
from adapters.hl7v2.functions.times import period_of
from adapters.hl7v2.functions.urls import OWN, STRUCTURE, URI
from adapters.hl7v2.reading import Value
from adapters.hospitals.hospital import Hospital
from adapters.mapping.functions import Several
from terminology.naming import CITIZEN_ID

Json = dict[str, Any]
CHECK_DIGIT = STRUCTURE + "identifier-checkDigit"
CHECK_DIGIT_SCHEME = STRUCTURE + "namingsystem-checkDigit"
AUTHORITY = OWN + "assigning-authority"
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*)){3,}", re.ASCII)
_URI_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.ASCII)
# A citizen id by its form alone: where a number of that form cannot be another's.
_CITIZEN = re.compile(
    r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]", re.ASCII
)
_OLD_CITIZEN = re.compile(r"[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}", re.ASCII)
# Types that say "national number" of any nation.
_NATIONAL = frozenset(("NI", "NNCHN"))


def universal_uri(universal: str, kind: str) -> str:
    """The URI of a universal id: an OID, a UUID or a URI; "" for what is none (DNS, CLIA, local)."""
    kind = kind.upper()
    if kind in ("ISO", "OID", "") and _OID.fullmatch(universal.removeprefix("urn:oid:")):
        return f"urn:oid:{universal.removeprefix('urn:oid:')}"
    if kind in ("UUID", "GUID"):
        try:
            return f"urn:uuid:{UUID(universal)}"
        except ValueError:
            return ""
    return universal if kind in ("URI", "URL", "") and _URI_FORM.fullmatch(universal) else ""


def is_citizen_id(number: str) -> bool:
    """Whether a number has the form of a citizen id (its check digit is the index's business)."""
    return bool(_CITIZEN.fullmatch(number) or _OLD_CITIZEN.fullmatch(number))


@dataclass(frozen=True, slots=True)
class Authority:
    """Who gave a number: an HD that begins at a part of a value (0: there is none). What it says is read only
    where it is used."""

    value: Value
    first: int = 1

    def peek(self, part: int) -> str:
        return self.value.peek(self.first + part - 1) if self.first else ""

    def use(self, part: int) -> str:
        return self.value.text(self.first + part - 1) if self.first else ""


def system_and_assigner(
    context: Context, authority: Authority, type_code: str, number: str, facility: Json | None = None
) -> tuple[str, Json | None]:
    """The system of a number, and its Identifier.assigner: the facility, and what the system does not say of
    the authority, if there is room for it."""
    hospital = context.hospital
    namespace, universal = authority.peek(1), authority.peek(2)
    assigner = dict(facility or {})
    system = universal_uri(universal, authority.peek(3)) if universal else ""
    if system:
        authority.use(2), authority.use(3)
        if namespace:
            _name_authority(assigner, authority.use(1))
        return system, assigner or None
    if universal and "identifier" not in assigner:
        assigner["identifier"] = universal_identifier(authority.use(2), authority.use(3))
    own = _own_names(hospital, authority)
    if own:
        _name_authority(assigner, namespace)
    return _system(context, namespace, type_code, number) or (
        hospital.identifier_system(*own, type_code or "id")
    ), assigner or None


def _name_authority(assigner: Json, name: str) -> None:
    """Its name, beside that of the facility if there is one."""
    if assigner.setdefault("display", name) != name:
        assigner["extension"] = [{"url": AUTHORITY, "valueString": name}]


def _system(context: Context, namespace: str, type_code: str, number: str) -> str:
    """The system that the hospital's file or the vocabulary says of an authority or a type, or ""."""
    for name in (namespace, type_code):
        if name and (known := context.hospital.systems.get(name)):
            return known
    known = context.word("IdentifierSystem", type_code.upper())
    if known == CITIZEN_ID and type_code.upper() in _NATIONAL and not is_citizen_id(number):
        return ""
    return known


def _own_names(hospital: Hospital, authority: Authority) -> tuple[str, ...]:
    """What the authority adds to a system of the hospital's own: nothing, if it is the hospital itself."""
    namespace = authority.use(1)
    names = (hospital.id, hospital.name, *hospital.facilities)
    return (
        () if not namespace or namespace.casefold() in [name.casefold() for name in names] else (namespace,)
    )


def universal_identifier(universal: str, kind: str) -> Json:
    """A universal id as an Identifier: of RFC 3986 if it is a URI, else with its kind as type."""
    if uri := universal_uri(universal, kind):
        return {"system": URI, "value": uri}
    return {"type": {"text": kind}, "value": universal} if kind else {"value": universal}


def type_concept(context: Context, code: str) -> Json | None:
    """Identifier.type: a code of Table 0203, or the hospital's own."""
    if not code:
        return None
    return {"coding": [table_coding(context, "IdentifierType", "0203", code)]}


def cx_identifier(value: Value, context: Context, *, kind: str = "", type: str = "") -> Json | None:
    """CX → Identifier. `kind` names the system where the sender gives no type, `type` is the type it then
    has."""
    number = value.text(1)
    if not number:
        return None
    type_code = value.text(5)
    system, assigner = system_and_assigner(
        context, Authority(value.sub(4)), type_code or type or kind, number, facility_of(value.sub(6))
    )
    made: Json = {}
    if extensions := _check_digit(value.text(2), value.text(3)):
        made["extension"] = extensions
    if concept := type_concept(context, type_code or type):
        made["type"] = concept
    made |= {"system": system, "value": number}
    if value.count() > 6 and (validity := period_of(value, context, 7, 8)):
        made["period"] = validity
    if assigner:
        made["assigner"] = assigner
    return made


def _check_digit(digit: str, scheme: str) -> list[Json]:
    pairs = ((CHECK_DIGIT, digit), (CHECK_DIGIT_SCHEME, scheme))
    return [{"url": url, "valueString": text} for url, text in pairs if text]


def facility_of(facility: Value) -> Json | None:
    """The HD of the facility that gave a number, as an Identifier.assigner."""
    if not (facility.has(1) or facility.has(2)):
        return None
    made: Json = {}
    if universal := facility.text(2):
        made["identifier"] = universal_identifier(universal, facility.text(3))
    if name := facility.text(1):
        made["display"] = name
    return made


def ssn_identifier(value: Value, context: Context, *, type: str) -> Json | None:
    """PID-19 → Identifier: a citizen id if it has that form, else a number of the hospital's."""
    number = value.whole()
    if not number:
        return None
    if is_citizen_id(number):
        return {"type": type_concept(context, "NNCHN"), "system": CITIZEN_ID, "value": number}
    system, _ = system_and_assigner(context, Authority(value, 0), type, number)
    return {"type": type_concept(context, type), "system": system, "value": number}


def ei_identifier(value: Value, context: Context, *, kind: str, type: str = "") -> Json | None:
    """EI → Identifier. `kind` names the system where the sender names no authority."""
    number = value.text(1)
    if not number:
        return None
    system, assigner = system_and_assigner(context, Authority(value, 2), kind, number)
    made: Json = {"type": type_concept(context, type)} if type else {}
    made |= {"system": system, "value": number}
    if assigner:
        made["assigner"] = assigner
    return made


def eip_identifiers(value: Value, context: Context, *, kind: str, placer: str, filler: str) -> Several | None:
    """EIP → the placer's and the filler's Identifier. An EI sent in its place is read as one."""
    if value.count() > 2:
        made = [ei_identifier(value, context, kind=kind, type=placer)]
    else:
        made = [
            ei_identifier(value.sub(part), context, kind=kind, type=type_code)
            for part, type_code in ((1, placer), (2, filler))
            if value.has(part)
        ]
    found = tuple(each for each in made if each)
    return Several(found) if found else None


def group_number(value: Value, context: Context, *, kind: str, type: str) -> Json | None:
    """EI → Identifier; of an EIP the placer's number, else the filler's."""
    if value.count() > 2:
        return ei_identifier(value, context, kind=kind, type=type)
    return ei_identifier(value.sub(1 if value.has(1) else 2), context, kind=kind, type=type)


def parent_order(value: Value, context: Context) -> Json | None:
    """EIP of a parent order → Identifier of that order."""
    return group_number(value, context, kind="placer-order", type="PLAC" if value.has(1) else "FILL")


def device_reference(value: Value, context: Context) -> Json | None:
    """EI of an instrument → Reference(Device) by its identifier."""
    identifier = ei_identifier(value, context, kind="device")
    return {"type": "Device", "identifier": identifier} if identifier else None


def hd_identifier(value: Value, context: Context) -> Several | None:
    """HD → Identifiers of a facility: its universal id, and its name in messages."""
    made: list[Json] = []
    if universal := value.text(2):
        made.append(universal_identifier(universal, value.text(3)))
    if namespace := value.text(1):
        made.append({"system": context.hospital.identifier_system("facility"), "value": namespace})
    return Several(tuple(made)) if made else None


def dln_identifier(value: Value, context: Context) -> Json | None:
    """DLN → Identifier of type DL; the issuing state is the assigner."""
    number = value.text(1)
    if not number:
        return None
    made: Json = {"type": type_concept(context, "DL")}
    issuer = value.text(2)
    made |= {"system": context.hospital.identifier_system(*filter(None, (issuer, "DL"))), "value": number}
    if issuer:
        made["assigner"] = {"display": issuer}
    if validity := period_of(value, context, 99, 3):
        made["period"] = validity
    return made


def pln_identifier(value: Value, context: Context) -> Json | None:
    """PLN → Identifier."""
    number = value.text(1)
    if not number:
        return None
    type_code = value.text(2)
    issuer = value.text(3)
    names = [issuer] if issuer else []
    system = context.hospital.identifier_system(*names, type_code or "practitioner")
    made: Json = {"type": type_concept(context, type_code)} if type_code else {}
    made |= {"system": system, "value": number}
    if issuer:
        made["assigner"] = {"display": issuer}
    if validity := period_of(value, context, 99, 4):
        made["period"] = validity
    return made


def number_identifier(value: Value, context: Context, *, kind: str) -> Json | None:
    """A bare number, or the code of a key → Identifier of the hospital's own."""
    number = value.text(1)
    return {"system": context.hospital.identifier_system(kind), "value": number} if number else None
