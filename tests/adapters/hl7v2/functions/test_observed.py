from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.functions.attachments import ed_attachment, rp_attachment
from adapters.hl7v2.functions.contacts import xad_address, xtn_telecom
from adapters.hl7v2.functions.observed import observed_components, observed_value
from adapters.hl7v2.functions.quantities import cq_quantity, duration_days, number, reference_range
from adapters.hl7v2.functions.urls import ALTERNATE_CODES, SYSTEM_AS_SENT
from tests.adapters.hl7v2.functions.values import LOCAL, V2, context, plain, value, values

_INTERNET_WORD = {"coding": [{"system": f"{V2}0202", "code": "Internet"}]}
INTERNET = {"extension": [{"url": ALTERNATE_CODES, "valueCodeableConcept": _INTERNET_WORD}]}
UCUM = {"unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L"}


def observed(kind: str, *sent: str, unit: str = "") -> Any:
    given_unit = value(unit) if unit else None
    return plain(observed_value(values(*sent), context(), kind=value(kind), unit=given_unit))


@pytest.mark.parametrize(
    ("kind", "sent", "unit", "made"),
    [
        ("NM", "5.60", "g/L^^UCUM", {"Quantity": {"value": Decimal("5.60"), **UCUM}}),
        ("NM", "158", "g/L", {"Quantity": {"value": Decimal(158), "unit": "g/L"}}),
        ("NM", "<0.50", "g/L", {"Quantity": {"value": Decimal("0.50"), "comparator": "<", "unit": "g/L"}}),
        ("NM", "≥10", "", {"Quantity": {"value": Decimal(10), "comparator": ">="}}),
        ("NM", "+7.", "", {"Quantity": {"value": Decimal(7)}}),
        ("NM", "阴性", "g/L", {"String": "阴性"}),
        ("NM", "5.6 H", "", {"String": "5.6 H"}),
        ("SN", ">^100", "g/L", {"Quantity": {"value": Decimal(100), "comparator": ">", "unit": "g/L"}}),
        (
            "SN",
            "^1^:^128",
            "",
            {"Ratio": {"numerator": {"value": Decimal(1)}, "denominator": {"value": Decimal(128)}}},
        ),
        ("SN", "^2^-^8", "", {"Range": {"low": {"value": Decimal(2)}, "high": {"value": Decimal(8)}}}),
        ("SN", "^2^+", "", {"String": "2+"}),
        ("SN", "<>^5", "g/L", {"String": "<>5 g/L"}),
        ("ST", "5.6", "g/L", {"String": "5.6"}),
        ("ST", "a^b", "", {"String": "a^b"}),
        ("TX", r"一\.br\二", "", {"String": "一\n二"}),
        ("", "5.6", "", {"String": "5.6"}),
        (
            "CWE",
            "A^A型^L",
            "",
            {"CodeableConcept": {"coding": [{"system": f"{LOCAL}/OBX-5", "code": "A", "display": "A型"}]}},
        ),
        ("CE", "阳性", "", {"CodeableConcept": {"text": "阳性"}}),
        ("DT", "20240220", "", {"DateTime": "2024-02-20"}),
        ("TS", "202402201010", "", {"DateTime": "2024-02-20T10:10:00+08:00"}),
        ("DT", "去年", "", {"String": "去年"}),
        ("TM", "0830", "", {"Time": "08:30:00"}),
        ("DR", "2023^2024", "", {"Period": {"start": "2023", "end": "2024"}}),
        ("NR", "1^2", "", {"Range": {"low": {"value": Decimal(1)}, "high": {"value": Decimal(2)}}}),
        ("CQ", "3^mL", "", {"Quantity": {"value": Decimal(3), "unit": "mL"}}),
        ("XCN", "7^王^五", "", {"String": "7 王 五"}),
        ("ZZ", "x", "", {"String": "x"}),
    ],
)
def test_a_value_by_its_type(kind: str, sent: str, unit: str, made: Any) -> None:
    assert observed(kind, sent, unit=unit) == made


def test_lines_of_text_are_one_value() -> None:
    assert observed("TX", "一", "", "三") == {"String": "一\n\n三"}


def test_documents_are_no_value() -> None:
    assert observed("ED", "^application^PDF^Base64^JVBERi0x") is None
    assert observed("NM", "") is None


def test_several_values_are_components() -> None:
    made = plain(
        observed_components(
            values("27", "阴性"), context(), kind=value("NM"), code=value("A^甲^LN"), unit=value("mm")
        )
    )
    assert [component["code"]["coding"][0]["code"] for component in made] == ["A", "A"]
    assert [each.get("valueQuantity") or each.get("valueString") for each in made] == [
        {"value": Decimal(27), "unit": "mm"},
        "阴性",
    ]
    assert observed_components(values("27"), context(), kind=value("NM")) is None
    assert observed_components(values("a", "b"), context(), kind=value("TX")) is None


@pytest.mark.parametrize(
    ("sent", "made"),
    [
        (
            "3.5-9.5",
            {
                "low": {"value": Decimal("3.5"), "unit": "g/L"},
                "high": {"value": Decimal("9.5"), "unit": "g/L"},
            },
        ),
        (
            "3.5～9.5",
            {
                "low": {"value": Decimal("3.5"), "unit": "g/L"},
                "high": {"value": Decimal("9.5"), "unit": "g/L"},
            },
        ),
        ("<10", {"high": {"value": Decimal(10), "unit": "g/L"}}),
        (">=60 ml/min", {"low": {"value": Decimal(60), "unit": "g/L"}}),
        ("9-1", {}),
        ("阴性", {}),
        ("1.2.3-4", {}),
    ],
)
def test_reference_ranges(sent: str, made: dict[str, Any]) -> None:
    assert reference_range(values(sent), context(), unit=value("g/L")) == {**made, "text": sent}


def test_units() -> None:
    def unit(sent: str) -> Any:
        return observed("NM", "1", unit=sent)["Quantity"]

    assert unit("次/分") == {"value": Decimal(1), "unit": "次/分"}
    assert unit("g/L^克每升^L^g/L^^UCUM") == {**UCUM, "value": Decimal(1), "unit": "克每升"}
    power = {"value": Decimal(1), "system": UCUM["system"]}
    assert unit("10^9/L") == {**power, "unit": "10^9/L", "code": "10*9/L"}
    assert unit("×10^12/L") == {**power, "unit": "×10^12/L", "code": "10*12/L"}
    assert unit("10^9/L^LAB")["code"] == "10"
    assert unit("mmol/L^毫摩尔每升") == {
        "value": Decimal(1),
        "unit": "毫摩尔每升",
        "system": f"{LOCAL}/OBX-6",
        "code": "mmol/L",
    }
    assert unit("U^单位^99LAB") == {
        "value": Decimal(1),
        "unit": "单位",
        "extension": [{"url": SYSTEM_AS_SENT, "valueString": "99LAB"}],
        "system": f"{LOCAL}/99LAB",
        "code": "U",
    }
    assert cq_quantity(value("3^mL&毫升&UCUM"), context(), field="SPM-12") == {
        "value": Decimal(3),
        "unit": "毫升",
        "system": "http://unitsofmeasure.org",
        "code": "mL",
    }
    assert duration_days(value("-1"), context()) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_numbers_keep_their_digits(amount: Decimal) -> None:
    text = f"{amount:f}"
    if len(text.strip("-")) <= 40:
        assert str(number(text)) == str(Decimal(text))


def test_attachments() -> None:
    pdf = {"contentType": "application/pdf", "data": "JVBERi0x", "title": "RIS"}
    assert ed_attachment(value("RIS^application^PDF^Base64^JVBE\\.br\\Ri0x"), context()) == pdf
    assert ed_attachment(value("^TEXT^PLAIN^A^hello"), context()) == {
        "contentType": "text/plain",
        "data": "aGVsbG8=",
    }
    assert ed_attachment(value("^image^ZZZ^Hex^4142"), context()) == {
        "contentType": "image/zzz",
        "data": "QUI=",
    }
    broken = ed_attachment(value("^application^PDF^Base64^%%%"), context())
    assert broken is not None
    assert broken["_data"]["extension"][0]["valueString"] == "%%%"
    assert ed_attachment(value("RIS^application^PDF"), context()) is None
    assert rp_attachment(value("http://x.example/1^PACS^Image^DICOM"), context()) == {
        "contentType": "application/dicom",
        "url": "http://x.example/1",
        "title": "PACS",
    }
    assert rp_attachment(value("not a url"), context()) is None


@pytest.mark.parametrize(
    ("sent", "points"),
    [
        ("13812345678", [{"system": "phone", "value": "13812345678", "use": "home"}]),
        ("13812345678^PRN^CP", [{"system": "phone", "value": "13812345678", "use": "mobile"}]),
        ("02164387250^WPN^PH", [{"system": "phone", "value": "02164387250", "use": "work"}]),
        ("^NET^Internet^a@b.example", [{"system": "email", "_system": INTERNET, "value": "a@b.example"}]),
        ("a@b.example^NET", [{"system": "email", "value": "a@b.example"}]),
        ("021^WPN^FX", [{"system": "fax", "value": "021", "use": "work"}]),
        ("^^^^^^^^^^^+86 21 6438", [{"system": "phone", "value": "+86 21 6438", "use": "home"}]),
        ("^^^", None),
    ],
)
def test_telecoms(sent: str, points: Any) -> None:
    assert plain(xtn_telecom(value(sent), context(), use="home")) == points


def test_a_number_in_parts_is_put_together_and_kept_in_parts() -> None:
    (point,) = plain(xtn_telecom(value("^PRN^PH^^86^21^64387250^12"), context()))
    assert point["value"] == "+86 21 64387250 X12"
    assert [each["valueString"] for each in point["extension"]] == ["86", "21", "64387250", "12"]


def test_unknown_equipment_is_other_and_kept() -> None:
    (point,) = plain(xtn_telecom(value("1^PRN^WX"), context()))
    assert point["system"] == "other"
    coding = point["_system"]["extension"][0]["valueCodeableConcept"]["coding"][0]
    assert coding == {"system": f"{LOCAL}/0202", "code": "WX"}


def test_addresses() -> None:
    sent = "漕溪北路1200号&漕溪北路&1200^3号楼^上海^上海^200030^CHN^H^^310104&徐汇区"
    assert xad_address(value(sent), context()) == {
        "use": "home",
        "line": ["漕溪北路1200号", "漕溪北路", "1200", "3号楼"],
        "city": "上海",
        "state": "上海",
        "postalCode": "200030",
        "country": "CHN",
        "district": "徐汇区",
    }
    assert xad_address(value("某路^^^^^^BDL"), context()) == {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/alternate-codes",
                "valueCodeableConcept": {"coding": [{"system": f"{V2}0190", "code": "BDL"}]},
            }
        ],
        "line": ["某路"],
    }
    assert xad_address(value("^^^^^^H"), context()) is None
