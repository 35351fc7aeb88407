"""WS/T 500 documents: what their header and their entries become."""

import base64
import json
import re
from typing import Any

import pytest

from adapters.documents import document_maps, translate_document
from adapters.hospitals.hospital import Hospitals
from adapters.translation import Translation
from profiles.definitions import definitions
from profiles.structure import compile_structure
from tests.adapters.cda.samples import ADMISSION, document, section, statement

MAPS = document_maps(definitions())
HOSPITALS = Hospitals("https://hub.test")
CHECK = compile_structure(definitions())


def translated(raw: bytes) -> Translation:
    return translate_document(raw, MAPS, HOSPITALS)


def of(translation: Translation, resource_type: str) -> list[dict[str, Any]]:
    return [e.resource for e in translation.entries if e.resource["resourceType"] == resource_type]


def test_the_header_becomes_the_composition_and_those_it_names() -> None:
    made = translated(ADMISSION)
    [composition] = of(made, "Composition")
    [patient] = of(made, "Patient")
    [encounter] = of(made, "Encounter")
    assert not made.issues
    assert composition["identifier"] == {"system": "urn:oid:2.16.156.10011.1.1", "value": "R1"}
    assert composition["title"] == "入院记录"
    assert composition["date"] == "2024-03-05T10:15:00+08:00"
    assert composition["attester"][0]["mode"] == "legal"
    assert composition["attester"][0]["party"]["display"] == "吴主任"
    assert composition["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert (patient["name"], patient["gender"], patient["birthDate"]) == (
        [{"text": "欧阳测试"}],
        "male",
        "1990-03-07",
    )
    assert {"system": "urn:oid:2.16.156.10011.1.3", "value": "110101199003071233"} in patient["identifier"]
    assert encounter["status"] == "finished"
    assert encounter["location"][0]["location"]["display"] == "12床"
    assert encounter["serviceProvider"]["display"] == "呼吸科"


def test_the_original_is_kept_byte_by_byte() -> None:
    made = translated(ADMISSION)
    [binary] = of(made, "Binary")
    [reference] = of(made, "DocumentReference")
    assert base64.b64decode(binary["data"]) == ADMISSION
    assert reference["content"][0]["attachment"]["url"] == f"Binary/{binary['id']}"
    assert reference["content"][0]["attachment"]["size"] == len(ADMISSION)


def test_entries_become_discrete_resources() -> None:
    made = translated(ADMISSION)
    [condition] = of(made, "Condition")
    assert condition["code"] == {
        "coding": [{"system": "urn:oid:2.16.156.10011.2.3.3.11.3", "code": "J18.900", "display": "肺炎"}],
        "text": "社区获得性肺炎",
    }
    [allergy] = of(made, "AllergyIntolerance")
    assert allergy["code"] == {"text": "青霉素皮疹"}
    [procedure] = of(made, "Procedure")
    assert procedure["code"]["text"] == "阑尾切除术"
    assert procedure["performedDateTime"] == "2024-03-02T14:30:00+08:00"


def test_vital_signs_have_their_loinc_and_keep_their_digits() -> None:
    found = {o["code"]["coding"][0]["code"]: o for o in of(translated(ADMISSION), "Observation")}
    temperature = found["DE04.10.186.00"]
    assert temperature["code"]["coding"][1] == {
        "system": "http://loinc.org",
        "code": "8310-5",
        "display": "Body temperature",
    }
    assert str(temperature["valueQuantity"]["value"]) == "36.50"
    assert temperature["valueQuantity"]["code"] == "Cel"
    assert temperature["category"][0]["coding"][0]["code"] == "vital-signs"


def test_a_statement_that_no_row_knows_is_an_observation() -> None:
    made = translated(ADMISSION)
    found = {o["code"]["coding"][0]["code"]: o for o in of(made, "Observation")}
    [procedure] = of(made, "Procedure")
    assert found["DE99.99.999.00"]["valueString"] == "无名的值"
    assert found["DE06.00.999.00"]["valueBoolean"] is True
    assert found["DE06.00.999.00"]["partOf"] == [{"reference": f"Procedure/{procedure['id']}"}]
    assert "DE06.00.094.00" not in found, "a row took it"


def test_narratives_are_written_anew() -> None:
    raw = document(
        section(
            "10164-2",
            text='<paragraph>甲<script>x</script></paragraph><table><tr><td colspan="2">乙</td></tr></table>',
        )
    )
    [composition] = of(translated(raw), "Composition")
    div = composition["section"][0]["text"]["div"]
    assert "<p>甲" in div
    assert '<td colspan="2">乙</td>' in div
    assert "script" not in div


def test_every_leaf_is_accounted_for() -> None:
    made = translated(ADMISSION)
    assert made.coverage.residue == 0, made.residue
    assert made.coverage.mapped > 60


def test_what_is_made_is_valid_and_refers_to_what_is_there() -> None:
    made = translated(ADMISSION)
    assert [i for e in made.entries for i in CHECK(e.resource)] == []
    there = {f"{e.resource['resourceType']}/{e.resource['id']}" for e in made.entries}
    told = json.dumps([e.resource for e in made.entries], default=str)
    assert set(re.findall(r'"reference": "([^"]+)"', told)) <= there


def test_the_same_bytes_give_the_same_bundle() -> None:
    first, second = (json.dumps(translated(ADMISSION).bundle(), default=str) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("code", [f"C{n:04}" for n in range(1, 54)])
def test_every_type_of_document_is_read(code: str) -> None:
    raw = document(
        section(
            "18776-5",
            statement("DE06.00.159.00", "会诊意见", '<value xsi:type="ST">继续观察</value>'),
            '<substanceAdministration classCode="SBADM" moodCode="EVN"><doseQuantity value="2" unit="mg"/>'
            "<consumable><manufacturedProduct><manufacturedLabeledDrug><name>氨茶碱</name>"
            "</manufacturedLabeledDrug></manufacturedProduct></consumable></substanceAdministration>",
        ),
        code=code,
    )
    made = translated(raw)
    assert not made.issues
    assert made.coverage.residue == 0, made.residue
    assert [i for e in made.entries for i in CHECK(e.resource)] == []


def test_fillers_are_no_values() -> None:
    raw = document(
        section("18776-5", statement("DE04.10.188.00", "体重(kg)", '<value xsi:type="TS" value="00000000"/>'))
    )
    made = translated(raw)
    assert "0000" not in json.dumps(list(of(made, "Observation")), default=str).replace("R1", "")
    assert made.coverage.residue == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<ClinicalDocument",
        b'<!DOCTYPE a [<!ENTITY b "c">]><ClinicalDocument>&b;</ClinicalDocument>',
        b"<a>" * 300,
        b"\xff\xfe<",
        b"<other/>",
    ],
)
def test_hostile_bytes_are_an_issue(raw: bytes) -> None:
    made = translated(raw)
    assert made.issues[0].severity == "fatal"
    assert not made.entries


def test_gb18030_is_read_by_its_declaration() -> None:
    raw = ADMISSION.decode().replace("UTF-8", "GB2312").encode("gb18030")
    [patient] = of(translated(raw), "Patient")
    assert patient["name"][0]["text"] == "欧阳测试"


def test_a_ward_without_a_number_is_told_by_its_place_between_room_and_hospital() -> None:
    around = "<asOrganizationPartOf><wholeOrganization>"
    links = ('<id root="2.16.156.10011.1.21" extension="9"/>', "", "<name>二病区</name>")
    links += ('<id root="2.16.156.10011.1.5" extension="H009"/><name>测试医院</name>',)
    chain = around.join(links) + "</wholeOrganization></asOrganizationPartOf>" * 3
    start = '<id root="2.16.156.10011.1.26" extension="K3"/><name>呼吸科</name>'
    raw = document(section("8716-3")).decode().replace(start, chain).encode()
    made = translated(raw)
    assert "二病区" in [each.get("name") for each in of(made, "Location")]
    assert "二病区" not in [each.get("name") for each in of(made, "Organization")]


def test_days_in_hospital_are_the_length_of_the_visit_and_a_statement() -> None:
    days = statement("DE06.00.310.00", "实际住院天数", '<value xsi:type="PQ" value="9" unit="天"/>')
    made = translated(document(section("8648-8", days)))
    [encounter], [said] = of(made, "Encounter"), of(made, "Observation")[-1:]
    assert (str(encounter["length"]["value"]), encounter["length"]["code"]) == ("9", "d")
    assert str(said["valueQuantity"]["value"]) == "9"
    assert not made.residue


def test_a_filler_is_no_name_of_a_code_and_typography_no_other_name() -> None:
    full = statement("DE04.10.186.00", "体温（ ℃ ）", '<value xsi:type="PQ" value="36.5" unit="℃"/>')
    none = statement("DE04.50.134.00", "-", '<value xsi:type="ST">001</value>')
    made = of(translated(document(section("8716-3", full, none))), "Observation")
    assert ["text" in each["code"] for each in made if "category" in each] == [False, False]
