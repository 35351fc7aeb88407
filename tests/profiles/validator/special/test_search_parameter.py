"""Expressions of search parameters: what is told without the compiler is what the compiler would say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.definitions import definitions
from profiles.fhirpath import FhirPathError, compile_expression
from profiles.fhirpath.types import model
from profiles.validator.special.search_parameter import _are_paths
from tests.profiles.validator.special.world import told

NAMES = ("name", "given", "value", "subject", "contact", "contained", "extension", "unknown", "id", "text")
paths = st.tuples(
    st.sampled_from(("Patient", "Observation", "Resource", "DomainResource", "Element", "Nothing")),
    st.lists(st.sampled_from(NAMES), max_size=3),
).map(lambda found: ".".join((found[0], *found[1])))


@given(st.lists(paths, min_size=1, max_size=3).map(" | ".join), st.sampled_from(("Patient", "Observation")))
def test_paths_are_right_only_where_the_compiler_takes_them(expression: str, base: str) -> None:
    known = definitions()
    try:
        compile_expression(expression, known, base)
        right = True
    except FhirPathError:
        right = False
    assert _are_paths(expression, base, model(known)) is right


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("Patient.name.given | Practitioner.name.given", False),
        ("Patient.name.where(use = 'official')", False),
        ("Patient.nothing", True),
        ("Resource.nothing", True),
        ("Nothing.name", True),
        ("Patient.name.where(", True),
    ],
)
def test_an_expression_is_one_for_its_bases(expression: str, wrong: bool) -> None:
    parameter = {
        "resourceType": "SearchParameter",
        "url": "http://example.com/p",
        "name": "P",
        "status": "draft",
        "description": "P",
        "code": "p",
        "base": ["Patient"],
        "type": "string",
        "expression": expression,
    }
    names = [name for _, name, _ in told(parameter)]
    assert ("search-parameter-expression" in names) is wrong
