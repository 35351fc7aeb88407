from itertools import pairwise

from adapters.hl7v2.functions.names import name_text, xpn_name, xpn_names
from adapters.hl7v2.functions.people import (
    NAME,
    cwe_organization,
    ndl_practitioner,
    xcn_practitioner,
    xon_organization,
)
from adapters.hl7v2.functions.places import pl_location, text_location
from tests.adapters.hl7v2.functions.values import LOCAL, SID, V2, context, plain, value


def test_names_are_written_as_their_script_writes_them() -> None:
    assert name_text("欧阳", ["明"]) == "欧阳明"
    assert name_text("阿依古丽·买买提", []) == "阿依古丽·买买提"
    assert name_text("Smith", ["John", "A"], "Dr", "Jr") == "Dr John A Smith Jr"


def test_a_name_in_full() -> None:
    assert xpn_name(
        value("van Beethoven&van&Beethoven^LUDWIG^A^III^DR^PHD^L^I^^^G^20200101^^PROF"), context()
    ) == {
        "use": "official",
        "text": "DR LUDWIG A van Beethoven III PHD",
        "family": "van Beethoven",
        "_family": {
            "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/humanname-own-prefix", "valueString": "van"},
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/humanname-own-name",
                    "valueString": "Beethoven",
                },
            ]
        },
        "given": ["LUDWIG", "A"],
        "prefix": ["DR"],
        "suffix": ["III", "PHD", "PROF"],
        "period": {"start": "2020-01-01"},
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", "valueCode": "IDE"},
            {"url": "http://hl7.org/fhir/StructureDefinition/humanname-assembly-order", "valueCode": "G"},
        ],
    }


def test_a_name_type_without_a_word_in_fhir_is_kept() -> None:
    name = xpn_name(value("张^三^^^^^B"), context())
    assert name is not None
    assert "use" not in name
    (extension,) = name["_use"]["extension"]
    assert extension["valueCodeableConcept"] == {"coding": [{"system": f"{V2}0200", "code": "B"}]}


def test_a_nickname_is_a_name_of_its_own() -> None:
    found = plain(xpn_names(value("张^三^^^^^L^^^^^^^^小三"), context()))
    assert [name.get("use") for name in found] == ["official", "nickname"]
    assert xpn_names(value("^^^^^^L"), context()) is None


def test_a_doctor_with_a_number_is_a_practitioner() -> None:
    made = plain(xcn_practitioner(value("1001^李^建国^^^主任医师^MD^^HOSP1"), context()))
    (practitioner,) = made["resources"]
    assert made["value"] == {"reference": f"Practitioner/{practitioner['id']}", "display": "李建国"}
    assert practitioner["identifier"] == [{"system": f"{SID}/practitioner", "value": "1001"}]
    assert practitioner["qualification"] == [{"code": {"coding": [{"system": f"{V2}0360", "code": "MD"}]}}]
    again = plain(xcn_practitioner(value("1001"), context()))
    assert again["resources"][0]["id"] == practitioner["id"]


def test_a_doctor_without_a_number_is_only_named() -> None:
    made = plain(xcn_practitioner(value("^李^建国"), context()))
    assert made["value"].pop("extension") == [
        {"url": NAME, "valueHumanName": {"family": "李", "given": ["建国"]}}
    ]
    assert made == {"value": {"type": "Practitioner", "display": "李建国"}, "resources": []}
    assert xcn_practitioner(value("^^^^^^MD"), context()) is None


def test_a_role_stands_on_the_reference() -> None:
    made = plain(xcn_practitioner(value("7^王^五"), context(), role="MDIR"))
    concept = made["value"]["extension"][0]["valueCodeableConcept"]
    assert concept == {"coding": [{"system": f"{V2}0912", "code": "MDIR"}]}


def test_ndl_with_a_place_is_a_role() -> None:
    who = plain(ndl_practitioner(value("3001&王&五"), context()))
    assert who["value"]["reference"].startswith("Practitioner/")
    made = plain(ndl_practitioner(value("3001&王&五^20240306^^检验科"), context()))
    assert made["value"]["reference"].startswith("PractitionerRole/")
    kinds = [each["resourceType"] for each in made["resources"]]
    assert kinds == ["Practitioner", "Location", "PractitionerRole"]


def test_organizations_are_known_by_number_or_name() -> None:
    numbered = plain(xon_organization(value("检验中心^L^7^^^LAB"), context(), address=value("南京路1号")))
    (organization,) = numbered["resources"]
    assert organization["identifier"] == [
        {"system": "urn:oid:1.2.3.4.5", "value": "7", "assigner": {"display": "LAB"}}
    ]
    assert organization["address"] == [{"line": ["南京路1号"]}]
    named = plain(xon_organization(value("检验中心"), context()))
    assert (
        named["resources"][0]["id"]
        == plain(xon_organization(value("检验中心"), context()))["resources"][0]["id"]
    )
    assert named["resources"][0]["id"] != organization["id"]
    assert xon_organization(value("^L"), context()) is None
    assert plain(cwe_organization(value("15^检验科^99X"), context()))["resources"][0]["identifier"] == [
        {"system": f"{SID}/99X/organization", "value": "15"}
    ]


def test_a_bed_is_part_of_its_room_and_so_on() -> None:
    made = plain(
        pl_location(value("呼吸内科^302^02^东院^^N^1号楼^3楼^靠窗"), context(), bed_status=value("O"))
    )
    chain = made["resources"]
    assert [each["name"] for each in chain] == ["东院", "1号楼", "3楼", "呼吸内科", "302", "02"]
    assert [each["physicalType"]["coding"][0]["code"] for each in chain] == [
        "si",
        "bu",
        "lvl",
        "wa",
        "ro",
        "bd",
    ]
    for parent, child in pairwise(chain):
        assert child["partOf"]["reference"] == f"Location/{parent['id']}"
    bed = chain[-1]
    assert made["value"]["reference"] == f"Location/{bed['id']}"
    assert (bed["description"], bed["operationalStatus"]) == ("靠窗", {"system": f"{V2}0116", "code": "O"})
    assert bed["type"] == [{"coding": [{"system": f"{V2}0305", "code": "N"}]}]


def test_the_same_room_number_in_two_wards_is_two_rooms() -> None:
    first, second = (plain(pl_location(value(f"{ward}^302"), context())) for ward in ("内科", "外科"))
    assert first["value"] != second["value"]
    assert pl_location(value("^^^^S"), context()) is None
    assert plain(text_location(value("^社区中心"), context()))["resources"][0]["name"] == "社区中心"


def test_a_local_location_type_is_the_hospitals() -> None:
    made = plain(pl_location(value("内科^^^^^ZZ"), context()))
    assert made["resources"][0]["type"][0]["coding"][0]["system"] == f"{LOCAL}/0305"
