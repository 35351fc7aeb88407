"""What became of fields, added up as if each message had been looked at alone."""

from collections import Counter
from datetime import UTC, datetime

from adapters.cda.translate import translate as translate_clinical
from adapters.documents import document_maps
from adapters.hl7v2.parse import parse
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.hospital import Hospitals
from adapters.translation import Coverage, Fields, Residue, Translation
from adapters.trees.parse import parse as parse_tree
from exchange.coverage.tally import LONGEST, MOST, OTHERS, Count, Tally, counts_of, fields_of
from profiles.definitions import definitions
from tests.adapters.cda.samples import ADMISSION
from tests.adapters.hl7v2.golden import message

HOSPITAL = Hospitals("https://base.example").for_facility("H1")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def translated(text: str) -> Translation:
    return translate(parse(text), HOSPITAL, NOW, MapLibrary(definitions()).of(HOSPITAL))


def test_every_field_of_a_message_has_a_fate() -> None:
    text = message("oru-r01-laboratory") + "ZZZ|1|left&over|more\r"
    made = translated(text)
    counts = counts_of(made)
    fields: Counter[str] = Counter()
    for each in counts:
        if each.field:
            fields[each.field] += each.number
    sent: Counter[str] = Counter()
    for segment in parse(text).segments:
        for number, value in enumerate(segment.fields()):
            if value and number >= (3 if segment.name == "MSH" else 1):
                sent[f"{segment.name}-{number}"] += 1
    assert fields == sent
    assert Count("ZZZ-2", "residue", "", 1) in counts
    assert all(each.reason for each in counts if each.disposition == "ignored" and each.field)
    totals = {each.disposition: each.number for each in counts if not each.field}
    told = made.coverage
    assert totals == {
        "message": 1, "mapped": told.mapped, "ignored": told.ignored, "residue": told.residue}  # fmt: skip


def test_every_leaf_of_a_document_has_a_fate() -> None:
    tree = parse_tree(ADMISSION)
    made = translate_clinical(tree, ADMISSION, HOSPITAL, document_maps(definitions()).cda.of(HOSPITAL))
    counts = counts_of(made)
    by_fate: Counter[str] = Counter()
    for each in counts:
        if each.field:
            by_fate[each.disposition] += each.number
    told = made.coverage
    assert by_fate == Counter(mapped=told.mapped, ignored=told.ignored, residue=told.residue)
    paths = {each.field for each in counts if each.disposition == "mapped"}
    assert "ClinicalDocument/recordTarget/patientRole/id@extension" in paths
    assert not any("[" in path for path in paths)


def test_adding_is_the_same_as_adding_up() -> None:
    made = [translated(message("oru-r01-laboratory")) for _ in range(3)]
    tally = Tally()
    for each in made:
        tally.add(each)
    assert {c: 3 * c.number for c in counts_of(made[0])} == {
        one: each.number for each in tally.counts() for one in counts_of(made[0]) if one[:3] == each[:3]
    }


def test_a_field_counts_once_wherever_it_is_left_over() -> None:
    left = [
        Residue(path, "x")
        for path in ("OBX[2]-5[1].1", "OBX[2]-5[2].4.1", "OBX-5", "ClinicalDocument/id[2]@x")
    ]
    assert fields_of(left) == ["OBX-5", "OBX-5", "ClinicalDocument/id@x"]


def test_names_from_outside_do_not_fill_the_memory() -> None:
    present = [(f"a/{n}", b"") for n in range(2 * MOST)] + [("b" * (LONGEST + 1), b""), ("a\0b", b"")]
    tally = Tally()
    for _ in range(3):
        tally.add(Translation((), (), Coverage(len(present), 0, 0), (), fields=Fields(present)))
    counts = tally.counts()
    assert len(counts) <= MOST + 3
    assert sum(each.number for each in counts if each.field) == len(present)
    assert [each.number for each in counts if each.field == OTHERS] == [MOST + 2]
