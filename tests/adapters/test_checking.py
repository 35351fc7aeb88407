"""Faults of hospitals' files: each with its file and line, all at once; and what is no fault."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.checking import checked, unused_levels, variants
from adapters.hospitals.folder import Book
from adapters.hospitals.level import FORMS, V2
from adapters.library import grounds, library
from adapters.mapping.dead import dead
from profiles.definitions import definitions

LIBRARY = library(definitions())
HEAD = "id: h1\n"
ROW = "{id: new, source: PID-8, target: gender, function: code, vocabulary: AdministrativeSex"


def told(**files: str) -> list[str]:
    return [str(fault) for fault in book(files).faults]


def book(files: dict[str, str]) -> Book:
    return checked({f"{name.replace('__', '/')}.yaml": said for name, said in files.items()}, LIBRARY)


def patient(change: str) -> str:
    return f"{HEAD}changes:\n  PID-Patient:\n    {change}\n"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("region: nowhere", "h1.yaml:2: there is no region 'nowhere'"),
        ("vendor: nobody", "h1.yaml:2: there is no vendor 'nobody'"),
        ("interfaces: [{application: LIS, layer: gone}]", "h1.yaml:2: there is no interface 'gone'"),
        ("interfaces: [{timezone: UTC}]", "h1.yaml:2: an interface needs one of application"),
        ("interfaces: [{application: LIS}]", "h1.yaml:2: interface 'lis': nothing is other"),
        ("interfaces: [{form: fax, timezone: UTC}]", "h1.yaml:2: there is no form 'fax'"),
        ("charset: KOI9", "h1.yaml:2: there is no charset 'KOI9'"),
        ("charsets: {GBK2: KOI9}", "h1.yaml:2: there is no charset 'KOI9'"),
        ("msh_18: overridden", "h1.yaml:2: msh_18 is overridden by a `charset`, and there is none"),
        ("msh_18: ignored", "h1.yaml:2: msh_18 is one of believed, overridden"),
        ("timezone: Mars/Olympus", "h1.yaml:2: there is no time zone 'Mars/Olympus'"),
        ("systems: [a]", "h1.yaml:2: 'systems' is a block"),
        ("cda: {segments: {ZPI: 2}}", "h1.yaml:2: a section cda has no 'segments'"),
        ("segments: {ZPI: none}", "h1.yaml:2: segment 'ZPI' has a number of fields, or `fields`"),
        ("segments: {ZPI: {fields: {0: x}}}", "h1.yaml:2: field '0' of a segment is a number"),
        (
            "segments: {ZPI: {onto: patient, fields: {1: {name: a, type: NO}}}}",
            "h1.yaml:2: ZPI-1: 'NO' is none",
        ),
        ("segments: {ZPI: 2}", "h1.yaml:2: no row reads segment ZPI"),
        ("vocabularies: {Mine: {words: {a: b}}}", "h1.yaml:2: no row uses vocabulary 'Mine'"),
        (
            "vocabularies: {AdministrativeSex: {}}",
            "h1.yaml:2: vocabulary 'AdministrativeSex': nothing is added",
        ),
        ("changes: {PID-Patiant: {disable: [PID-5]}}", "no map 'PID-Patiant'; did you mean 'PID-Patient'?"),
        ("changes: {PID-Patient: {}}", "h1.yaml:2: map 'PID-Patient': nothing is changed"),
        (
            "maps: [{map: M, segment: ZZZ, onto: patient, rows: []}]",
            "h1.yaml:2: map 'M' can never run: nothing is called 'ZZZ'",
        ),
        (
            "maps: [{map: M, segment: PID, onto: patient, within: [PATIENT_RESLT], rows: []}]",
            "nothing is called 'PATIENT_RESLT'; did you mean 'PATIENT_RESULT'?",
        ),
        (
            "maps: [{map: M, segment: PID, onto: patient, when: event = 'A99', rows: []}]",
            "h1.yaml:2: map 'M' can never run: nothing meets",
        ),
        ("local: {rename: {XM: PatientNam}}", "which is no field; did you mean 'PatientName'?"),
        ("local: {fields: {PatientName: ['', x]}}", "field 'PatientName' is known already"),
        ("table: {columns: {a: x}}", "h1.yaml:2: column 'a' is [data element, name]"),
        (
            "table: {tables: {T: {rename: {XM: xingming}}}}",
            "h1.yaml:2: table T: 'XM' is to be 'xingming', which is no column",
        ),
        ("table: {tables: {T: {rename: {a: hzxm, b: hzxm}}}}", "'b' and 'a' are both renamed into 'hzxm'"),
        ("table: {tables: {T: {swapped: [{code: a, name: b, pattern: '('}]}}}", "h1.yaml:2: pattern '('"),
        ("cda: {changes: {Nothing: {disable: [x]}}}", "h1.yaml:2: there is no map 'Nothing'"),
        ("table: {vocabularies: {Mine: {words: {a: b}}}}", "h1.yaml:2: no row uses vocabulary 'Mine'"),
    ],
)
def test_a_fault_names_its_line(said: str, fault: str) -> None:
    found = told(h1=HEAD + said)
    assert len(found) in (1, 2), found
    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    ("change", "line", "fault"),
    [
        ("disable: [PID-5, PID-99]", 4, "there is no row 'PID-99' to disable"),
        ("disable:\n    - PID-5\n    - PID-98", 6, "there is no row 'PID-98' to disable"),
        ("disable: [PID-5, PID-5]", 4, "row 'PID-5' is disabled twice"),
        (f"add: [{ROW}, when: PID-8 = 'M' and PID-8 = 'F'}}]", 4, "row 'new' can never run: nothing meets"),
        (f"add: [{ROW}, when: PID-8 not valued}}]", 4, "wants its source PID-8 to be empty"),
        (f"add: [{ROW}, when: event = 'Q99'}}]", 4, "row 'new' can never run: nothing meets \"event"),
        (f"add: [{ROW}}}]", 4, "row 'new' says what row 'PID-8' says at patient.yaml"),
        (
            f"replace: [{ROW.replace('new', 'PID-8')}}}]",
            4,
            "row 'PID-8' says what it says at patient.yaml",
        ),
        ("add: [{id: n, source: PID-8, target: sex, function: text}]", 4, "R4 has no Patient.sex"),
        (
            "add: [{id: n, source: PID-99, target: gender, function: text}]",
            4,
            "no version's PID has field 99",
        ),
        ("add: [{id: n, source: PID-8, target: gender, function: txt}]", 4, "there is no function 'txt'"),
        (
            "add:\n      - {id: a, target: gender, value: male}\n      - {id: b, target: gender, value: x}",
            6,
            "row 'b' can never fill gender: row 'a' at h1.yaml:5 always does",
        ),
        (
            "disable: [n]\n    add: [{id: n, target: active, value: true}]",
            5,
            "row 'n' can never run: h1.yaml:4 disables it",
        ),
    ],
)
def test_a_faulty_row_names_its_line(change: str, line: int, fault: str) -> None:
    found = told(h1=patient(change))
    assert any(each.startswith(f"h1.yaml:{line}: ") and fault in each for each in found), found


def test_a_row_that_contradicts_its_map() -> None:
    row = "{id: x, source: PID-8, target: gender, function: code, vocabulary: AdministrativeSex, when: V}"
    base = (
        f"{HEAD}maps:\n  - map: M\n    segment: PID\n    onto: patient\n    when: type = 'ADT'\n    rows:\n"
    )
    found = told(h1=f"{base}      - {row}".replace("V}", "type = 'ORU'}"))
    assert found == [
        "h1.yaml:8: row 'x' can never run: \"type = 'ORU'\" contradicts its map's \"type = 'ADT'\""
    ]
    assert not told(h1=f"{base}      - {row}".replace("V}", "event = 'A01'}"))


def test_what_a_lower_level_took_away_cannot_be_changed() -> None:
    region = "changes:\n  PID-Patient:\n    disable: [PID-13]\n"
    again = patient("disable: [PID-13]").replace(HEAD, f"{HEAD}region: sh\n")
    assert told(regions__sh=region, h1=again) == [
        "h1.yaml:5: row 'PID-13' is disabled at regions/sh.yaml:3 already: there is nothing to disable"
    ]
    other = patient("add: [{id: PID-13, source: PID-13, ignore: why}]").replace(HEAD, f"{HEAD}region: sh\n")
    assert not told(regions__sh=region, h1=other)


def test_all_faults_of_all_files_at_once() -> None:
    found = told(
        h1=f"{HEAD}region: none\ncolour: red\nchanges:\n  PID-Patient: {{disable: [x], add: [{{id: y}}]}}\n",
        vendors__v="timezone: No/Where\nchanges:\n  PV1-Encounters: {disable: [x]}\n",
        h2="id: h2\nfacilities: [h1]\nmaps: [",
    )
    lines = [each.partition(": ")[0] for each in found]
    assert lines[:3] == ["h1.yaml:2", "h1.yaml:3", "h1.yaml:5"]
    assert any(each.startswith("vendors/v.yaml:1: there is no time zone") for each in found)
    assert any(each.startswith("vendors/v.yaml:3: there is no map 'PV1-Encounters'") for each in found)
    assert any(each.startswith("h2.yaml:4: not YAML") for each in found)


def test_a_vocabulary_of_a_region_may_be_used_above_it() -> None:
    region = "vocabularies: {Wards: {words: {一病区: male}}}"
    row = ROW.replace("AdministrativeSex", "Wards")
    assert not told(
        regions__sh=region,
        h1=patient(f"add: [{row}}}]").replace(HEAD, f"{HEAD}region: sh\n"),
        h2="id: h2\nregion: sh",
    )
    assert told(regions__sh=region, h1=HEAD + "region: sh") == [
        "regions/sh.yaml:1: no row uses vocabulary 'Wards'"
    ]


def test_only_combinations_that_a_message_can_meet_are_judged() -> None:
    """The second interface changes a row of the first, and holds only where that does."""
    said = f"""{HEAD}interfaces:
  - application: LIS
    changes: {{PID-Patient: {{add: [{{id: own, target: active, value: true}}]}}}}
  - application: LIS
    version: '2.4'
    changes: {{PID-Patient: {{disable: [own]}}}}
"""
    made = book({"h1": said})
    assert not made.faults
    assert len(variants(made.hospitals[0])) == 3


@pytest.mark.parametrize("form", FORMS)
def test_the_hubs_own_maps_have_no_dead_rows(form: str) -> None:
    base = LIBRARY.compilations(form).base
    assert not list(dead(base, [base], LIBRARY.model, grounds(form)))


def test_a_row_that_aliases_share_may_run_in_one_map_only() -> None:
    row = "{id: r, source: PID-8, target: gender, function: verbatim_code, when: type = 'ADT'}"
    maps = f"""maps:
  - {{map: One, segment: PID, onto: patient, when: type = 'ORU', rows: &shared [{row}]}}
  - {{map: Two, segment: PID, onto: patient, rows: *shared}}
"""
    assert not told(h1=HEAD + maps)


def test_equal_layers_are_compiled_once() -> None:
    files = {
        f"h{i}": f"id: h{i}\nvendor: v\nchanges: {{PV1-Encounter: {{disable: [PV1-14]}}}}" for i in (1, 2)
    }
    made = book({**files, "vendors__v": "changes: {PID-Patient: {disable: [PID-13]}}", "vendors__w": "{}"})
    one, other = (LIBRARY.v2.compilations.of(each.layers(V2)) for each in made.hospitals)
    assert one is other
    assert [str(level) for level in unused_levels(made)] == ["vendor w"]


WORDS = """
id region interfaces charset msh_18 charsets systems maps map segment rows source target when changes add
replace disable vocabularies codes words also segments fields onto cda table tables rename values swapped
negated local columns extensions identity missing PID-Patient
"""
KEYS = st.sampled_from(WORDS.split())
VALUES = st.recursive(
    st.sampled_from([None, True, 3, "h1", "PID-8", "x", "gender", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_whatever_stands_in_a_file_is_read_or_a_fault(content: dict[str, object]) -> None:
    made = checked({"h1.yaml": json.dumps({"id": "h1", **content})}, LIBRARY)
    assert all(fault.place.line >= 1 for fault in made.faults)
