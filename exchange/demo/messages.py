"""The HL7 v2 messages a simulated hospital sends: A01/A04, A08, A11, ORU^R01, A03, A28, A31, A40.

http://www.hl7.eu/HL7v2x/v251/std251/ch03.html and ch07. Written as a hospital system would write them, by
hand and without our own parser, so that they are a test of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange.demo.laboratory import Panel, Result
from exchange.demo.people import CITY, Resident

# MSH-10 is counted when all of a hospital's messages are in order.
CONTROL_ID = "{control_id}"
# Who gives out health cards: the city, not the hospital.
_CARDS = "&2.16.156.10011.1.19&ISO"
_ADULT = 22


@dataclass(frozen=True, slots=True)
class Doctor:
    """A member of a hospital's staff, under the hospital's own number."""

    number: str
    family: str
    given: str

    def __str__(self) -> str:
        return f"{self.number}^{self.family}^{self.given}"


@dataclass(frozen=True, slots=True)
class Sender:
    """A hospital's interface: `charset` is what it puts in MSH-18, `codec` what it really sends.

    `name_fields`: 2 if the system keeps family and given names apart, 1 if it has one field for both.
    """

    code: str
    name: str
    version: str
    codec: str
    charset: str
    name_fields: int
    doctors: tuple[Doctor, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """One resident's stay at one hospital."""

    sender: Sender
    person: Resident
    patient_number: str
    visit_number: str
    inpatient: bool
    admitted: datetime
    department: str
    doctor: Doctor
    diagnosis: tuple[str, str]
    allergy: tuple[str, str] | None
    shows_citizen_id: bool


def admission(visit: Visit, at: datetime) -> str:
    """A01 for an inpatient, A04 for an outpatient."""
    event = "A01" if visit.inpatient else "A04"
    return _message(
        visit,
        at,
        f"ADT^{event}^ADT_A01",
        _evn(event, at),
        _pid(visit),
        _nk1(visit),
        _pv1(visit),
        *_al1(visit),
        _dg1(visit),
    )


def update(visit: Visit, at: datetime) -> str:
    """A08: the resident has moved house; all else is empty, which means unchanged."""
    moved = _address(f"{visit.person.street}(新址)", visit.person)
    pid = f"PID|1||{_mrn(visit)}||{_name(visit)}||||||{moved}"
    return _message(visit, at, "ADT^A08^ADT_A01", _evn("A08", at), pid, _pv1(visit))


def cancellation(visit: Visit, at: datetime) -> str:
    """A11: the resident did not come after all."""
    return _message(visit, at, "ADT^A11^ADT_A09", _evn("A11", at), _pid(visit), _pv1(visit))


def discharge(visit: Visit, at: datetime) -> str:
    """A03 with the time of discharge in PV1-45."""
    return _message(
        visit, at, "ADT^A03^ADT_A03", _evn("A03", at), _pid(visit), f"{_pv1(visit)}|{_time(at)}", _dg1(visit)
    )


def registration(visit: Visit, at: datetime, number: str) -> str:
    """A28: the same resident registered a second time, under another number."""
    pid = _pid(visit).replace(_mrn(visit), _mrn(visit, number), 1)
    return _message(visit, at, "ADT^A28^ADT_A05", _evn("A28", at), pid, "PV1|1|N")


def correction(visit: Visit, at: datetime, phone: str) -> str:
    """A31: a new telephone number, and `""` for one at work that is no more."""
    pid = f'PID|1||{_mrn(visit)}||{_name(visit)}||||||||{phone}^PRN^CP|""'
    return _message(visit, at, "ADT^A31^ADT_A05", _evn("A31", at), pid, "PV1|1|N")


def merge(visit: Visit, at: datetime, number: str) -> str:
    """A40: `number` was a duplicate of the visit's patient number."""
    return _message(visit, at, "ADT^A40^ADT_A39", _evn("A40", at), _pid(visit), f"MRG|{_mrn(visit, number)}")


def results(visit: Visit, at: datetime, panel: Panel, measured: tuple[Result, ...]) -> str:
    """ORU^R01: one report, local code and LOINC side by side."""
    order = f"{visit.sender.code}{at:%y%m%d%H%M}{visit.person.number:05d}{panel.loinc.replace('-', '')}"
    collected = _time(at - timedelta(minutes=25))
    specimen, specimen_name = panel.specimen
    has_spm = visit.sender.version.startswith("2.5")  # SPM came with 2.5 and took OBR-15's place
    source = "" if has_spm else f"{specimen}&{specimen_name}&HL70487"
    segments = [
        _pid(visit),
        _pv1(visit),
        f"ORC|RE|{order}|{order}L|||||||||{visit.doctor}",
        f"OBR|1|{order}|{order}L|{_code(visit, panel.loinc, panel.name)}|||{collected}|||||||{_time(at)}"
        f"|{source}|{visit.doctor}||||||{_time(at)}||LAB|F",
        *(_obx(visit, number, result, at) for number, result in enumerate(measured, start=1)),
    ]
    if has_spm:
        segments.append(f"SPM|1|{order}S||{specimen}^{specimen_name}^HL70487|||||||||||||{collected}")
    return _message(visit, at, "ORU^R01^ORU_R01", *segments)


def _message(visit: Visit, at: datetime, kind: str, *segments: str) -> str:
    sender = visit.sender
    if sender.version == "2.3.1":  # MSH-9.3 came with 2.4
        kind = kind.rpartition("^")[0]
    msh = (
        f"MSH|^~\\&|HIS|{sender.code}^{sender.name}|YILIAN|HUB|{_time(at)}||{kind}|{CONTROL_ID}|P"
        f"|{sender.version}||||||{sender.charset}"
    )
    return "\r".join((msh, *segments)) + "\r"


def _evn(event: str, at: datetime) -> str:
    return f"EVN|{event}|{_time(at)}"


def _pid(visit: Visit) -> str:
    person = visit.person
    identifiers = [_mrn(visit), f"{person.health_card}^^^{_CARDS}^HC"]
    if visit.shows_citizen_id:
        identifiers.append(f"{person.citizen_id}^^^^NI")
    return (
        f"PID|1||{'~'.join(identifiers)}||{_name(visit)}||{person.born:%Y%m%d}"
        f"|{'M' if person.male else 'F'}|||{_address(person.street, person)}"
        f"||{person.phone}^PRN^CP|||{'M' if _age(visit) >= _ADULT else 'S'}"
    )


def _mrn(visit: Visit, number: str = "") -> str:
    return f"{number or visit.patient_number}^^^{visit.sender.code}^PI"


def _name(visit: Visit) -> str:
    person = visit.person
    if visit.sender.name_fields == 1 or not person.family:
        return person.name
    return f"{person.family}^{person.given}"


def _address(street: str, person: Resident) -> str:
    return f"{street}^^{person.district}^{CITY}^^CHN^H"


def _nk1(visit: Visit) -> str:
    person = visit.person
    kin = "SPO^配偶" if _age(visit) >= _ADULT else "MTH^母亲"
    return f"NK1|1|{person.family or person.given}^家属|{kin}^HL70063|{person.street}|{person.phone}"


def _age(visit: Visit) -> int:
    return (visit.admitted.date() - visit.person.born).days // 365


def _pv1(visit: Visit) -> str:
    """Up to PV1-44, the time of admission."""
    kind = "I" if visit.inpatient else "O"
    ward = "301^12" if visit.inpatient else "^"
    place = f"{visit.department}^{ward}^{visit.sender.code}"
    fields = {2: kind, 3: place, 7: str(visit.doctor), 19: visit.visit_number, 44: _time(visit.admitted)}
    return "PV1|1|" + "|".join(fields.get(number, "") for number in range(2, 45))


def _al1(visit: Visit) -> list[str]:
    if visit.allergy is None:
        return []
    code, name = visit.allergy
    return [f"AL1|1|DA|{code}^{name}^99{visit.sender.code}|MO|皮疹"]


def _dg1(visit: Visit) -> str:
    code, name = visit.diagnosis
    return f"DG1|1||{code}^{name}^I10||{_time(visit.admitted)}|A"


def _obx(visit: Visit, number: int, result: Result, at: datetime) -> str:
    analyte = result.analyte
    return (
        f"OBX|{number}|{result.type}|{_code(visit, analyte.loinc, analyte.name)}||{result.value}"
        f"|{result.unit}|{result.reference_range}|{result.flag}|||F|||{_time(at)}"
    )


def _code(visit: Visit, loinc: str, name: str) -> str:
    code = visit.sender.code
    return f"{code}{loinc.replace('-', '')}^{name}^99{code}^{loinc}^{name}^LN"


def _time(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}"
