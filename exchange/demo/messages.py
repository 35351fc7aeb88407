"""The HL7 v2 messages a simulated hospital sends: A01/A04, A08, ORU^R01, A03, A28, A40.

http://www.hl7.eu/HL7v2x/v251/std251/ch03.html and ch07. Written as a hospital system would write them, by
hand and without our own parser, so that they are a test of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange.demo.laboratory import Panel, Result
from exchange.demo.people import Resident


@dataclass(frozen=True, slots=True)
class Sender:
    """A hospital's interface: `charset` is what it puts in MSH-18, `codec` what it really sends."""

    code: str
    name: str
    version: str
    codec: str
    charset: str


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
    doctor: tuple[str, str, str]
    diagnosis: tuple[str, str]
    shows_citizen_id: bool


def admission(visit: Visit, at: datetime) -> str:
    """A01 for an inpatient, A04 for an outpatient."""
    event = "A01" if visit.inpatient else "A04"
    return _message(
        visit, at, f"ADT^{event}^ADT_A01", _evn(event, at), _pid(visit), _nk1(visit), _pv1(visit), _dg1(visit)
    )


def update(visit: Visit, at: datetime) -> str:
    """A08: the resident has moved house; all else is empty, which means unchanged."""
    moved = f"{visit.person.street}(新址)^^{visit.person.district}^上海市^^CHN^H"
    pid = f"PID|1||{_mrn(visit)}||{_name(visit)}||||||{moved}"
    return _message(visit, at, "ADT^A08^ADT_A01", _evn("A08", at), pid, _pv1(visit))


def discharge(visit: Visit, at: datetime) -> str:
    """A03 with the time of discharge in PV1-45."""
    return _message(
        visit, at, "ADT^A03^ADT_A03", _evn("A03", at), _pid(visit), f"{_pv1(visit)}|{_time(at)}", _dg1(visit)
    )


def registration(visit: Visit, at: datetime, number: str) -> str:
    """A28: the same resident registered a second time, under another number."""
    pid = _pid(visit).replace(_mrn(visit), _mrn(visit, number), 1)
    return _message(visit, at, "ADT^A28^ADT_A05", _evn("A28", at), pid, "PV1|1|N")


def merge(visit: Visit, at: datetime, number: str) -> str:
    """A40: `number` was a duplicate of the visit's patient number."""
    return _message(visit, at, "ADT^A40^ADT_A39", _evn("A40", at), _pid(visit), f"MRG|{_mrn(visit, number)}")


def results(visit: Visit, at: datetime, panel: Panel, measured: tuple[Result, ...]) -> str:
    """ORU^R01: one report, local code and LOINC side by side."""
    local = f"{visit.sender.code}{panel.loinc.replace('-', '')}"
    order = f"{visit.sender.code}{at:%y%m%d%H%M}{visit.person.number:05d}{panel.loinc.replace('-', '')}"
    collected = _time(at - timedelta(minutes=25))
    specimen, specimen_name = panel.specimen
    return _message(
        visit,
        at,
        "ORU^R01^ORU_R01",
        _pid(visit),
        _pv1(visit),
        f"ORC|RE|{order}|{order}L|||||||||{_doctor(visit)}",
        f"OBR|1|{order}|{order}L|{local}^{panel.name}^99{visit.sender.code}^{panel.loinc}^{panel.name}^LN"
        f"|||{collected}|||||||{_time(at)}|{specimen}&{specimen_name}&HL70487|{_doctor(visit)}||||||{_time(at)}||LAB|F",
        *(_obx(visit, number, result, at) for number, result in enumerate(measured, start=1)),
    )


def _message(visit: Visit, at: datetime, kind: str, *segments: str) -> str:
    sender = visit.sender
    if sender.version == "2.3.1":  # MSH-9.3 came with 2.4
        kind = kind.rpartition("^")[0]
    msh = (
        f"MSH|^~\\&|HIS|{sender.code}^{sender.name}|YILIAN|HUB|{_time(at)}||{kind}|{{control_id}}|P"
        f"|{sender.version}||||||{sender.charset}"
    )
    return "\r".join((msh, *segments)) + "\r"


def _evn(event: str, at: datetime) -> str:
    return f"EVN|{event}|{_time(at)}"


def _pid(visit: Visit) -> str:
    person = visit.person
    identifiers = [_mrn(visit), f"{person.health_card}^^^^HC"]
    if visit.shows_citizen_id:
        identifiers.append(f"{person.citizen_id}^^^^NI")
    return (
        f"PID|1||{'~'.join(identifiers)}||{_name(visit)}||{person.born:%Y%m%d}"
        f"|{'M' if person.male else 'F'}|||{person.street}^^{person.district}^上海市^^CHN^H"
        f"||{person.phone}^PRN^CP|||M"
    )


def _mrn(visit: Visit, number: str = "") -> str:
    return f"{number or visit.patient_number}^^^{visit.sender.code}^PI"


def _name(visit: Visit) -> str:
    return f"{visit.person.family}^{visit.person.given}"


def _nk1(visit: Visit) -> str:
    person = visit.person
    return f"NK1|1|{person.family or person.given}^家属|SPO^配偶^HL70063|{person.street}|{person.phone}"


def _pv1(visit: Visit) -> str:
    """Up to PV1-44, the time of admission."""
    kind = "I" if visit.inpatient else "O"
    place = (
        f"{visit.department}^301^12^{visit.sender.code}"
        if visit.inpatient
        else f"{visit.department}^^^{visit.sender.code}"
    )
    fields = {2: kind, 3: place, 7: _doctor(visit), 19: visit.visit_number, 44: _time(visit.admitted)}
    return "PV1|1|" + "|".join(fields.get(number, "") for number in range(2, 45))


def _dg1(visit: Visit) -> str:
    code, name = visit.diagnosis
    return f"DG1|1||{code}^{name}^I10||{_time(visit.admitted)}|A"


def _obx(visit: Visit, number: int, result: Result, at: datetime) -> str:
    analyte = result.analyte
    local = f"{visit.sender.code}{analyte.loinc.replace('-', '')}"
    return (
        f"OBX|{number}|NM|{local}^{analyte.name}^99{visit.sender.code}^{analyte.loinc}^{analyte.name}^LN||{result.value}"
        f"|{analyte.unit}^{analyte.unit}^UCUM|{result.reference_range}|{result.flag}|||F|||{_time(at)}"
    )


def _doctor(visit: Visit) -> str:
    number, family, given = visit.doctor
    return f"{number}^{family}^{given}"


def _time(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}"
