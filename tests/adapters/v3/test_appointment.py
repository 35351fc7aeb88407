"""Appointments, what can be booked, and what became of orders."""

from typing import Any

from tests.adapters.v3.messages import PERSON, local_id, message
from tests.adapters.v3.test_answer import again, made_of

STAFF = "2.16.156.10011.1.4"
SUBJECT = f"<subject><patient>{local_id('P42')}{PERSON}</patient></subject>"
VISIT = message(
    "PRPA_IN410001UV",
    "<subject><encounterAppointment><id><item root='2.16.156.10011.2.5.1.29' extension='Y1'/></id>"
    f"<statusCode code='active'/><effectiveTime><low value='20240310090000'/></effectiveTime>{SUBJECT}"
    f"<performer><assignedPerson><id><item root='{STAFF}' extension='D77'/></id></assignedPerson></performer>"
    "<arrivedBy><transportationIntent><id><item root='2.16.156.10011.2.5.1.20' extension='S12'/></id>"
    "<effectiveTime><low value='20240310090000'/><high value='20240310093000'/></effectiveTime>"
    "</transportationIntent></arrivedBy></encounterAppointment></subject>",
)
OPERATION = message(
    "PRSC_IN010101UV01",
    "<subject><actAppointment><id extension='SS1'/><effectiveTime><low value='20240311080000'/>"
    f"<width unit='分' value='60'/></effectiveTime>{SUBJECT}<performer><assignedPerson><id>"
    f"<item extension='D80' root='{STAFF}'/></id><code><displayName value='巡回护士'/></code><assignedPerson>"
    "<name><item><part value='钱护士'/></item></name></assignedPerson></assignedPerson></performer><location>"
    "<serviceDeliveryLocation><id><item extension='K9' root='2.16.156.10011.1.26'/></id><location><name>"
    "<item><part value='3号手术间'/></item></name></location></serviceDeliveryLocation></location>"
    "<referencedOrder><actOrder><id extension='F1' root='2.16.156.10011.1.24'/></actOrder></referencedOrder>"
    "</actAppointment></subject>",
)
SCHEDULE = message(
    "PRSC_IN030101UV",
    f"<dataEnterer><assignedPerson><id><item root='{STAFF}' extension='E1'/></id></assignedPerson>"
    "</dataEnterer><subject><schedule><resourceSlot>"
    "<id><item root='2.16.156.10011.2.5.1.20' extension='S12'/></id>"
    "<deptId><item root='2.16.156.10011.1.26' extension='K3'/></deptId><directTarget><identifiedEntity>"
    f"<id><item root='{STAFF}' extension='D77'/></id><person><name><item><part value='周医生'/></item></name>"
    "</person></identifiedEntity></directTarget><timeFrame><effectiveTime><low value='20240310080000'/>"
    "<high value='20240310083000'/></effectiveTime><remainNumber value='0'/></timeFrame></resourceSlot>"
    "</schedule></subject>",
)
STATE = message(
    "POLB_IN224000UV01",
    "<subject><observationReport><id><item root='2.16.156.10011.1.24' extension='F1'/></id><recordTarget>"
    f"<patient>{local_id('P42')}{PERSON}</patient></recordTarget><component1><processStep>"
    "<code code='160' codeSystem='2.16.156.10011.2.5.1.40'><displayName value='已采样'/></code></processStep>"
    "</component1></observationReport></subject>",
)


def actors(appointment: dict[str, Any]) -> list[str]:
    told = (each["actor"] for each in appointment["participant"])
    return sorted(each.get("reference", "").partition("/")[0] for each in told)


def test_an_appointment_has_its_slot_its_doctor_and_its_end() -> None:
    made = made_of(VISIT)
    [appointment] = made["Appointment"]
    assert (appointment["status"], appointment["start"][11:16], appointment["end"][11:16]) == (
        *("booked", "09:00", "09:30"),
    )
    assert appointment["slot"][0]["identifier"]["value"] == "S12"
    assert actors(appointment) == ["Patient", "Practitioner"]
    told = again(made, ("Appointment",), "PRPA_IN410001UV")
    assert actors(told["Appointment"][0]) == ["Patient", "Practitioner"]
    assert told["Appointment"][0]["id"] == appointment["id"]


def test_an_operation_is_planned_for_an_order_with_those_who_take_part() -> None:
    [appointment] = made_of(OPERATION)["Appointment"]
    assert appointment["status"] == "booked"
    assert appointment["basedOn"][0]["identifier"]["value"] == "F1"
    assert actors(appointment) == ["Location", "Patient", "PractitionerRole"]


def test_what_can_be_booked_has_its_periods() -> None:
    made = made_of(SCHEDULE)
    [schedule], [slot] = made["Schedule"], made["Slot"]
    assert [each.get("display") for each in schedule["actor"]] == ["周医生", None]
    assert (slot["status"], slot["schedule"]["reference"]) == ("busy", f"Schedule/{schedule['id']}")
    told = again(made, ("Schedule",), "PRSC_IN030101UV")
    assert told["Schedule"][0]["id"] == schedule["id"]


def test_the_state_of_an_order_stands_with_the_order() -> None:
    [request] = made_of(STATE)["ServiceRequest"]
    assert request["identifier"][0]["value"] == "F1"
    assert request["extension"][0]["valueCodeableConcept"]["coding"][0]["display"] == "已采样"
