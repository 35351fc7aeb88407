"""Answers of the patient index as HL7 v3's international edition writes them: PIXV3 and PDQV3. Pure.

https://profiles.ihe.net/ITI/TF/Volume2/ITI-45.html#3.45.4.2 · https://profiles.ihe.net/ITI/TF/Volume2/ITI-47.html#3.47.4.2
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from adapters.hl7v2.acknowledge import Fault
from adapters.trees.element import Element
from adapters.v3.interaction import HL7_INTERACTIONS, NAMESPACE, Interaction
from adapters.v3.wording import each_in, said, time

Json = dict[str, Any]
ACKNOWLEDGED: Final = "MCCI_IN000002UV01"
_TRIGGERS: Final = "2.16.840.1.113883.1.18"
_CONDITIONS: Final = "2.16.840.1.113883.12.357"
_SUBJECT: Final = 'subject typeCode="SUBJ" contextConductionInd="false"'
_GENDERS: Final = {"male": "M", "female": "F", "other": "UN", "unknown": "UN"}
_USES: Final = {"home": "HP", "work": "WP", "mobile": "MC", "temp": "TMP"}
_SCHEMES: Final = {"phone": "tel", "fax": "fax", "email": "mailto", "url": ""}
_PARTS: Final = (
    ("line", "streetAddressLine"),
    ("city", "city"),
    ("district", "county"),
    ("state", "state"),
    ("postalCode", "postalCode"),
    ("country", "country"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """`ids` are (root, extension), `missing` roots of domains asked for in which the person has no number;
    of `patient` the demographics are told, if it is not empty."""

    ids: Sequence[tuple[str, str]]
    patient: Json
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`before` persons were told, of `total`; `status` is OK, NF or AE."""

    status: str
    persons: Sequence[Person] = ()
    total: int = 0
    before: int = 0


def answered(
    name: str,
    asked: Interaction,
    number: bytes,
    instant: datetime,
    code: str,
    faults: Sequence[Fault] = (),
    content: str = "",
) -> str:
    """A message in answer to another; `number` are 16 bytes, a fault's address the location."""
    sender, receiver = asked.devices
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{NAMESPACE}" ITSVersion="XML_1.0">'
        f'<id root="{UUID(bytes=number[:16])}"/><creationTime value="{instant:%Y%m%d%H%M%S%z}"/>'
        f'<interactionId root="{HL7_INTERACTIONS}" extension="{name}"/>'
        '<processingCode code="P"/><processingModeCode code="T"/><acceptAckCode code="NE"/>'
        f"{_device('receiver', 'RCV', sender)}{_device('sender', 'SND', receiver)}"
        f'<acknowledgement><typeCode code="{code}"/><targetMessage>{_id(asked.message_id)}</targetMessage>'
        f"{''.join(map(_detail, faults))}</acknowledgement>{content}</{name}>"
    )


def control_act(name: str, page: Page, query: tuple[str, str], asked: str, custodian: str) -> str:
    """`asked` is the queryByParameter as it was sent; `custodian` the root of who answers."""
    told = [_registration(each, custodian) for each in page.persons]
    current = len(page.persons)
    counts = (
        ("resultTotalQuantity", page.total),
        ("resultCurrentQuantity", current),
        ("resultRemainingQuantity", max(page.total - page.before - current, 0)),
    )
    quantities = "".join(f'<{element} value="{number}"/>' for element, number in counts)
    return (
        '<controlActProcess classCode="CACT" moodCode="EVN">'
        f'<code code="{name.replace("_IN", "_TE")}" codeSystem="{_TRIGGERS}"/>'
        f"{each_in(_SUBJECT, told)}"
        f'<queryAck>{_id(query, "queryId")}<statusCode code="deliveredResponse"/>'
        f'<queryResponseCode code="{page.status}"/>{quantities}</queryAck>{asked}</controlActProcess>'
    )


def written(element: Element) -> str:
    """An element as XML again, in the namespace around it."""
    own = "".join(f' {name}="{said(told)}"' for name, (_, told) in element.leaves.items() if name)
    inner = "".join(said(each) if isinstance(each, str) else written(each) for each in element.content)
    return f"<{element.name}{own}>{inner}</{element.name}>" if inner else f"<{element.name}{own}/>"


def _device(name: str, kind: str, number: tuple[str, str]) -> str:
    inner = f'<device classCode="DEV" determinerCode="INSTANCE">{_id(number)}</device>'
    return f'<{name} typeCode="{kind}">{inner}</{name}>'


def _detail(fault: Fault) -> str:
    where = f"<location>{said(fault.address)}</location>" if fault.address else ""
    return (
        f'<acknowledgementDetail typeCode="{fault.severity}">'
        f'<code code="{said(fault.code)}" codeSystem="{_CONDITIONS}"/>'
        f"<text>{said(fault.diagnostics)}</text>{where}</acknowledgementDetail>"
    )


def _id(number: tuple[str, str], element: str = "id") -> str:
    root, extension = number
    if not root and not extension:
        return f'<{element} nullFlavor="NI"/>'
    told = "".join(f' {n}="{said(v)}"' for n, v in (("root", root), ("extension", extension)) if v)
    return f"<{element}{told}/>"


def _registration(person: Person, custodian: str) -> str:
    ids = "".join(map(_id, person.ids)) or _id(("", ""))
    degree = (
        '<subjectOf1><queryMatchObservation classCode="OBS" moodCode="EVN"><code code="IHE_PDQ"/>'
        '<value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="INT" value="100"/>'
        "</queryMatchObservation></subjectOf1>"
    )
    inner = f'{ids}<statusCode code="active"/>{_person(person)}{degree if person.patient else ""}'
    return (
        '<registrationEvent classCode="REG" moodCode="EVN"><id nullFlavor="NA"/><statusCode code="active"/>'
        f'<subject1 typeCode="SBJ"><patient classCode="PAT">{inner}</patient></subject1>'
        '<custodian typeCode="CST"><assignedEntity classCode="ASSIGNED">'
        f"{_id((custodian, ''))}</assignedEntity></custodian></registrationEvent>"
    )


def _person(person: Person) -> str:
    patient = person.patient
    names = "".join(map(_name, patient.get("name", ()))) or '<name nullFlavor="NA"/>'
    sex = _GENDERS.get(str(patient.get("gender", "")), "")
    others = "".join(
        f'<asOtherIDs classCode="PAT"><id nullFlavor="UNK"/><scopingOrganization classCode="ORG"'
        f' determinerCode="INSTANCE">{_id((root, ""))}</scopingOrganization></asOtherIDs>'
        for root in person.missing
    )
    order = patient.get("multipleBirthInteger")
    return (
        f'<patientPerson classCode="PSN" determinerCode="INSTANCE">{names}'
        f"{''.join(map(_telecom, patient.get('telecom', ())))}"
        + (f'<administrativeGenderCode code="{sex}"/>' if sex else "")
        + time("birthTime", str(patient.get("birthDate", "")))
        + (f'<multipleBirthOrderNumber value="{order}"/>' if isinstance(order, int) else "")
        + f"{''.join(map(_address, patient.get('address', ())))}{others}</patientPerson>"
    )


def _name(told: Json) -> str:
    parts = [("prefix", each) for each in told.get("prefix", ())]
    parts += [("given", each) for each in told.get("given", ())]
    parts += [("family", told["family"])] if told.get("family") else []
    parts += [("suffix", each) for each in told.get("suffix", ())]
    inner = "".join(f"<{part}>{said(each)}</{part}>" for part, each in parts) or said(told.get("text", ""))
    return f"<name>{inner}</name>" if inner else ""


def _telecom(told: Json) -> str:
    scheme = _SCHEMES.get(str(told.get("system", "phone")), "tel")
    value = f"{scheme}:{told.get('value', '')}" if scheme else str(told.get("value", ""))
    use = _USES.get(str(told.get("use", "")), "")
    own = f' use="{use}"' if use else ""
    return f'<telecom value="{said(value)}"{own}/>' if told.get("value") else ""


def _address(told: Json) -> str:
    parts = []
    for name, element in _PARTS:
        values = told.get(name, ())
        listed = values if isinstance(values, list | tuple) else [values]
        parts += [f"<{element}>{said(each)}</{element}>" for each in listed]
    inner = "".join(parts) or said(told.get("text", ""))
    return f"<addr>{inner}</addr>" if inner else ""
