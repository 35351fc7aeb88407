"""Each native invariant says what its expression does, and guards pass over nothing that is broken."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.definitions import definitions
from profiles.fhirpath import Environment, compile_expression
from profiles.fhirpath.errata import corrected
from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.parser import parse
from profiles.fhirpath.types import model
from profiles.snapshot import CORE
from profiles.validator.guard import guard
from profiles.validator.native import NATIVE

TEXT = st.sampled_from(("a", "b"))
ELEMENT = st.fixed_dictionaries({"extension": st.just([{"url": "urn:x:e", "valueString": "x"}])})
VIEW = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "path": st.sampled_from(("Patient", "Patient.name", "x")),
            "sliceName": TEXT,
            "_sliceName": ELEMENT,
            "label": TEXT,
            "_requirements": ELEMENT,
            "code": st.just([{"code": "x"}]),
        },
    ).filter(bool),
    min_size=1,
    max_size=2,
).map(lambda elements: {"element": elements})
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(({"div": "<div/>"}, {"status": "empty"})),
    "name": st.just([{"text": "x"}]),
    "address": st.just([{"text": "x"}]),
    "organization": st.just({"display": "x"}),
    "low": st.just({"value": 1}),
    "high": st.just({"value": 1}),
    "dataAbsentReason": st.just({"text": "x"}),
    "valueString": TEXT,
    "valueQuantity": st.just({"value": 1}),
    "telecom": st.just([{"value": "1"}]),
    "snapshot": VIEW,
    "differential": VIEW,
}
HOMES = {
    "text.`div`.exists()": "Patient",
    "code.empty() or system.exists()": "Quantity",
    "dataAbsentReason.empty() or value.empty()": "Observation",
    "name.exists() or telecom.exists() or address.exists() or organization.exists()": "Patient.contact",
    "low.exists() or high.exists() or text.exists()": "Observation.referenceRange",
    "value.empty() or system.exists()": "ContactPoint",
}


def objects(home: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of a type with some of its elements, primitives with their siblings."""
    known = definitions()
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for element in known.children(home):
        for name, code in element.properties.items():
            if code in known.primitive_types and not element.is_list:
                optional[name] = TEXT
                optional[f"_{name}"] = ELEMENT
            elif name in VALUES and code not in known.primitive_types:
                optional[name] = VALUES[name]
    return st.fixed_dictionaries({}, optional=optional)


@pytest.mark.parametrize("text", NATIVE)
@given(data=st.data())
def test_native_and_evaluated_agree(text: str, data: st.DataObject) -> None:
    home = HOMES.get(text, "StructureDefinition")
    value = data.draw(objects(home))
    expression = compile_expression(text, definitions(), home)
    assert NATIVE[text](value) == (expression.truth(value, Environment(value)) is False)


def constraints() -> Iterator[tuple[str, str]]:
    """Path and expression of every constraint that a type or a backbone element has."""
    known = definitions()
    for name in sorted(known.resource_types | known.complex_types):
        structure: Any = known.resource(CORE + name)
        for element in structure["snapshot"]["element"]:
            for constraint in element.get("constraint", ()):
                path = element["path"]
                text = corrected(constraint["key"], constraint["expression"])
                home = "." not in path or known.children(path)
                if text and home and not constraint["key"].startswith(("dom-", "ele-", "ext-")):
                    yield path, text


def test_without_what_guards_name_nothing_is_broken() -> None:
    known, guarded, seen = definitions(), 0, 0
    for path, text in constraints():
        type_ = model(known).at(path)
        names = guard(parse(text), type_)
        seen += 1
        if names is None:
            continue
        guarded += 1
        try:
            found = compile_expression(text, known, path).truth({}, Environment({"resourceType": "Basic"}))
        except FhirPathError:
            continue
        assert found is not False, (path, text)
    assert guarded > seen * 0.6
