"""Records that are alike in every column, in any number."""

import random

import numpy as np

from conformance.linkage_figures import figures
from mpi.linkage.columns import map_from_document
from mpi.linkage.copies import FEW, originals
from mpi.linkage.decisions import Decided, decided
from mpi.linkage.groups import link
from mpi.linkage.table import table
from mpi.linkage.training import trained
from tests.mpi.linkage.people import COLUMNS, KINDS, people


def _decisions(raw: dict[str, list[str]], columns: dict[str, object] = COLUMNS) -> list[Decided]:
    made = table(raw, KINDS, [0] * len(raw["given"]))
    model = trained(made, map_from_document(columns))
    return list(decided(made, model, link(made, model)))


def test_a_few_of_those_that_are_alike_are_looked_at() -> None:
    raw, _ = people(3)
    alike = {name: [*values[:3], *values[:1] * 30, *values[1:2] * 30] for name, values in raw.items()}
    found = originals(table(alike, KINDS, [0] * 63))
    assert found[: 3 + FEW - 1].tolist() == list(range(3 + FEW - 1))
    assert set(found[3 + FEW - 1 : 33].tolist()) == {0}
    assert set(found[-20:].tolist()) == {1}


def test_records_of_two_files_are_not_alike() -> None:
    raw, _ = people(1)
    alike = {name: values[:1] * 2 * FEW for name, values in raw.items()}
    assert originals(table(alike, KINDS, [0] * FEW + [1] * FEW)).tolist() == list(range(2 * FEW))


def test_a_record_repeated_hundreds_of_times_hides_no_others() -> None:
    raw, truth = people(300)
    made = {name: values + values[7:8] * 400 for name, values in raw.items()}
    decisions = _decisions(made)
    assert {(each.person, each.kind) for each in decisions[len(truth) :]} == {(7, "link")}
    wrong = sum(each.person != person for each, person in zip(decisions, truth, strict=False))
    assert wrong <= 2


def test_a_table_of_visits_is_linked_as_one_of_patients() -> None:
    raw, truth = people(200)
    draw = random.Random(1)
    rows = [at for at in range(len(truth)) for _ in range(draw.randint(1, 60))]
    draw.shuffle(rows)
    decisions = _decisions({name: [values[at] for at in rows] for name, values in raw.items()})
    found = figures([each.person for each in decisions], [truth[at] for at in rows], [0] * len(rows))
    assert min(found.precision, found.recall) > 0.99


def test_copies_of_what_says_little_are_no_person() -> None:
    raw, _ = people(300)
    bare = {name: values + [values[0] if name == "given" else ""] * 50 for name, values in raw.items()}
    persons = [each.person for each in _decisions(bare)[-50:]]
    assert len(set(persons)) == 50


def test_a_guard_keeps_copies_apart_too() -> None:
    raw, _ = people(100)
    made = {name: values + (values[:1] if name != "number" else [""]) * 50 for name, values in raw.items()}
    guarded = {**COLUMNS, "guards": {"no-number": {"number": ["unknown"]}}}
    decisions = _decisions(made, guarded)[-50:]
    assert {each.kind for each in decisions} == {"review"}
    assert np.unique([each.person for each in decisions]).size == 50
