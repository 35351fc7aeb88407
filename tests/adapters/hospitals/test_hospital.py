from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hospitals.folder import hospital_from_yaml, load_hospitals
from adapters.hospitals.hospital import Hospitals, segment, slug
from adapters.mapping.fault import MapError

BASE = "https://region.example/fhir"
YAML = """
id: shsy001
name: 上海示范医院
facilities: [SHSY001, 示范医院, 2.16.156.10011.1.5.3101]
charset: GB18030
systems: {HIS: "urn:oid:1.2.3.4", YBK: "urn:oid:2.16.156.10011.1.15"}
code_systems: {99ICD: "http://hl7.org/fhir/sid/icd-10"}
"""


def test_a_registered_hospital_by_any_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(YAML, "utf-8")
    hospitals = load_hospitals(tmp_path, BASE + "/")
    for facility in ("SHSY001", "shsy001", "示范医院", " 2.16.156.10011.1.5.3101 "):
        hospital = hospitals.for_facility(facility)
        assert (hospital.id, hospital.name, hospital.charset) == ("shsy001", "上海示范医院", "GB18030")
        assert hospital.timezone == "Asia/Shanghai"
        assert hospital.identifier_system("HIS", "MR") == f"{BASE}/sid/shsy001/HIS/MR"


def test_an_unknown_sender_is_derived() -> None:
    hospitals = load_hospitals(None, BASE)
    assert hospitals.for_facility("GHH").id == "ghh"
    assert hospitals.for_facility("GHH").name == "GHH"
    assert hospitals.for_facility("", "LIS").id == "lis"
    assert hospitals.for_facility("", "").id == "unknown"
    assert hospitals.for_facility("浦东医院").id.startswith("h-")
    assert hospitals.for_facility("A\x1f\n B").name == "A B"
    assert hospitals.for_facility("\x1f").id == "unknown"
    assert hospitals.for_facility("浦东医院") is hospitals.for_facility("浦东医院")


def test_derived_hospitals_do_not_fill_the_memory() -> None:
    hospitals = Hospitals(BASE)
    first = hospitals.for_facility("first")
    for number in range(2000):
        hospitals.for_facility(f"other{number}")
    assert hospitals.for_facility("first") == first
    assert hospitals.for_facility("first") is not first


@given(st.text(), st.text())
def test_two_names_never_share_an_id(one: str, two: str) -> None:
    if one and two and one.casefold() != two.casefold():
        assert slug(one) != slug(two)


@given(st.text())
def test_an_id_and_a_segment_can_stand_in_a_uri(name: str) -> None:
    assert slug(name) == slug(slug(name))
    assert 0 < len(slug(name)) <= 40
    assert not set(segment(name)) & set(' \t\n/?#%<>"{}|\\^`')


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("id: A B", "id is 1 to 40 of"),
        ("name: x", "id is 1 to 40 of"),
        ("id: a\ntimezone: Mars/Olympus", "there is no time zone 'Mars/Olympus'"),
        ("id: a\nsystem: {}", "a file has no 'system'"),
        ("id: [", "not YAML"),
    ],
)
def test_faults_of_a_file(text: str, fault: str) -> None:
    with pytest.raises(MapError, match=fault):
        hospital_from_yaml(text, "h.yaml")


def test_two_hospitals_cannot_have_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("id: a\nfacilities: [X]", "utf-8")
    (tmp_path / "b.yaml").write_text("id: b\nfacilities: [x]", "utf-8")
    with pytest.raises(MapError, match=r"b\.yaml:1: 'x': a\.yaml has it"):
        load_hospitals(tmp_path, BASE)
