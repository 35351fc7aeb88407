from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given

from exchange.fhirjson import dumps, loads
from exchange.search.definition.parameters import parameter_ids
from exchange.search.index.extract import Extraction, compile_extraction
from exchange.search.index.phrase import text_phrase, texts_path
from exchange.search.index.row import IndexRow
from exchange.search.value.dates import DAY
from exchange.search.value.numbers import sought_units
from exchange.search.value.token import (
    absent,
    coded,
    identifier_value,
    of_system,
    present,
    reference_hash,
    salt,
    token,
)
from mpi.keys import patient_key
from profiles.definitions import definitions
from tests.exchange.search.worlds import BASE, CITIZEN, CITIZEN_ALIAS, LOINC, worlds


@cache
def extraction() -> Extraction:
    return compile_extraction(definitions(), BASE)


def row(resource_type: str, **content: Any) -> IndexRow:
    return extraction().row({"resourceType": resource_type, "id": "1"} | content)


def test_an_observation() -> None:
    found = row(
        "Observation",
        status="final",
        code={"coding": [{"system": LOINC, "code": "1-1"}, {"code": "x"}], "text": "t"},
        subject={"reference": "Patient/p"},
        effectiveDateTime="1970-01-02",
        valueQuantity={"value": Decimal("5.4"), "system": "http://unitsofmeasure.org", "code": "mg"},
    )
    assert (found.patient, found.compartments) == (patient_key("p"), ())
    assert (found.start, found.end) == (DAY, 2 * DAY)
    codes = [token("Observation.code", coded(LOINC, "1-1")), token("Observation.code", coded("", "x"))]
    assert list(found.codes) == codes
    others = [
        token("Observation.code", "1-1"),
        token("Observation.code", "x"),
        token("Observation.code", of_system(LOINC)),
        token("Observation.status", "final"),
        reference_hash("Patient/p") ^ salt("Observation.subject"),
        text_phrase(texts_path("Observation.code"), "t").token,
    ]
    assert sorted(found.tokens) == sorted(codes + others)
    quantity = parameter_ids()["Observation.value as Quantity"]
    (unit,) = sought_units("http://unitsofmeasure.org", "mg")
    assert found.quantities == ((quantity, unit, 5.4, 5.4),)
    composite = parameter_ids()["Observation(code+value as Quantity)"]
    keys = [salt("Observation.code") ^ salt("Observation(code+value as Quantity)") ^ code for code in codes]
    assert found.composites == tuple((composite, key, unit, 5.4, 5.4, None) for key in keys)


def test_what_every_resource_should_have_is_said_when_it_is_missing() -> None:
    found = row("Observation", status="final").tokens
    assert token("Observation.code", absent()) in found
    assert token("Observation.status", absent()) not in found
    assert token("Observation.status", present()) not in found


def test_the_patient_column_says_that_a_patient_of_ours_is_there() -> None:
    own, other = "Patient/p", "http://other.example/fhir/Patient/p"
    there = token("Observation.subject", present("Patient"))
    assert there not in row("Observation", subject={"reference": own}).tokens
    assert there in row("Observation", subject={"reference": other}).tokens
    assert token("Observation.subject", present()) in row("Observation", subject={"display": "x"}).tokens


def test_a_component_is_no_code() -> None:
    found = row("Observation", component=[{"code": {"coding": [{"system": LOINC, "code": "1-1"}]}}])
    assert found.codes == ()
    assert token("Observation.component.code", "1-1") in found.tokens
    assert token("Observation.code", "1-1") not in found.tokens


def test_a_date_that_covers_much_is_marked() -> None:
    dates = ("2024-05-05T10:00:00Z", "2024-05-05", "2024-05")
    tokens = [row("Observation", effectiveDateTime=date).tokens for date in dates]
    assert [len(set(each) - set(tokens[0])) for each in tokens] == [0, 0, 1]


def test_wide_values_stand_under_the_negative_id() -> None:
    ids = parameter_ids()
    comparator = row("Observation", valueQuantity={"value": 5, "comparator": "<"})
    assert comparator.quantities[0][0] == -ids["Observation.value as Quantity"]
    encounter = row("Encounter", location=[{"period": {"start": "2024-01-01", "end": "2024-02-01"}}])
    assert encounter.dates[0][0] == -ids["Encounter.location.period"]


def test_a_patient_is_in_its_own_compartment_and_in_those_it_links_to() -> None:
    found = row("Patient", link=[{"other": {"reference": "Patient/2"}}])
    assert (found.patient, found.compartments) == (patient_key("1"), (patient_key("2"),))


def test_who_only_performs_is_not_the_patient_of_the_row() -> None:
    found = row("Observation", performer=[{"reference": "Patient/2"}])
    assert (found.patient, found.compartments) == (None, (patient_key("2"),))


def test_several_patients_of_the_leading_parameter() -> None:
    agents = [{"who": {"reference": f"Patient/{n}"}} for n in (3, 2, 3)]
    found = row("AuditEvent", agent=agents, entity=[{"what": {"reference": f"{BASE}/Patient/4"}}])
    assert {found.patient, *found.compartments} == {patient_key(n) for n in "234"}
    assert found.patient not in found.compartments


@pytest.mark.parametrize(
    "reference", ["Patient/p", f"{BASE}/Patient/p", "Patient/p/_history/3", f"{BASE}/Patient/p/_history/3"]
)
def test_a_reference_is_known_without_base_and_version(reference: str) -> None:
    found = row("Observation", subject={"reference": reference})
    assert found.patient == patient_key("p")
    assert token("Observation.subject", "Patient/p") in found.tokens
    assert (token("Observation.subject", "Patient/p/_history/3") in found.tokens) is ("_history" in reference)


@pytest.mark.parametrize(
    "reference", ["http://other.example/fhir/Patient/p", "urn:uuid:p", "#p", "Patient/", "Patient/p/q"]
)
def test_a_reference_to_elsewhere_joins_no_compartment(reference: str) -> None:
    found = row("Observation", subject={"reference": reference})
    assert (found.patient, found.compartments) == (None, ())


def test_identifier_systems_are_canonical() -> None:
    identifiers = [{"system": CITIZEN_ALIAS, "value": "110"}, {"value": "7"}, {"system": "x"}]
    number = parameter_ids()["Patient.identifier"]
    found = row("Patient", identifier=identifiers)
    assert found.identifiers == ((number, CITIZEN, "110"), (number, "", "7"))


def test_a_very_long_identifier_fits_the_index() -> None:
    long = "药" * 5000
    found = row("Patient", identifier=[{"value": long}])
    assert found.identifiers[0][2] == identifier_value(long)
    assert len(identifier_value(long).encode()) < 500
    assert identifier_value(long) != identifier_value(long + "x")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ({"family": "王", "given": ["小", "明"]}, {"王", "小", "明", "王小明"}),
        ({"family": "王", "given": ["明"], "text": "王明"}, {"王", "明", "王明"}),
        ({"family": "O'Neill·x", "given": ["王"]}, {"o'neill·x", "王"}),
        ({"family": "Müller", "given": ["Ann"]}, {"muller", "ann"}),
        ({"family": "王"}, {"王"}),
    ],
)
def test_a_name(name: dict[str, Any], values: set[str]) -> None:
    assert {value for _, value, exact in row("Patient", name=[name]).strings if exact} == values


def test_a_chinese_name_is_also_in_pinyin_under_the_negative_id() -> None:
    ids = parameter_ids()
    found = row("Patient", name=[{"family": "单", "given": ["雄信"], "text": "单雄信"}]).strings
    assert {(number, value) for number, value, exact in found if not exact and number < 0} == {
        (-ids["Patient.name.family"], "shan"),
        (-ids["Patient.name.given"], "xiongxin"),
        (-ids["Patient.name.given"], "xx"),
        (-ids["Patient.name.text"], "shanxiongxin"),
        (-ids["Patient.name.text"], "sxx"),
    }


def test_a_name_sounds() -> None:
    number = parameter_ids()["Patient.name.phonetic"]
    found = row("Patient", name=[{"family": "Smyth", "given": ["Rupert"]}, {"family": "章", "given": ["三"]}])
    sounds = {value for n, value, exact in found.strings if n == number and not exact}
    assert sounds == {"s530", "r163", "zhang", "san", "zhangsan"}
    organization = row("Organization", name="Robert Clinic").strings
    assert {value for n, value, _ in organization if n == parameter_ids()["Organization.name.phonetic"]} == {
        "r163",
        "c452",
    }


@pytest.mark.parametrize(
    ("content", "dead"),
    [
        ({}, "false"),
        ({"deceasedBoolean": False}, "false"),
        ({"deceasedBoolean": True}, "true"),
        ({"deceasedDateTime": "2024"}, "true"),
    ],
)
def test_whether_a_patient_is_dead_is_always_known(content: dict[str, Any], dead: str) -> None:
    assert token("Patient.deceased", dead) in row("Patient", **content).tokens


def test_a_null_in_a_list_of_primitives_is_no_value() -> None:
    found = row("Patient", name=[{"given": [None, "明"], "_given": [{"id": "x"}, None]}])
    assert {value for _, value, exact in found.strings if exact} == {"明"}


def test_telecom_is_filtered_by_system() -> None:
    found = row("Patient", telecom=[{"system": "phone", "value": "138"}, {"system": "email", "value": "a@b"}])
    assert token("Patient.telecom(system=phone)", "138") in found.tokens
    assert token("Patient.telecom(system=phone)", "a@b") not in found.tokens
    assert token("Patient.telecom", "a@b") in found.tokens


@given(worlds())
def test_equal_resources_have_equal_rows(resources: list[dict[str, Any]]) -> None:
    for resource in resources:
        assert extraction().row(loads(dumps(resource))) == extraction().row(resource)
