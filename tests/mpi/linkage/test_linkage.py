"""The whole of it: trained without labels, groups, decisions and their reasons."""

from typing import Any

import numpy as np
import pytest

from mpi.linkage.columns import map_from_document
from mpi.linkage.decisions import Decided, decided, kinds_of_pairs
from mpi.linkage.explain import waterfalls
from mpi.linkage.groups import link
from mpi.linkage.model import Model, json_from_model, model_from_json
from mpi.linkage.table import Table, table
from mpi.linkage.training import trained
from mpi.linkage.weights import score
from tests.mpi.linkage.people import COLUMNS, KINDS, people

Trained = tuple[Table, Model, list[int]]


@pytest.fixture(scope="module", name="told")
def _told() -> Trained:
    raw, truth = people(400)
    made = table(raw, KINDS, [0] * len(truth))
    return made, trained(made, map_from_document(COLUMNS)), truth


def _decisions(made: Table, model: Model) -> list[Decided]:
    return list(decided(made, model, link(made, model)))


def test_finds_who_is_who(told: Trained) -> None:
    made, model, truth = told
    persons = [decision.person for decision in _decisions(made, model)]
    wrong = sum(found != expected for found, expected in zip(persons, truth, strict=True))
    assert wrong <= 2


def test_a_model_survives_its_document(told: Trained) -> None:
    made, model, _ = told
    again = model_from_json(json_from_model(model))
    assert again == model
    assert _decisions(made, again) == _decisions(made, model)


def test_training_again_gives_the_same_model(told: Trained) -> None:
    made, model, _ = told
    assert trained(made, map_from_document(COLUMNS)) == model


def test_the_waterfall_adds_up_to_the_weight(told: Trained) -> None:
    made, model, _ = told
    linked = link(made, model)
    told_why = waterfalls(made, model, linked.scored.pairs)
    assert np.allclose([one.weight for one in told_why], linked.scored.weight)


def test_the_order_of_records_makes_no_difference() -> None:
    raw, _ = people(300)
    size = len(raw["given"])
    made = table(raw, KINDS, [0] * size)
    model = trained(made, map_from_document(COLUMNS))
    straight = [decision.person for decision in _decisions(made, model)]
    turned = table({name: values[::-1] for name, values in raw.items()}, KINDS, [0] * size)
    backward = [decision.person for decision in _decisions(turned, model)][::-1]
    together = {frozenset(at for at, person in enumerate(straight) if person == one) for one in straight}
    assert together == {
        frozenset(at for at, person in enumerate(backward) if person == one) for one in backward
    }


def test_links_two_files_only_across() -> None:
    raw, truth = people(400)
    source = [0] * 400 + [1] * 200
    document: dict[str, Any] = {**COLUMNS, "options": {"unique": True}}
    made = table(raw, KINDS, source)
    model = trained(made, map_from_document(document))
    linked = link(made, model, made.source)
    assert all(
        source[one] != source[other] for one, other in zip(*map(list, linked.scored.pairs), strict=True)
    )
    right = sum(linked.person[400 + at] == at for at in range(200))
    assert right >= 196
    assert len(truth) == 600


def test_a_guard_outdoes_any_weight(told: Trained) -> None:
    made, _, _ = told
    guarded = {**COLUMNS, "guards": {"other-number": {"number": ["else", "edits 1", "edits 2", "part 4"]}}}
    model = trained(made, map_from_document(guarded))
    linked = link(made, model)
    held = linked.scored.guarded >= 0
    one, other = (numbers[held] for numbers in linked.scored.pairs)
    assert held.any()
    assert (linked.person[one] != linked.person[other]).all()
    scored = score(made, model, (one, other))
    assert "link" not in list(kinds_of_pairs(scored, model, scored.weight))


def test_a_decision_names_the_record_that_decided(told: Trained) -> None:
    made, model, _ = told
    for decision in _decisions(made, model):
        if decision.kind == "link":
            assert decision.other is not None
            assert decision.other != decision.record
            assert "prior" in decision.explanation
        elif decision.kind == "new":
            assert decision.person == decision.record


def test_a_file_of_one_record_is_one_person() -> None:
    raw, _ = people(1)
    made = table({name: values[:1] for name, values in raw.items()}, KINDS, [0])
    model = trained(made, map_from_document(COLUMNS))
    assert [(each.kind, each.other) for each in _decisions(made, model)] == [("new", None)]


def test_a_file_of_no_records_is_nobody() -> None:
    made = table({name: [] for name in KINDS}, KINDS, [])
    assert not _decisions(made, trained(made, map_from_document(COLUMNS)))


def test_of_two_persons_a_human_is_asked_about_the_one_of_fewer_records(told: Trained) -> None:
    made, model, _ = told
    linked = link(made, model)
    size = np.bincount(linked.person)
    for decision in decided(made, model, linked):
        if decision.kind == "review" and decision.other is not None:
            other = linked.person[decision.other]
            assert other == decision.person or size[other] >= size[decision.person]


def _with_whole(size: int) -> tuple[dict[str, list[str]], list[int]]:
    raw, truth = people(size)
    both = zip(raw["given"], raw["surname"], strict=True)
    return {**raw, "whole": [f"{given} {surname}".strip() for given, surname in both]}, truth


@pytest.mark.parametrize(
    "within",
    [{"whole": ["given", "surname"]}, {"given": ["whole"], "surname": ["whole"]}],
)
def test_what_is_told_twice_counts_once(within: dict[str, list[str]]) -> None:
    raw, truth = _with_whole(300)
    kinds = {**KINDS, "whole": "text"}
    columns = {**COLUMNS["columns"], "whole": {"kind": "text"}}
    for name, others in within.items():
        columns[name] = {**columns[name], "within": others}
    made = table(raw, kinds, [0] * len(truth))
    model = trained(made, map_from_document({**COLUMNS, "columns": columns}))
    linked = link(made, model)
    reasons = waterfalls(made, model, linked.scored.pairs)
    assert np.allclose([one.weight for one in reasons], linked.scored.weight)
    for reason in reasons:
        told = {step.column: step.weight for step in reason.steps}
        assert not told.get("whole") or not (told.get("given") or told.get("surname"))
