"""What can never work is said when the maps are compiled, with file and line."""

import pytest

from adapters.hl7v2.functions import functions
from adapters.hl7v2.sources import V2Sources
from adapters.hl7v2.translate import WORDS, base_layer, maps_for
from adapters.mapping.compile import compile_maps
from adapters.mapping.compiled import Maps
from adapters.mapping.fault import MapError
from adapters.mapping.layers import overridden
from adapters.mapping.read import read_layer
from adapters.mapping.rows import Layer
from profiles.definitions import definitions

MAP = """
maps:
  - map: M
    segment: PID
    resource: Patient
    label: patient
    identity: [PID-3 patient_key]
    rows:
      - {ROW}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(MapError) as caught:
        compiled(text)
    return [str(fault) for fault in caught.value.faults]


def compiled(text: str) -> Maps:
    layer = read_layer(text, "m.yaml")
    return compile_maps(layer, definitions(), V2Sources(layer.segments), functions(), WORDS)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (
            "{id: r, source: PID-8, target: sex, function: text}",
            "row 'r': target 'sex': R4 has no Patient.sex",
        ),
        (
            "{id: r, source: PID-99, target: gender, function: text}",
            "row 'r': PID-99: no version's PID has field 99",
        ),
        ("{id: r, source: PID-3.99, target: gender, function: text}", "has that component"),
        ("{id: r, source: PID-8.1.2, target: gender, function: text}", "has that component"),
        ("{id: r, source: ZZZ-1, target: gender, function: text}", "no version has a segment ZZZ"),
        ("{id: r, source: pid3, target: gender, function: text}", "is not a path such as"),
        ("{id: r, source: PID-8, target: gender, function: guess}", "there is no function 'guess'"),
        ("{id: r, source: PID-8, target: gender}", "there is no function ''"),
        (
            "{id: r, source: PID-8, target: gender, function: code, vocabulary: No}",
            "there is no vocabulary 'No'",
        ),
        ("{id: r, source: PID-8, target: gender, function: code}", "code needs 'vocabulary'"),
        (
            "{id: r, source: PID-8, target: gender, function: text, vocabulary: No}",
            "text takes no 'vocabulary'",
        ),
        (
            "{id: r, source: PID-13, target: telecom, function: xtn_telecom, given: {us: home}}",
            "takes no 'us'",
        ),
        ("{id: r, source: PID-8, target: gender, function: text, inputs: {x: PID-1}}", "takes no 'x'"),
        ("{id: r, source: PID-8, target: gender, function: text, when: PID-8 is}", "row 'r': condition"),
        (
            "{id: r, source: PID-8, target: gender, function: text, when: PID-98 valued}",
            "no version's PID has field 98",
        ),
        ("{id: r, target: gender}", "has a target but nothing to put there"),
        ("{id: r, source: PID-8}", "has no target, no reason"),
        ("{id: r, target: managingOrganization, reference: sender}", "no map has the label 'sender'"),
        ("{id: r, target: gender, value: '{hospital.king}'}", "there is no word {hospital.king}"),
        ("{id: r, source: PID-8, target: gender, function: text, deletes: 'name.first()'}", "neither a path"),
        ("{id: r, source: PID-77, ignore: nothing there}", "no version's PID has field 77"),
        ("{id: r, source: PID-8, target: gender, functoin: text}", "a row has no 'functoin'"),
        ("{source: PID-8, target: gender, function: text}", "a row needs an `id`"),
    ],
)
def test_faults_of_rows(row: str, fault: str) -> None:
    found = faults(MAP.replace("{ROW}", row))
    assert any(each.startswith("m.yaml:9: ") and fault in each for each in found), found


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ("resource: Patient", "resource: Person2", 3, "R4 has no Person2"),
        ("identity: [PID-3 patient_key]", "identity: [PID-3 no_key]", 3, "there is no function 'no_key'"),
        ("identity: [PID-3 patient_key]", "identity: ['@nobody']", 3, "no map has the label 'nobody'"),
        ("identity: [PID-3 patient_key]", "mode: merge", 3, "has no identity"),
        ("resource: Patient", "onto: patient", 3, "no map has the label 'patient'"),
        ("label: patient", "needs: king", 3, "no map has the label 'king'"),
        ("label: patient", "like: Other", 3, "no map 'Other'"),
        ("label: patient", "mode: guess", 3, "mode is one of merge, replace"),
        ("label: patient", "onto: patient", 3, "not both"),
        ("segment: PID", "sgment: PID", 4, "a map has no 'sgment'"),
        ("rows:", "when: PID-8 like 'x'\n    rows:", 3, "condition"),
    ],
)
def test_faults_of_maps(old: str, new: str, line: int, fault: str) -> None:
    text = MAP.replace("{ROW}", "{id: r, source: PID-8, target: gender, function: verbatim_code}").replace(
        old, new, 1
    )
    assert any(each.startswith(f"m.yaml:{line}: ") and fault in each for each in faults(text)), faults(text)


def test_all_faults_are_told_at_once() -> None:
    rows = (
        "{id: r, source: PID-8, target: sex, function: text}\n"
        "      - {id: s, source: PID-98, target: name, function: xpn_name}"
    )
    assert [each.split(": ")[0] for each in faults(MAP.replace("{ROW}", rows))] == ["m.yaml:9", "m.yaml:10"]


def test_a_row_id_stands_once() -> None:
    rows = "{id: r, source: PID-8, ignore: reason}\n      - {id: r, source: PID-7, ignore: reason}"
    assert faults(MAP.replace("{ROW}", rows)) == ["m.yaml:10: row 'r' stands twice"]


@pytest.mark.parametrize(
    ("layer", "fault"),
    [
        ("changes: {PID-Person: {disable: [PID-5]}}", "h.yaml:1: there is no map 'PID-Person'"),
        ("changes:\n  PID-Patient: {disable: [PID-5x]}", "h.yaml:2: there is no row 'PID-5x' to disable"),
        (
            "changes:\n  PID-Patient:\n    replace:\n      - {id: X, source: PID-5, ignore: reason}",
            "h.yaml:4: there is no row 'X' to replace",
        ),
        (
            "changes:\n  PID-Patient:\n    add:\n      - {id: PID-5, source: PID-5, ignore: reason}",
            "h.yaml:4: row 'PID-5' exists at patient.yaml:40: list it under `replace`",
        ),
        ("maps: [{map: PID-Patient, segment: PID}]", "h.yaml:1: map 'PID-Patient' exists at patient.yaml"),
        (
            "segments: {ZPI: 2}\nchanges: {PID-Patient: {add: [{id: Z, source: ZPI-3, ignore: reason}]}}",
            "ZPI is declared with 2 fields",
        ),
        ("vocabularys: {}", "h.yaml:1: a file has no 'vocabularys'"),
    ],
)
def test_faults_of_a_hospitals_layer(layer: str, fault: str) -> None:
    with pytest.raises(MapError) as caught:
        maps_for(read_layer(layer, "h.yaml"), definitions())
    assert fault in str(caught.value)


def test_the_base_maps_compile() -> None:
    maps = maps_for(Layer(), definitions())
    assert {"PID", "PV1", "OBR", "OBX", "SPM", "NK1", "AL1", "DG1", "IN1"} <= maps.by_segment.keys()


def test_a_layer_adds_before_and_keeps_the_order_of_the_rest() -> None:
    over = read_layer(
        "changes: {AL1-AllergyIntolerance: {add: [{id: one, source: AL1-1, ignore: why}], disable: [AL1-6]}}",
        "h.yaml",
    )
    before = [row.id for row in base_layer().maps["AL1-AllergyIntolerance"].rows]
    after = [row.id for row in overridden(base_layer(), over).maps["AL1-AllergyIntolerance"].rows]
    assert after == ["one", *(each for each in before if each != "AL1-6")]


def test_a_layer_adds_words_to_a_vocabulary() -> None:
    over = read_layer(
        "vocabularies: {MaritalStatus: {codes: {'9': [U, unmarried]}, words: {单身: [S, Never Married]}}}",
        "h.yaml",
    )
    words = overridden(base_layer(), over).vocabularies["MaritalStatus"]
    added = words.get("单身")
    assert added is not None
    assert (added.system, added.source) == ("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "")
    assert words.get("M") is not None
