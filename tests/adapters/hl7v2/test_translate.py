import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.parse import MessageError, parse
from adapters.hl7v2.translate import MapLibrary, base_layer, translate
from adapters.hospitals.folder import hospital_from_yaml
from adapters.hospitals.hospital import Hospitals
from adapters.merge import merged
from profiles.definitions import definitions
from profiles.structure import compile_structure
from tests.adapters.hl7v2.golden import (
    BASE,
    CASES,
    RECEIVED,
    as_json,
    expected,
    hospital_of,
    library,
    message,
    references,
    resources,
    translated,
)

check = compile_structure(definitions())
PID = "PID|1||00123456^^^SHSY001^MR||欧阳^明||19900307|M"


def told(event: str, *segments: str, version: str = "2.5.1") -> str:
    header = f"MSH|^~\\&|HIS|SHSY001|HUB|YL|20240305083012||{event}|C1|P|{version}"
    return "\r".join((header, *segments))


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    actual = as_json(translated(message(case)))
    assert actual == expected(case, actual)


@pytest.mark.parametrize("case", CASES)
def test_every_resource_is_fhir_and_no_reference_dangles(case: str) -> None:
    translation = translated(message(case))
    there = {f"{each.resource['resourceType']}/{each.resource['id']}" for each in translation.entries}
    assert len(there) == len(translation.entries)
    for entry in translation.entries:
        assert check(entry.resource) == []
        assert set(references(entry.resource)) <= there
    assert not [issue for issue in translation.issues if issue.severity in ("error", "fatal")]


@pytest.mark.parametrize("case", CASES)
def test_the_same_message_gives_the_same_bytes(case: str) -> None:
    parsed = parse(message(case))
    hospital = hospital_of(parsed)
    fresh = MapLibrary(definitions()).of(hospital)
    later = translate(parsed, hospital, RECEIVED + timedelta(days=1), fresh)
    assert as_json(later) == as_json(translated(message(case)))


@pytest.mark.parametrize("case", CASES)
def test_every_leaf_is_mapped_ignored_or_residue(case: str) -> None:
    translation = translated(message(case))
    counts = translation.coverage
    assert counts.mapped + counts.ignored + counts.residue == len(list(parse(message(case)).leaves()))
    assert counts.residue == len(translation.residue)


MUTATIONS = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(
            (
                "^",
                "~",
                "&",
                "|",
                '""',
                "\\.br\\",
                "\\T\\",
                "\r",
                "\rOBX|1|NM|",
                "20240230",
                "<5",
                "张",
                " ",
                "\x1f",
            )
        ),
    ),
    max_size=12,
)


@given(st.sampled_from(CASES), MUTATIONS)
def test_no_message_breaks_the_translation(case: str, mutations: list[tuple[float, str]]) -> None:
    text = message(case).replace("\n", "\r")
    for where, what in mutations:
        at = 20 + int(where * (len(text) - 20))
        text = text[:at] + what + text[at:]
    try:
        parsed = parse(text)
    except MessageError:
        return
    translation = translate(parsed, hospital_of(parsed), RECEIVED, library().of(hospital_of(parsed)))
    counts = translation.coverage
    assert counts.mapped + counts.ignored + counts.residue == len(list(parsed.leaves()))
    if any(issue.severity == "error" for issue in translation.issues):
        return
    there = {f"{each.resource['resourceType']}/{each.resource['id']}" for each in translation.entries}
    assert len(there) == len(translation.entries)
    for entry in translation.entries:
        assert check(entry.resource) == []
        assert set(references(entry.resource)) <= there


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("A01", "in-progress"),
        ("A04", "in-progress"),
        ("A08", "unknown"),
        ("A03", "finished"),
        ("A11", "cancelled"),
    ],
)
def test_the_event_says_the_status_of_the_visit(event: str, status: str) -> None:
    translation = translated(told(f"ADT^{event}", PID, "PV1|1|I|||||||||||||||||VN1"))
    (encounter,) = resources(translation, "Encounter")
    assert encounter["status"] == status
    assert "active" not in resources(translation, "Patient")[0]


def test_a_discharge_time_finishes_the_visit_whatever_the_event() -> None:
    pv1 = "PV1|1|I" + "|" * 17 + "VN1" + "|" * 26 + "20240312"
    (encounter,) = resources(translated(told("ADT^A08", PID, pv1)), "Encounter")
    assert (encounter["status"], encounter["period"]) == ("finished", {"end": "2024-03-12"})


def test_without_pid_nothing_may_be_stored() -> None:
    (issue,) = [issue for issue in translated(told("ADT^A01", "EVN|A01")).issues if issue.severity == "error"]
    assert (issue.code, issue.expression) == ("required", "PID")


def test_a_patient_without_a_number_is_an_error() -> None:
    issues = translated(told("ADT^A01", "PID|1||||王^五")).issues
    assert [(issue.severity, issue.code, issue.expression) for issue in issues] == [
        ("error", "required", "PID-3")
    ]


def test_results_without_a_known_patient_are_refused() -> None:
    issues = translated(told("ORU^R01", "OBR|1||F1", "OBX|1|ST|X||1", PID)).issues
    assert any(issue.severity == "error" for issue in issues)


@pytest.mark.parametrize(
    ("field", "value", "number"),
    [
        ("3", "9^^^X^NI~7^^^Y^MR", "7"),
        ("3", "9^^^X^XX~8^^^Y^YY", "9"),
        ("2", "22", "22"),
        ("4", "44", "44"),
        ("18", "AC18", "AC18"),
        ("19", "11010519491231002X", "11010519491231002X"),
    ],
)
def test_the_patient_is_named_by_the_first_number_there_is(field: str, value: str, number: str) -> None:
    pid = "PID|" + "|".join(value if str(i) == field else "" for i in range(1, 20))
    (patient,) = resources(translated(told("ADT^A28", pid)), "Patient")
    alone = resources(translated(told("ADT^A28", pid.replace("^^^X^NI", "^^^X^NI^"))), "Patient")
    assert patient["id"] == alone[0]["id"]
    assert number in [each["value"] for each in patient["identifier"]]


def test_the_same_number_at_two_hospitals_is_two_records() -> None:
    text = told("ADT^A28", "PID|1||110101199003074477^^^^NNCHN")
    other = text.replace("SHSY001", "BJXH001")
    first, second = (resources(translated(each), "Patient")[0] for each in (text, other))
    assert first["identifier"] == second["identifier"]
    assert first["id"] != second["id"]


def test_a_merge_points_both_ways() -> None:
    translation = translated(told("ADT^A40", PID, "MRG|999^^^SHSY001^MR"))
    survivor, loser = resources(translation, "Patient")
    assert survivor["link"] == [{"type": "replaces", "other": {"reference": f"Patient/{loser['id']}"}}]
    assert loser["link"] == [{"type": "replaced-by", "other": {"reference": f"Patient/{survivor['id']}"}}]
    assert (loser["active"], "active" in survivor) == (False, False)


def test_a_record_merged_into_itself_is_an_error() -> None:
    issues = translated(told("ADT^A40", PID, "MRG|00123456^^^SHSY001^MR")).issues
    assert [(issue.severity, issue.code, issue.expression) for issue in issues] == [
        ("error", "business-rule", "MRG-1")
    ]


def test_a_second_obr_with_the_same_numbers_keeps_its_own_report() -> None:
    orders = ("OBR|1|P1|F1|WBC^x", "OBX|1|ST|A||1", "OBR|2|P1|F1|WBC^x|R", "OBX|1|ST|A||2")
    translation = translated(told("ORU^R01", PID, *orders))
    reports = resources(translation, "DiagnosticReport")
    assert len({report["id"] for report in reports}) == 2
    assert [len(report["result"]) for report in reports] == [1, 1]
    assert [each["valueString"] for each in resources(translation, "Observation")] == ["1", "2"]


def test_a_corrected_result_has_the_same_id() -> None:
    def result(value: str, status: str) -> str:
        return told("ORU^R01", PID, "OBR|1|P1|F1^LIS|GLU^血糖", f"OBX|1|NM|GLU^血糖||{value}|||||||{status}")

    first, second = (translated(result(*each)) for each in (("5.8", "P"), ("6.1", "C")))
    for kind in ("DiagnosticReport", "Observation", "ServiceRequest"):
        assert [each["id"] for each in resources(first, kind)] == [
            each["id"] for each in resources(second, kind)
        ]
    modes = {entry.resource["resourceType"]: entry.mode for entry in first.entries}
    assert (modes["Observation"], modes["DiagnosticReport"], modes["Patient"]) == (
        "replace",
        "replace",
        "merge",
    )


def test_lines_of_a_text_over_several_obx_are_one_observation() -> None:
    lines = [f"OBX|{n}|TX|SJ^所见||第{n}行||||||F" for n in (1, 2, 3)]
    translation = translated(told("ORU^R01", PID, "OBR|1||F1|CT", *lines, "OBX|4|TX|ZD^诊断||正常||||||F"))
    assert [each["valueString"] for each in resources(translation, "Observation")] == [
        "第1行\n第2行\n第3行",
        "正常",
    ]
    assert translation.coverage.residue == 0


def test_a_line_that_differs_in_its_status_keeps_that_beside() -> None:
    lines = ("OBX|1|TX|SJ||一||||||F", "OBX|2|TX|SJ||二||||||P")
    translation = translated(told("ORU^R01", PID, "OBR|1||F1|CT", *lines))
    assert not translation.residue
    (observation,) = resources(translation, "Observation")
    assert observation["extension"] == [
        {"url": "https://yilian.example/fhir/StructureDefinition/hl7v2-OBX-11", "valueString": "P"}
    ]


def test_values_that_repeat_are_components() -> None:
    text = told("ORU^R01", PID, "OBR|1||F1|BP", "OBX|1|NM|BP^血压||120~80|mmHg|||||F")
    (observation,) = resources(translated(text), "Observation")
    assert [str(each["valueQuantity"]["value"]) for each in observation["component"]] == ["120", "80"]
    assert not [name for name in observation if name.startswith("value")]


def test_a_document_is_the_reports_presented_form() -> None:
    text = told(
        "ORU^R01", PID, "OBR|1||F1|CT", "OBX|1|ED|BG^报告||^application^PDF^Base64^JVBERi0xLjQK||||||F"
    )
    translation = translated(text)
    (report,) = resources(translation, "DiagnosticReport")
    (form,) = report["presentedForm"]
    (kind,) = form.pop("extension")
    assert kind["valueCodeableConcept"]["coding"][0]["code"] == "BG"
    assert form == {"contentType": "application/pdf", "data": "JVBERi0xLjQK", "title": "报告"}
    assert resources(translation, "Observation") == []


def test_null_fields_are_deletions_and_empty_ones_are_not() -> None:
    translation = translated(told("ADT^A08", PID + '|||""||""|', "PV1|1|I|||||||||||||||||VN1"))
    (patient,) = [entry for entry in translation.entries if entry.resource["resourceType"] == "Patient"]
    assert patient.deletions == ("address", "telecom.where(use='home')")
    assert translation.coverage.residue == 0


def test_unknown_segments_and_fields_are_residue() -> None:
    translation = translated(told("ADT^A08", PID, "ZPI|1|医保^类别"))
    paths = {each.path: each.value for each in translation.residue}
    assert paths == {"ZPI-1": "1", "ZPI-2.1": "医保", "ZPI-2.2": "类别"}


def test_a_hospital_maps_its_own_segment_and_vocabulary() -> None:
    hospital = hospital_from_yaml(
        """
id: shsy001
name: 示范医院
timezone: Asia/Urumqi
systems: {SELF: "urn:oid:1.2.3.4"}
segments: {ZPI: 3}
vocabularies:
  AdministrativeSex: {words: {男儿: male}}
extensions: {category: "https://region.example/StructureDefinition/category"}
changes:
  PID-Patient:
    disable: [PID-23]
    replace: [{id: PID-8, source: ZPI-3, target: gender, function: code, vocabulary: AdministrativeSex}]
    add: [{id: ZPI-2, source: ZPI-2, target: extension(category).valueCodeableConcept, function: cwe_concept}]
""",
        "shsy001.yaml",
    )
    (hospital,) = Hospitals(BASE, [hospital]).registered
    text = told(
        "ADT^A08", "PID|1||7^^^SELF||王^五||199003071425||" + "|" * 14 + "上海", "ZPI|1|A^职工^L|男儿"
    )
    translation = translated(text, hospital)
    (patient,) = resources(translation, "Patient")
    assert patient["gender"] == "male"
    assert patient["identifier"][0]["system"] == "urn:oid:1.2.3.4"
    assert patient["_birthDate"]["extension"][0]["valueDateTime"] == "1990-03-07T14:25:00+06:00"
    assert patient["extension"] == [
        {
            "url": "https://region.example/StructureDefinition/category",
            "valueCodeableConcept": {
                "coding": [{"system": f"{BASE}/CodeSystem/shsy001/ZPI-2", "code": "A", "display": "职工"}]
            },
        }
    ]
    assert resources(translation, "Organization")[0]["name"] == "示范医院"
    assert [each.path for each in translation.residue] == ["PID-23", "ZPI-1"]


@pytest.mark.parametrize(
    "version",
    ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.2", "9.9", ""],
)
def test_every_version_gives_the_same_resources(version: str) -> None:
    admitted = (
        PID,
        "NK1|1|王^芳|SPO",
        "PV1|1|I|||||||||||||||||VN1",
        "AL1|1|DA|P^青霉素",
        "DG1|1||J18^肺炎^I10",
    )
    ordered = (
        PID,
        "PV1|1|I|||||||||||||||||VN1",
        "ORC|RE|P1|F1",
        "OBR|1|P1|F1|CBC^血常规",
        "OBX|1|NM|W^白细胞||5|||||F",
    )
    for event, segments in (("ADT^A01", admitted), ("ORU^R01", ordered)):
        there, expected_here = (
            sorted((each.resource["resourceType"], each.resource["id"]) for each in translated(text).entries)
            for text in (told(event, *segments, version=version), told(event, *segments, version="2.5.1"))
        )
        assert there == expected_here


def test_hospitals_that_change_nothing_share_their_maps() -> None:
    hospitals = Hospitals(BASE)
    assert library().of(hospitals.for_facility("A")) is library().of(hospitals.for_facility("B"))


def test_other_separators_are_read_by_themselves() -> None:
    text = told("ADT^A08", PID).replace("|", "*").replace("^", "%").replace("MSH*%~\\&", "MSH*%~\\&")
    (patient,) = resources(translated(text), "Patient")
    assert patient["name"][0]["text"] == "欧阳明"


def test_no_row_has_free_code_and_every_ignore_has_a_reason() -> None:
    for each in base_layer().maps.values():
        for row in each.rows:
            assert re.fullmatch(r"[a-z0-9_]*", row.function)
            assert not row.ignore or len(row.ignore) > 4


def test_no_message_leaves_a_trace_in_another() -> None:
    alone = {case: as_json(translated(message(case))) for case in CASES}
    for case in reversed(CASES):
        translation = translated(message(case))
        for entry in translation.entries:
            merged(merged(None, entry), entry)
        assert as_json(translation) == alone[case]
