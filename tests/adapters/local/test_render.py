"""Local XML: the same resources as the clinical document that says the same."""

from typing import Any

from adapters.documents import document_maps, form_of, translate_document
from adapters.hospitals.hospital import Hospitals
from profiles.definitions import definitions
from profiles.structure import compile_structure

MAPS = document_maps(definitions())
HOSPITALS = Hospitals("https://hub.test")
CHECK = compile_structure(definitions())
PRESCRIPTION = """<C0004><DocID>R7</DocID><CreateTime>20240305101500</CreateTime>
<RecordTime>20240305</RecordTime><AuthorCode>D77</AuthorCode><AuthorName>周医生</AuthorName><CustodianOrgCode>H009</CustodianOrgCode>
<CustodianOrgName>测试医院</CustodianOrgName><OutPatientID>MZ01</OutPatientID><PrescriptionID>CF01</PrescriptionID>
<Patient><IDCardNo>110101199003071233</IDCardNo><PatientName>欧阳测试</PatientName><GenderCode>1</GenderCode>
<BirthTime>19900307</BirthTime><PatientAge>33</PatientAge></Patient>
<AuditDoctor><row><Time>20240305110000</Time><Code>D78</Code><Name>吴药师</Name></row></AuditDoctor>
<DiagCode>J18.900</DiagCode>
<MedDetails><row><MedicationUseCode>403</MedicationUseCode><MedicationDosage>20.30</MedicationDosage>
<DrugName>氨茶碱片</DrugName><DrugSpecification>0.1g*24</DrugSpecification></row></MedDetails>
<PrescriptionExpense>200.35</PrescriptionExpense></C0004>""".encode()
ADMISSION = """<C0034><DocID>R8</DocID><CreateTime>20240305</CreateTime>
<HospitalizationID>ZY1</HospitalizationID>
<Patient><PatientName>欧阳测试</PatientName></Patient><BedCode>12</BedCode><BedName>12床</BedName>
<DeptCode>K3</DeptCode><DeptName>呼吸科</DeptName><Temperature>36.50</Temperature>
<PreWesternDiag><Code>J18.900</Code><Name>肺炎</Name><AdmSequence>1</AdmSequence>
<Time>20240301</Time></PreWesternDiag>
<HistoryTeller><row><Name>周配偶</Name><RelCode>1</RelCode><RelName>配偶</RelName></row></HistoryTeller>
<Unheard>没有声明的字段</Unheard></C0034>""".encode()


def made_of(raw: bytes) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    made = translate_document(raw, MAPS, HOSPITALS)
    assert not made.issues
    assert [issue for entry in made.entries for issue in CHECK(entry.resource)] == []
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in made.entries:
        found.setdefault(entry.resource["resourceType"], []).append(entry.resource)
    return found, [each.path for each in made.residue]


def test_a_prescription() -> None:
    made, residue = made_of(PRESCRIPTION)
    [request], [patient], [composition] = made["MedicationRequest"], made["Patient"], made["Composition"]
    assert residue == []
    assert patient["name"] == [{"text": "欧阳测试"}]
    assert request["medicationCodeableConcept"] == {"text": "氨茶碱片"}
    assert str(request["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"]) == "20.30"
    assert request["dosageInstruction"][0]["route"]["coding"][0]["code"] == "403"
    assert composition["attester"][0]["party"]["display"] == "吴药师"
    assert composition["title"] == "西药处方"


def test_an_admission() -> None:
    made, residue = made_of(ADMISSION)
    [condition], [encounter], [relative] = made["Condition"], made["Encounter"], made["RelatedPerson"]
    assert residue == []
    assert condition["code"]["text"] == "肺炎"
    assert condition["code"]["coding"][0]["code"] == "J18.900"
    assert condition["recordedDate"] == "2024-03-01"
    assert encounter["location"][0]["location"]["display"] == "12床"
    assert relative["relationship"][0]["text" if "text" in relative["relationship"][0] else "coding"]
    said = {each["code"].get("text"): each.get("valueString") for each in made["Observation"]}
    assert said["Unheard"] == "没有声明的字段", "what nobody declared is told by its name"


ORDERS = """<C0052><DocID>R9</DocID><CreateTime>20240305</CreateTime>
<HospitalizationID>ZY1</HospitalizationID>
<Patient><PatientName>欧阳测试</PatientName></Patient><OrderInfo><row><OrderItemTypeCode>03</OrderItemTypeCode>
<OrderPlanDesc>血常规</OrderPlanDesc><OrderExcuteStatus>已执行</OrderExcuteStatus><OrderExcuteTime>20240306</OrderExcuteTime>
<OrderExcutePersonCode>D9</OrderExcutePersonCode><OrderExcutePersonName>吴护士</OrderExcutePersonName>
</row></OrderInfo></C0052>""".encode()
TREATMENT = """<C0008><DocID>R8</DocID><CreateTime>20240305</CreateTime><OutPatientID>MZ01</OutPatientID>
<AuthorCode>D77</AuthorCode><AuthorName>周医生</AuthorName><OrderExcutorCode>D77</OrderExcutorCode>
<OrderExcutorName>周医生</OrderExcutorName><PatientInfo><PatientName>欧阳测试</PatientName></PatientInfo>
<DrugUseInfo><row><DrugDosage>20</DrugDosage><DrugName>氨茶碱</DrugName><DrugUnit>mg</DrugUnit></row>
</DrugUseInfo></C0008>""".encode()


def test_who_carried_an_order_out_stands_where_the_document_of_its_type_has_it() -> None:
    made, residue = made_of(ORDERS)
    [state] = [each for each in made["Observation"] if each.get("valueString") == "已执行"]
    assert residue == []
    assert state["performer"][0]["display"] == "吴护士"
    assert "extension" not in made["ServiceRequest"][0]


def test_a_dose_has_the_unit_that_stands_beside_it_and_its_author_is_one_of_the_staff() -> None:
    made, residue = made_of(TREATMENT)
    [taken], [doctor] = made["MedicationStatement"], made["Practitioner"]
    assert residue == []
    assert taken["dosage"][0]["doseAndRate"][0]["doseQuantity"]["unit"] == "mg"
    assert [each["system"][-4:] for each in doctor["identifier"]] == [".1.4", ".1.7"]


def test_the_form_is_told_by_the_root() -> None:
    assert form_of(PRESCRIPTION) == "local"
    assert form_of(b'<?xml version="1.0"?><C0001/>') == "local"
    assert form_of(b"<C0099/>") == ""
