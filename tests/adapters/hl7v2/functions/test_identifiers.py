from typing import Any

import pytest

from adapters.hl7v2.functions.identifiers import (
    AUTHORITY,
    cx_identifier,
    dln_identifier,
    ei_identifier,
    eip_identifiers,
    group_number,
    hd_identifier,
    is_citizen_id,
    ssn_identifier,
    universal_uri,
)
from tests.adapters.hl7v2.functions.values import LOCAL, SID, V2, context, plain, value

CITIZEN_ID = "urn:oid:2.16.156.10011.1.3"


def typed(code: str, system: str = f"{V2}0203") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


@pytest.mark.parametrize(
    ("sent", "system"),
    [
        ("7^^^&1.2.3.4.5&ISO^MR", "urn:oid:1.2.3.4.5"),
        ("7^^^&2.16.840.1.113883.3^MR", "urn:oid:2.16.840.1.113883.3"),
        ("7^^^&E3B0C442-98FC-1C14-9AFB-F4C8996FB924&UUID", "urn:uuid:e3b0c442-98fc-1c14-9afb-f4c8996fb924"),
        ("7^^^&http://x.example/ids&URI", "http://x.example/ids"),
        ("7^^^LAB^PI", "urn:oid:1.2.3.4.5"),  # as the hospital's file says
        ("7^^^HOSP1^MR", f"{SID}/MR"),  # the authority is the hospital
        ("7^^^^MR", f"{SID}/MR"),
        ("7", f"{SID}/MR"),
        ("7^^^HIS^MR", f"{SID}/HIS/MR"),
        ("7^^^急诊 系统^MR", f"{SID}/急诊-系统-d6a2e8/MR"),
        ("7^^^X&lab.example&DNS^MR", f"{SID}/X/MR"),
        ("110101199003074477^^^^NI", CITIZEN_ID),
        ("110101900307447^^^^NI", CITIZEN_ID),
        ("AB123^^^^NI", f"{SID}/NI"),  # somebody else's national number
        ("110101199003074477^^^^身份证", CITIZEN_ID),
        ("1^^^^HC", "urn:oid:2.16.156.10011.1.19"),
        ("1^^^^ybk", "urn:oid:2.16.156.10011.1.15"),
        ("1^^^^ZYH", "urn:oid:2.16.156.10011.1.12"),
        ("1^^^^MZH", "urn:oid:2.16.156.10011.1.11"),
    ],
)
def test_the_system_of_a_number(sent: str, system: str) -> None:
    identifier = cx_identifier(value(sent), context(), kind="MR")
    assert identifier is not None
    assert identifier["system"] == system


def test_a_cx_in_full() -> None:
    sent = "7^3^M11^NS&1.2.3.4&ISO^MR^城北院区&1.2.3.5&ISO^20200101^20301231"
    assert cx_identifier(value(sent), context()) == {
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/identifier-checkDigit", "valueString": "3"},
            {"url": "http://hl7.org/fhir/StructureDefinition/namingsystem-checkDigit", "valueString": "M11"},
        ],
        "type": typed("MR"),
        "system": "urn:oid:1.2.3.4",
        "value": "7",
        "period": {"start": "2020-01-01", "end": "2030-12-31"},
        "assigner": {
            "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3.5"},
            "display": "城北院区",
            "extension": [{"url": AUTHORITY, "valueString": "NS"}],
        },
    }


def test_a_type_that_no_table_knows_is_the_hospitals() -> None:
    identifier = cx_identifier(value("7^^^^就诊卡"), context())
    assert identifier is not None
    assert identifier["type"] == typed("就诊卡", f"{LOCAL}/0203")


@pytest.mark.parametrize("sent", ["", "^^^NS^MR", '""'])
def test_without_a_number_there_is_no_identifier(sent: str) -> None:
    assert cx_identifier(value(sent), context()) is None
    assert ei_identifier(value(sent), context(), kind="order") is None
    assert ssn_identifier(value(""), context(), type="SS") is None
    assert dln_identifier(value(""), context()) is None


def test_ssn_is_a_citizen_id_by_its_form() -> None:
    assert ssn_identifier(value("11010519491231002X"), context(), type="SS") == {
        "type": typed("NNCHN"),
        "system": CITIZEN_ID,
        "value": "11010519491231002X",
    }
    other = ssn_identifier(value("123-45-6789"), context(), type="SS")
    assert other == {"type": typed("SS"), "system": f"{SID}/SS", "value": "123-45-6789"}


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        ("11010519491231002X", True),
        ("110105491231002", True),
        ("11010519491331002X", False),
        ("1234567", False),
    ],
)
def test_the_form_of_a_citizen_id(number: str, is_one: bool) -> None:
    assert is_citizen_id(number) is is_one


@pytest.mark.parametrize(
    ("universal", "kind", "uri"),
    [
        ("1.2.3.4", "ISO", "urn:oid:1.2.3.4"),
        ("urn:oid:1.2.3.4", "ISO", "urn:oid:1.2.3.4"),
        ("1.2", "ISO", ""),
        ("01.2.3.4", "ISO", ""),
        ("1.2.3.4", "HCD", ""),
        ("not-a-uuid", "UUID", ""),
        ("lab.example", "DNS", ""),
        ("x y:z", "URI", ""),
    ],
)
def test_universal_ids(universal: str, kind: str, uri: str) -> None:
    assert universal_uri(universal, kind) == uri


def test_order_numbers() -> None:
    assert ei_identifier(value("P1^HIS^1.2.3.4^ISO"), context(), kind="order", type="PLAC") == {
        "type": typed("PLAC"),
        "system": "urn:oid:1.2.3.4",
        "value": "P1",
        "assigner": {"display": "HIS"},
    }
    pair = plain(eip_identifiers(value("P1&HIS^F1"), context(), kind="specimen", placer="PGN", filler="FGN"))
    assert [(each["type"]["coding"][0]["code"], each["value"]) for each in pair] == [
        ("PGN", "P1"),
        ("FGN", "F1"),
    ]
    plain_ei = plain(
        eip_identifiers(value("P1^HIS^1.2.3.4^ISO"), context(), kind="s", placer="PGN", filler="FGN")
    )
    assert [each["value"] for each in plain_ei] == ["P1"]
    assert group_number(value("^F1&LIS"), context(), kind="group", type="FGN") == {
        "type": typed("FGN"),
        "system": f"{SID}/LIS/group",
        "value": "F1",
        "assigner": {"display": "LIS"},
    }


def test_a_facility_has_its_oid_and_its_name() -> None:
    assert plain(hd_identifier(value("H1^1.2.3.4^ISO"), context())) == [
        {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3.4"},
        {"system": f"{SID}/facility", "value": "H1"},
    ]
