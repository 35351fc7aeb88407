"""What is the same for each item is evaluated once, and the result is the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.definitions import definitions
from profiles.fhirpath import compile_expression
from profiles.fhirpath.fixed import is_fixed
from profiles.fhirpath.parser import parse

KINDS = ("batch", "history", "collection")


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("%resource.type", True),
        ("%resource.type = 'batch' or %resource.entry.first().fullUrl.exists()", True),
        ("%resource.entry[0].fullUrl & '/'", True),
        ("%resource.entry.where(request.exists())", False),
        ("%resource.type = type", False),
        ("%variable.type", False),
        ("%resource.type.trace('seen')", False),
        ("'batch'", False),
    ],
)
def test_what_depends_on_the_resource_alone(text: str, fixed: bool) -> None:
    assert is_fixed(parse(text)) is fixed


@st.composite
def bundles(draw: st.DrawFn) -> dict[str, Any]:
    entry = st.fixed_dictionaries(
        {}, optional={"fullUrl": st.sampled_from(("urn:a", "urn:b")), "request": st.just({"method": "GET"})}
    )
    entries = draw(st.lists(entry.filter(bool), max_size=4))
    return {"resourceType": "Bundle", "type": draw(st.sampled_from(KINDS)), "entry": entries}


@given(bundles())
def test_the_result_is_that_of_each_item_on_its_own(bundle: dict[str, Any]) -> None:
    once = "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'history'))"
    each = (
        "entry.all(request.exists() = ($this | %resource).ofType(Bundle).type.exists($this != 'collection'))"
    )
    told = [compile_expression(text, definitions(), "Bundle").evaluate(bundle) for text in (once, each)]
    assert told[0] == told[1]
