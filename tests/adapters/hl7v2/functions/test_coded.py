from typing import Any

import pytest

from adapters.hl7v2.functions.coded import cwe_coding, cwe_concept, cwe_text
from adapters.hl7v2.functions.texts import (
    boolean,
    code,
    integer,
    lines,
    only_true,
    positive_integer,
    text,
    uri,
)
from adapters.hl7v2.functions.urls import SYSTEM_AS_SENT
from adapters.mapping.functions import Primitive
from tests.adapters.hl7v2.functions.values import LOCAL, V2, context, plain, value, values, vocabulary

OF_99LAB = {
    "extension": [{"url": SYSTEM_AS_SENT, "valueString": "99LAB"}],
    "system": f"{LOCAL}/99LAB",
}


def concept(sent: str, words: str = "", field: str = "OBX-3") -> Any:
    table = vocabulary(words) if words else None
    return cwe_concept(value(sent), context(), field=field, vocabulary=table)


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("LN", "http://loinc.org"),
        ("SCT", "http://snomed.info/sct"),
        ("I10", "http://hl7.org/fhir/sid/icd-10"),
        ("ICD-10", "http://hl7.org/fhir/sid/icd-10"),
        ("ICD-9-CM-3", "urn:oid:2.16.156.10011.2.3.3.12"),
        ("HL70005", f"{V2}0005"),
        ("2.16.156.10011.2.3.3.3", "urn:oid:2.16.156.10011.2.3.3.3"),
        ("99LAB", f"{LOCAL}/99LAB"),
        ("L", f"{LOCAL}/OBX-3"),
        ("", f"{LOCAL}/OBX-3"),
        ("院内编码", f"{LOCAL}/院内编码"),
    ],
)
def test_the_system_of_a_code(name: str, system: str) -> None:
    (coding,) = concept(f"A^甲^{name}")["coding"]
    kept = [each["valueString"] for each in coding.pop("extension", ())]
    assert coding == {"system": system, "code": "A", "display": "甲"}
    assert kept == ([] if name in ("", "L", "LN", "SCT", "I10") or system == f"urn:oid:{name}" else [name])


def test_local_and_standard_code_side_by_side() -> None:
    assert concept("WBC^白细胞^99LAB^6690-2^Leukocytes^LN^2^2.77^白细胞计数") == {
        "coding": [
            {**OF_99LAB, "version": "2", "code": "WBC", "display": "白细胞"},
            {"system": "http://loinc.org", "version": "2.77", "code": "6690-2", "display": "Leukocytes"},
        ],
        "text": "白细胞计数",
    }


def test_words_where_a_code_should_be_are_text() -> None:
    assert concept("呼吸内科") == {"text": "呼吸内科"}
    assert concept("Internal Medicine") == {"text": "Internal Medicine"}
    assert concept("^花生") == {"text": "花生"}
    assert concept("MED") == {"coding": [{"system": f"{LOCAL}/OBX-3", "code": "MED"}]}


def test_what_the_vocabulary_says_comes_first_and_the_sent_code_stays() -> None:
    v3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    assert concept("H^偏高", "Interpretation") == {
        "coding": [
            {"system": v3, "code": "H", "display": "High"},
            {"system": f"{V2}0078", "code": "H", "display": "偏高"},
        ]
    }
    assert concept("↑", "Interpretation") == {
        "coding": [{"system": v3, "code": "H", "display": "High"}],
        "text": "↑",
    }


def test_a_code_of_a_table_is_said_once() -> None:
    assert concept("BLD^全血", "SpecimenType") == {
        "coding": [{"system": f"{V2}0487", "code": "BLD", "display": "全血"}]
    }


def test_a_vocabulary_does_not_speak_for_other_systems() -> None:
    assert concept("H^高危^99LAB", "Interpretation") == {
        "coding": [{**OF_99LAB, "code": "H", "display": "高危"}]
    }
    assert [each["code"] for each in concept("20^已婚^GB/T 2261.2", "MaritalStatus")["coding"]] == ["M", "20"]


def test_codes_have_single_blanks() -> None:
    assert concept("A  B\\.br\\C^x")["coding"][0]["code"] == "A B C"


def test_the_third_coding_and_oids() -> None:
    made = concept("A^a^^B^b^^^^^C^c^LN^2^1.2.3.4^1.2.3.5^2020")
    assert [each["system"] for each in made["coding"]] == [
        "urn:oid:1.2.3.4",
        f"{LOCAL}/OBX-3",
        "http://loinc.org",
    ]
    assert made["coding"][0]["extension"] == [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/valueset-reference",
            "valueUri": "urn:oid:1.2.3.5|2020",
        }
    ]


def test_nothing_is_nothing() -> None:
    assert concept("") is None
    assert concept('""') is None
    assert concept("^^L") is None
    assert cwe_text(value("A^甲^L^^^^^^原文"), context()) == "原文"


def test_a_class_is_one_coding() -> None:
    def visit(sent: str) -> Any:
        return cwe_coding(value(sent), context(), field="PV1-2", vocabulary=vocabulary("PatientClass"))

    assert visit("I")["code"] == "IMP"
    assert visit("住院")["code"] == "IMP"
    assert visit("B") == {"system": f"{V2}0004", "code": "B", "display": "Obstetrics"}
    assert visit("日间^日间病房") == {"system": f"{LOCAL}/PV1-2", "code": "日间", "display": "日间病房"}


@pytest.mark.parametrize(
    ("sent", "gender"), [("M", "male"), ("1", "male"), ("女", "female"), ("0", "unknown"), ("O", "other")]
)
def test_a_code_of_a_required_binding(sent: str, gender: str) -> None:
    assert code(value(sent), context(), vocabulary=vocabulary("AdministrativeSex"), field="PID-8") == gender


@pytest.mark.parametrize(
    ("sent", "gender", "system"),
    [
        ("A", "other", f"{V2}0001"),
        ("9", "unknown", "urn:oid:2.16.156.10011.2.3.3.4"),
        ("Q", None, f"{LOCAL}/PID-8"),
    ],
)
def test_what_the_binding_cannot_say_is_kept(sent: str, gender: str | None, system: str) -> None:
    made = code(value(sent), context(), vocabulary=vocabulary("AdministrativeSex"), field="PID-8")
    assert isinstance(made, Primitive)
    assert made.value == gender
    assert made.extension[0]["valueCodeableConcept"] == {"coding": [{"system": system, "code": sent}]}


def test_primitives() -> None:
    assert text(value("a^b&c"), context()) == "a^b&c"
    assert text(value(r"一\.br\二\T\三"), context()) == "一\n二&三"
    assert text(value(" \x01 "), context()) is None
    assert lines(values("一", "", "二"), context()) == "一\n二"
    assert [boolean(value(each), context()) for each in ("Y", "n", "是", "?", "")] == [
        True,
        False,
        True,
        None,
        None,
    ]
    assert [only_true(value(each), context()) for each in ("Y", "N")] == [True, None]
    assert [positive_integer(value(each), context()) for each in ("02", "0", "-1", "x", "1.0")] == [
        2,
        None,
        None,
        None,
        1,
    ]
    assert [integer(value(each), context()) for each in ("0", "12")] == [0, 12]
    assert uri(value("http://x/y?z=1"), context()) == "http://x/y?z=1"
    assert uri(value("a b"), context()) is None
    assert plain(None) is None
