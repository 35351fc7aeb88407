"""What a Patient says, normalised."""

import pytest
from hypothesis import given

from mpi.normalisation.demographics import (
    Card,
    Demographics,
    demographics_from_json,
    demographics_from_patient,
    json_from_demographics,
    normal_number,
    normal_phone,
)
from terminology.naming import CITIZEN_ID, INSURANCE_CARD, identify
from tests.mpi.people import patient, valid_id
from tests.mpi.strategies import demographics


def test_everything_a_patient_says() -> None:
    sent = patient(
        name="王　伟",
        citizen=valid_id().lower(),
        telecom=[
            {"system": "phone", "value": "+86 139-1234-5678"},
            {"system": "phone", "value": "13800000000"},
            {"system": "email", "value": "1391234567@example.org"},
        ],
        address=[{"city": "上海市", "district": "黄浦区", "line": ["南京 东路 1号"]}],
        multipleBirthInteger=2,
    )
    sent["identifier"].append({"system": INSURANCE_CARD, "value": "A 1234-5678"})
    assert demographics_from_patient(sent, identify) == Demographics(
        names=("王伟",),
        pinyin=("wangwei",),
        gender="male",
        birth_date="1980-05-06",
        birth_order=2,
        citizen_ids=(valid_id(),),
        cards=(Card("insurance-card", INSURANCE_CARD, "A12345678"),),
        phones=("13912345678",),
        addresses=("黄浦南京东路1",),
    )


def test_fillers_are_worth_nothing() -> None:
    sent = patient(
        name="无名氏", gender="unknown", birth_date=None, citizen="11111111111111111X", card="000000"
    )
    assert demographics_from_patient(sent, identify) == Demographics()


def test_a_newborn_is_known_by_its_mother_only() -> None:
    found = demographics_from_patient(patient(name="王芳之子"), identify)
    assert (found.names, found.newborn) == ((), True)


def test_a_patient_without_anything() -> None:
    assert demographics_from_patient({"resourceType": "Patient"}, identify) == Demographics()


def test_the_old_number_of_an_aliased_system_and_a_typed_one() -> None:
    old = valid_id()[:6] + valid_id()[8:17]
    sent = {
        "identifier": [
            {"system": "urn:oid:2.16.840.1.113883.2.23.1.19.1", "value": old},
            {"type": {"coding": [{"code": "NI"}]}, "value": valid_id()},
            {"system": CITIZEN_ID},
        ]
    }
    assert demographics_from_patient(sent, identify).citizen_ids == (valid_id(),)


def test_the_name_in_use_comes_first() -> None:
    names = [{"use": "old", "text": "李娜"}, {"use": "official", "text": "王娜"}]
    assert demographics_from_patient({"name": names}, identify).names == ("王娜", "李娜")


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("021-6123 4567", "61234567"),
        ("0086 13912345678", "13912345678"),
        ("13800138000", ""),
        ("13800000000", ""),
        ("11111111111", ""),
        ("12", ""),
        ("", ""),
    ],
)
def test_phones(sent: str, normal: str) -> None:
    assert normal_phone(sent) == normal


@pytest.mark.parametrize("filler", ["", "-", "111111", "12345", "123456789", "000000000000"])
def test_filler_card_numbers(filler: str) -> None:
    assert normal_number(filler) == ""


@given(demographics())
def test_stored_demographics_come_back(facts: Demographics) -> None:
    assert demographics_from_json(json_from_demographics(facts)) == facts


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("013912345678", "13912345678"),
        ("021-65528888-8001", "65528888"),
        ("021-65528888#12", "65528888"),
        ("+86 21 6552 8888", "65528888"),
        ("7654321", ""),
        ("98765432", ""),
        ("13000000000", ""),
    ],
)
def test_trunks_extensions_and_sequences(sent: str, normal: str) -> None:
    assert normal_phone(sent) == normal


@pytest.mark.parametrize(
    "sent", ["13912345678/021-65528888", "13912345678；021-65528888", "13912345678 02165528888"]
)
def test_several_phones_in_one_field(sent: str) -> None:
    told = demographics_from_patient({"telecom": [{"system": "phone", "value": sent}]}, identify)
    assert told.phones == ("13912345678", "65528888")


@pytest.mark.parametrize(
    "sent", ["138 1380 1234", "138 0138 1234", "+86 138 0138 1234", "0 138 1380 1234", "138-1380-1234"]
)
def test_a_phone_in_groups_is_one(sent: str) -> None:
    told = demographics_from_patient({"telecom": [{"system": "phone", "value": sent}]}, identify)
    assert told.phones in (("13813801234",), ("13801381234",))


@pytest.mark.parametrize("sent", ["65528888", "(021)65528888", "021 6552 8888", "+86-21-65528888"])
def test_the_area_code_may_be_left_out(sent: str) -> None:
    assert normal_phone(sent) == "65528888"


@pytest.mark.parametrize("filler", ["0123456789", "987654321", "暂无卡号信息", "TEST123", "测试123456"])
def test_words_and_sequences_are_no_card_numbers(filler: str) -> None:
    assert normal_number(filler) == ""


def test_a_passport_is_one_whichever_hospital_tells_of_it() -> None:
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PPN"}]}
    told = [
        {"identifier": [{"system": f"http://{hospital}.example/passport", "type": kind, "value": value}]}
        for hospital, value in (("one", "m 38974479"), ("other", "M38974479"), ("other", "-"))
    ]
    card = Card("passport", "passport", "M38974479")
    assert [demographics_from_patient(each, identify).cards for each in told] == [(card,), (card,), ()]
