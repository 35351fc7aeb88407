"""A statement by its shape is the statement that the search itself compiles to."""

from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from exchange.search.query.conditions import OfCodes
from exchange.search.query.parse import parse
from exchange.search.query.query import SearchError
from exchange.search.query.tree import every
from exchange.search.statement import shape, statement
from mpi.keys import patient_key
from tests.exchange.search.asked import queries
from tests.exchange.search.searched import searching
from tests.exchange.search.worlds import LOINC

everybody = st.none() | st.lists(st.sampled_from("abc").map(patient_key), max_size=3, unique=True).map(tuple)
controls = st.lists(
    st.sampled_from(
        [
            ("_count", "3"),
            ("_count", "0"),
            ("_total", "accurate"),
            ("_include", "*"),
            ("_revinclude:iterate", "Provenance:target"),
        ]
    ),
    max_size=2,
    unique_by=lambda pair: pair[0],
)


@settings(max_examples=60)
@given(queries(), everybody, controls)
def test_it_is_the_same_statement(asked: Any, allowed: Any, more: list[tuple[str, str]]) -> None:
    name, criteria, sort = asked
    parameters = [*criteria, *more, *([("_sort", sort)] if sort else [])]
    note(f"{name}?{parameters}")
    try:
        query = parse(searching(), name, parameters, allowed=allowed)
    except SearchError:
        return
    if any(isinstance(each, OfCodes) for each in every(query.criteria)):
        return
    for _ in range(2):
        assert shape.compiled(query, None) == statement.compile(query, None)


@pytest.mark.parametrize(
    "parameters",
    [
        [("patient", "{0}"), ("code", f"{LOINC}|{{1}}"), ("_sort", "-date")],
        [("patient", "{0},{1}")],
        [("patient", "{0},{0}"), ("code", f"{LOINC}|{{1}},{LOINC}|{{0}}")],
        [("code", f"{LOINC}|{{0}}"), ("status", "final")],
        [("encounter", "{0}"), ("_include", "Observation:subject")],
        [("_id", "{0},{1}")],
        [("performer", "Patient/{0}")],
        [("category", "{0}"), ("_summary", "count")],
    ],
)
def test_a_shape_is_compiled_once(monkeypatch: pytest.MonkeyPatch, parameters: list[tuple[str, str]]) -> None:
    def query(*values: str) -> Any:
        return parse(
            searching(), "Observation", [(name, value.format(*values)) for name, value in parameters]
        )

    first = query("x", "y")
    shape.forget()
    assert shape.compiled(first, None) == statement.compile(first, None)
    others = [query(f"v{n}", f"w{n}") for n in range(5)]
    expected = [statement.compile(other, None) for other in others]
    monkeypatch.setattr(statement, "compile", None)
    assert [shape.compiled(other, None) for other in others] == expected


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape, "SHAPES", 3)
    for count in range(1, 9):
        query = parse(searching(), "Observation", [("patient", "p"), ("_count", str(count))])
        assert shape.compiled(query, None) == statement.compile(query, None)
        assert len(shape._templates) <= 3
