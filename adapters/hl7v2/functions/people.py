"""XCN, CNN, NDL, XON → Practitioner, PractitionerRole and Organization, and references to them.

A person without a number cannot be told from a namesake, so no resource is made of one: the reference carries
the name only. Organizations are told apart by their number or, within one hospital, by their name.
https://hl7.org/fhir/R4/references.html#Reference
"""

from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.coded import table_coding
from adapters.hl7v2.functions.contacts import xad_address, xtn_telecom
from adapters.hl7v2.functions.identifiers import (
    CHECK_DIGIT,
    CHECK_DIGIT_SCHEME,
    Authority,
    cx_identifier,
    facility_of,
    system_and_assigner,
    type_concept,
)
from adapters.hl7v2.functions.names import FurtherParts, further_name_parts, human_name
from adapters.hl7v2.functions.places import ndl_location
from adapters.hl7v2.functions.times import period_of
from adapters.hl7v2.functions.urls import OWN, STRUCTURE, THO, V2
from adapters.hl7v2.reading import Value
from adapters.mapping.functions import Made
from adapters.mapping.identity import key, resource_id

Json = dict[str, Any]
NAME = OWN + "practitioner-name"
PERFORMER_FUNCTION = STRUCTURE + "event-performerFunction"
_XCN_NAME = (2, 3, 4, 5, 6, 0)
_XCN_FURTHER = FurtherParts(representation=15, order=18, professional=21, start=19, end=20, span=17)


def xcn_practitioner(
    value: Value,
    context: Context,
    *,
    address: Value | None = None,
    telecom: Value | None = None,
    role: str = "",
) -> Made | None:
    """XCN or CN → Reference(Practitioner). `role` (Table 0912) says as what, where the element cannot."""
    name = human_name(value, context, _XCN_NAME, use_part=10)
    identifier = _xcn_identifier(value, context)
    if value.count() > 14:
        further_name_parts(name, value, context, _XCN_FURTHER)
    made: Json = {}
    if name.keys() & {"family", "given", "text", "suffix", "prefix"}:
        made["name"] = [name]
    if degree := value.text(7):
        made["qualification"] = [{"code": _degree(degree, context)}]
    if address is not None and (where := xad_address(address, context)):
        made["address"] = [where]
    if telecom is not None and (points := xtn_telecom(telecom, context)):
        made["telecom"] = list(points.values)
    return _in_role(_practitioner(identifier, made, context), role)


def _in_role(made: Made | None, role: str) -> Made | None:
    if made is None or not role:
        return made
    system = V2 + "0912" if role == "MDIR" else THO + "v3-ParticipationType"
    concept = {"coding": [{"system": system, "code": role}]}
    extension = {"url": PERFORMER_FUNCTION, "valueCodeableConcept": concept}
    extensions = [extension, *made.value.get("extension", ())]
    return Made({**made.value, "extension": extensions}, made.resources)


def _practitioner(identifier: Json | None, made: Json, context: Context) -> Made | None:
    display = made["name"][0].get("text", "") if "name" in made else ""
    if identifier is None:
        return Made(_named(made["name"][0], display), ()) if display else None
    business_key = key(identifier["system"], identifier["value"])
    practitioner_id = resource_id("Practitioner", context.hospital.id, business_key)
    resource = {"resourceType": "Practitioner", "id": practitioner_id, "identifier": [identifier], **made}
    return Made(_reference("Practitioner", practitioner_id, display), (resource,))


def _named(name: Json, display: str) -> Json:
    """A reference to somebody of whom only the name is known."""
    parts = {key: value for key, value in name.items() if key != "text"}
    made: Json = {"type": "Practitioner", "display": display}
    if parts.keys() - {"use"} and parts.get("family") != display:
        made["extension"] = [{"url": NAME, "valueHumanName": parts}]
    return made


def _reference(resource_type: str, identity: str, display: str) -> Json:
    made = {"reference": f"{resource_type}/{identity}"}
    if display:
        made["display"] = display
    return made


def _described(context: Context, type_code: str, check_digit: str, scheme: str) -> Json:
    """What an identifier says beside its number: check digit and type."""
    made: Json = {}
    pairs = ((CHECK_DIGIT, check_digit), (CHECK_DIGIT_SCHEME, scheme))
    if extensions := [{"url": url, "valueString": text} for url, text in pairs if text]:
        made["extension"] = extensions
    if concept := type_concept(context, type_code):
        made["type"] = concept
    return made


def _xcn_identifier(value: Value, context: Context) -> Json | None:
    number = value.text(1)
    if not number:
        return None
    type_code = value.text(13)
    system, assigner = system_and_assigner(
        context,
        Authority(value.sub(9)),
        type_code or "practitioner",
        number,
        facility_of(value.sub(14)),
    )
    identifier = {"system": system, "value": number} | ({"assigner": assigner} if assigner else {})
    return _described(context, type_code, value.text(11), value.text(12)) | identifier


def _degree(degree: str, context: Context) -> Json:
    """Table 0360."""
    return {"coding": [table_coding(context, "Degree", "0360", degree)]}


def ndl_practitioner(value: Value, context: Context, *, role: str = "") -> Made | None:
    """NDL → Reference(Practitioner), whose CNN has sub-components as its parts; Reference(PractitionerRole)
    if it also says when and where."""
    person = value.sub(1)
    name = human_name(person, context, (2, 3, 4, 5, 6, 7), use_part=99)
    identifier: Json | None = None
    if number := person.text(1):
        system, assigner = system_and_assigner(context, Authority(person, 9), "practitioner", number)
        identifier = {"system": system, "value": number, **({"assigner": assigner} if assigner else {})}
    made = _practitioner(identifier, {"name": [name]} if name.get("text") else {}, context)
    return _in_role(_placed(made, value, context), role)


def _placed(made: Made | None, value: Value, context: Context) -> Made | None:
    """A PractitionerRole, if NDL-2 to NDL-11 say more than who."""
    if made is None or not any(value.has(part) for part in range(2, 12)):
        return made
    when, where = period_of(value, context, 2, 3), ndl_location(value, context)
    parts: Json = {"period": when} if when else {}
    parts["practitioner"] = made.value
    if where is not None:
        parts["location"] = [where.value]
    who = made.value.get("reference") or made.value["display"]
    what = key("NDL", who, where.value["reference"] if where else "", *(when or {}).values())
    identity = resource_id("PractitionerRole", context.hospital.id, what)
    resource = {"resourceType": "PractitionerRole", "id": identity, **parts}
    reference = _reference("PractitionerRole", identity, made.value.get("display", ""))
    return Made(reference, (*made.resources, *(where.resources if where else ()), resource))


def practitioner_key(values: list[Value], context: Context) -> str | None:
    """System and value of a person's number, or the name."""
    if not values:
        return None
    identifier = _xcn_identifier(values[0], context)
    if identifier:
        return key(identifier["system"], identifier["value"])
    return values[0].whole() or None


def xon_organization(
    value: Value,
    context: Context,
    *,
    address: Value | None = None,
    telecom: Value | None = None,
    contact: Value | None = None,
    number: Value | None = None,
) -> Made | None:
    """XON → Reference(Organization). `number` is a CX that stands elsewhere (IN1-3)."""
    name = value.text(1)
    identifier = _xon_identifier(value, context)
    given = [identifier] if identifier else []
    if number is not None and (other := cx_identifier(number, context, kind="organization")):
        given.append(other)
    if not name and not given:
        return None
    made: Json = {"identifier": given} if given else {}
    if name:
        made["name"] = name
    if telecom is not None and (points := xtn_telecom(telecom, context)):
        made["telecom"] = [_of_organization(point) for point in points.values]
    if address is not None and (where := xad_address(address, context)):
        made["address"] = [_of_organization(where)]
    if contact is not None and (person := human_name(contact, context, (1, 2, 3, 4, 5, 6), use_part=7)).get(
        "text"
    ):
        made["contact"] = [{"name": person}]
    return organization(made, context)


def cx_organization(value: Value, context: Context) -> Made | None:
    """CX that names an organization → Reference(Organization)."""
    identifier = cx_identifier(value, context, kind="organization")
    return organization({"identifier": [identifier]}, context) if identifier else None


def employer_organization(
    value: Value, context: Context, *, address: Value | None = None, telecom: Value | None = None
) -> Made | None:
    """XPN that names an employer (GT1-16) → Reference(Organization)."""
    name = human_name(value, context, (1, 2, 3, 4, 5, 6), use_part=7).get("text")
    if not name:
        return None
    made: Json = {"name": name}
    if telecom is not None and (points := xtn_telecom(telecom, context)):
        made["telecom"] = [_of_organization(point) for point in points.values]
    if address is not None and (where := xad_address(address, context)):
        made["address"] = [_of_organization(where)]
    return organization(made, context)


def organization(made: Json, context: Context) -> Made:
    """A reference to the Organization that has these elements: known by its first identifier, or by its
    name."""
    identifiers = made.get("identifier")
    if identifiers:
        business_key = key(identifiers[0]["system"], identifiers[0]["value"])
    else:
        business_key = key("name", made["name"])
    identity = resource_id("Organization", context.hospital.id, business_key)
    resource = {"resourceType": "Organization", "id": identity, **made}
    return Made(_reference("Organization", identity, made.get("name", "")), (resource,))


def _of_organization(contact: Json) -> Json:
    """An organization is at home nowhere (org-2, org-3)."""
    return {name: value for name, value in contact.items() if name != "use" or value != "home"}


def _xon_identifier(value: Value, context: Context) -> Json | None:
    number = value.text(10) or value.text(3)
    if not number:
        return None
    type_code = value.text(7)
    system, assigner = system_and_assigner(
        context,
        Authority(value.sub(6)),
        type_code or "organization",
        number,
        facility_of(value.sub(8)),
    )
    identifier = {"system": system, "value": number} | ({"assigner": assigner} if assigner else {})
    return _described(context, type_code, value.text(4), value.text(5)) | identifier


def cwe_organization(value: Value, context: Context) -> Made | None:
    """CWE that names an organization (OBX-15) → Reference(Organization)."""
    code, text = value.text(1), value.text(2) or value.text(9)
    if not code and not text:
        return None
    made: Json = {}
    if code:
        names = [name] if (name := value.text(3)) else []
        made["identifier"] = [
            {"system": context.hospital.identifier_system(*names, "organization"), "value": code}
        ]
    made["name"] = text or code
    return organization(made, context)


def hd_organization(value: Value, context: Context) -> Made | None:
    """HD → Reference(Organization) by the facility's name in messages."""
    name = value.text(1) or value.text(2)
    return organization({"name": name}, context) if name else None


def xpn_practitioner(value: Value, context: Context, *, address: Value | None = None) -> Made | None:
    """XPN of a provider without a number → Reference(Practitioner)."""
    name = human_name(value, context, (1, 2, 3, 4, 5, 6), use_part=7)
    if not name.get("text"):
        return None
    made: Json = {"name": [name]}
    if address is not None and (where := xad_address(address, context)):
        made["address"] = [where]
    identity = resource_id("Practitioner", context.hospital.id, key("name", name["text"]))
    resource = {"resourceType": "Practitioner", "id": identity, **made}
    return Made(_reference("Practitioner", identity, name["text"]), (resource,))
