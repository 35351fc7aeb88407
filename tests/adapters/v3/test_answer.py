"""The answer to a query says what the messages that registered it said."""

import re
from typing import Any

from adapters.documents import document_maps, translate_document
from adapters.hl7v2.context import Context
from adapters.hl7v2.translate import time_zone
from adapters.hospitals.hospital import Hospitals
from adapters.trees.parse import parse
from adapters.v3.answer import control_act
from adapters.v3.query import searches
from adapters.v3.translate import prepared
from profiles.definitions import definitions
from tests.adapters.v3.messages import ORDER, PERSON, local_id, message

Json = dict[str, Any]
MAPS = document_maps(definitions())
HOSPITALS = Hospitals("https://hub.test")
STAFF = "2.16.156.10011.1.4"
PLACE = (
    "<location><id><item root='2.16.156.10011.1.26' extension='K3'/></id><name><item><part value='呼吸科'/>"
    "</item></name><locatedEntityHasParts><locatedPlace><id><item root='2.16.156.10011.1.27' extension='W1'/>"
    "</id><name><item><part value='呼吸科一病区'/></item></name></locatedPlace></locatedEntityHasParts>"
    "</location>"
)
VISIT = message(
    "PRPA_IN400001UV",
    "<subject><encounterEvent><id><item root='2.16.156.10011.1.12' extension='ZY0042'/></id>"
    "<code code='3' codeSystem='2.16.156.10011.2.3.1.271'><displayName value='住院'/></code>"
    "<statusCode code='active'/><effectiveTime><low value='20240301090000'/></effectiveTime>"
    f"<subject><patient>{local_id('P42')}{PERSON}</patient></subject>"
    f"<admitter><assignedPerson><id><item root='{STAFF}' extension='D77'/></id><assignedPerson><name><item>"
    "<part value='周医生'/></item></name></assignedPerson></assignedPerson></admitter>"
    f"<location><serviceDeliveryLocation>{PLACE}</serviceDeliveryLocation></location>"
    "<reason><observationDx><value code='J18.900' codeSystem='2.16.156.10011.2.3.3.11.3'>"
    "<displayName value='肺炎'/></value></observationDx></reason></encounterEvent></subject>",
)
FORM = message(
    "POOR_IN200901UV",
    "<subject><observationRequest><id><item root='2.16.156.10011.1.24' extension='F1'/></id>"
    "<component2><observationRequest><id><item root='2.16.156.10011.1.24' extension='F1-1'/></id>"
    "<code code='XCG' codeSystem='2.16.156.10011.2.5.1.16'><displayName value='血常规'/></code>"
    "</observationRequest></component2><componentOf1><encounter><id><item root='2.16.156.10011.1.12' "
    f"extension='ZY0042'/></id><subject><patient>{local_id('P42')}{PERSON}</patient></subject></encounter>"
    "</componentOf1></observationRequest></subject>",
)


def made_of(raw: bytes) -> dict[str, list[Json]]:
    made: dict[str, list[Json]] = {}
    for entry in translate_document(raw, MAPS, HOSPITALS).entries:
        made.setdefault(entry.resource["resourceType"], []).append(entry.resource)
    return made


def again(
    made: dict[str, list[Json]], found: tuple[str, ...], root: str, service: str = ""
) -> dict[str, list[Json]]:
    """What the answer's content becomes as a message."""
    around = {f"{each['resourceType']}/{each['id']}": each for of in made.values() for each in of}
    matches = [each for kind in found for each in made[kind]]
    act = control_act(matches, {}, "7", around, service)
    return made_of(
        re.sub(rb"<controlActProcess.*</controlActProcess>", act.encode(), message(root, ""), flags=re.S)
    )


def test_a_visit_is_told_with_its_patient_place_staff_and_diagnosis() -> None:
    made = made_of(VISIT)
    told = again(made, ("Encounter",), "PRPA_IN400001UV")
    assert [each["id"] for each in told["Encounter"]] == [each["id"] for each in made["Encounter"]]
    assert told["Patient"][0]["name"] == [{"text": "欧阳测试"}]
    for kind in ("Location", "Organization", "Practitioner"):
        assert {each["id"] for each in told[kind]} == {each["id"] for each in made[kind]}, kind
    assert told["Condition"][0]["code"] == made["Condition"][0]["code"]
    assert told["Encounter"][0]["participant"][0]["type"] == made["Encounter"][0]["participant"][0]["type"]


def test_a_prescription_is_told_with_its_drug_dose_and_visit() -> None:
    made = made_of(ORDER)
    told = again(made, ("MedicationRequest",), "POOR_IN200901UV")
    one, two = made["MedicationRequest"][0], told["MedicationRequest"][0]
    assert one["id"] == two["id"]
    assert one["dosageInstruction"][0]["doseAndRate"] == two["dosageInstruction"][0]["doseAndRate"]
    assert one["requester"] == two["requester"]
    assert one["encounter"] == two["encounter"]


def test_the_items_of_a_form_stand_in_it() -> None:
    made = made_of(FORM)
    told = again(made, ("ServiceRequest",), "POOR_IN200901UV", "ExamAppInfoQuery")
    assert {each["id"] for each in told["ServiceRequest"]} == {each["id"] for each in made["ServiceRequest"]}
    act = control_act(made["ServiceRequest"], {}, "7", {}, "OperationAppInfoQuery")
    assert act.count("<procedureRequest ") == 2
    assert "<component2><procedureRequest" in act


def test_a_query_is_limited_by_its_times_and_kind_and_finds_the_items_of_a_form() -> None:
    visits = message(
        "PRPA_IN900300UV",
        "<queryByParameter><careEventID><value><item root='2.16.156.10011.1.12' extension='ZY0042'/>"
        "<item root='2.16.156.10011.2.5.1.8' extension='2'/></value></careEventID><encounterTimeframe><value>"
        "<low value='20240301'/><high value='20240331'/></value></encounterTimeframe>"
        "<typeOfEncounter><value><item code='03'/></value></typeOfEncounter></queryByParameter>",
    )
    asked = message(
        "QUMT_IN020030UV01",
        "<queryByParameter><actId><value><item root='2.16.156.10011.1.24' extension='F1'/></value></actId>"
        "</queryByParameter>",
    )
    hospital = HOSPITALS.for_facility("")
    context = Context(hospital, time_zone(hospital.timezone), {})
    [search] = searches(prepared(parse(visits)).root, context)
    number = "urn:oid:2.16.156.10011.1.12\\|ZY0042".replace("\\", "")
    assert dict(search.parameters) | {"date": ""} == {"identifier": number, "date": "", "class": "IMP"}
    assert [said[:12] for name, said in search.parameters if name == "date"] == [
        "ge2024-03-01",
        "le2024-03-31",
    ]
    found = searches(prepared(parse(asked)).root, context)
    assert [(each.type, each.parameters[0][0]) for each in found] == [
        ("ServiceRequest", "identifier"),
        ("ServiceRequest", "requisition"),
        ("MedicationRequest", "identifier"),
    ]
    assert ("_include", "ServiceRequest:patient:Patient", "Patient") in found[0].includes
