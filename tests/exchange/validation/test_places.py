"""Expressions to lines and columns, in JSON and in XML."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.validation.json_places import json_places
from exchange.validation.place import located, steps
from exchange.validation.text import read_text
from exchange.validation.xml_places import xml_places
from profiles.definitions import definitions
from terminology.issue import Issue

JSON = """{
  "resourceType": "Patient",
  "name": [{"family": "a"},
    {"given": ["b", "c"],
     "_given": [null, {"extension": [
        {"url": "x"}]}]}],
  "_birthDate": {
    "extension": [{"url": "y"}]},
  "birthDate": "2000",
  "contained": [{"resourceType": "Observation",
    "valueQuantity": {"value": 1}}]
}"""
XML = """<Patient xmlns="http://hl7.org/fhir">
  <name><family value="a"/></name>
  <name>
    <given value="b"/><given value="c">
      <extension url="x"/></given>
  </name>
  <contained>
    <Observation><valueQuantity>
      <value value="1"/></valueQuantity></Observation>
  </contained>
</Patient>"""
QUANTITY = "Patient.contained[0].value.ofType(Quantity)"


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("Patient", (1, 1)),
        ("Patient.name[0].family", (3, 13)),
        ("Patient.name[1]", (4, 5)),
        ("Patient.name[1].given[1]", (4, 21)),
        ("Patient.name[1].given[1].extension[0]", (6, 9)),
        ("Patient.birthDate", (7, 3)),
        ("Patient.birthDate.extension[0]", (8, 19)),
        (QUANTITY, (11, 5)),
        (f"{QUANTITY}.value", (11, 23)),
        ("Patient.name[7].family", (1, 1)),
        ("Patient.name.where(x)", (3, 12)),
    ],
)
def test_places_in_json(expression: str, place: tuple[int, int]) -> None:
    assert located(json_places(JSON, [expression]), expression) == place


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("Patient", (1, 1)),
        ("Patient.name[1].given[1]", (4, 23)),
        ("Patient.name[1].given[1].extension[0].url", (5, 7)),
        (QUANTITY, (8, 18)),
        (f"{QUANTITY}.value", (9, 7)),
        ("Patient.birthDate", (1, 1)),
    ],
)
def test_places_in_xml(expression: str, place: tuple[int, int]) -> None:
    assert located(xml_places(XML.encode()), expression) == place


def test_what_is_no_name_ends_an_expression() -> None:
    assert [step.name for step in steps("Patient.name[0].where(use = 'x').given")] == ["name", "where"]


NAMES = st.text('abc_"\\', max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@settings(max_examples=50)
@given(VALUES, st.sampled_from((None, 1)))
def test_any_json_can_be_scanned(value: object, indent: int | None) -> None:
    text = json.dumps({"b": 1, "a": [value, value], "_a": [value]}, indent=indent)
    root = json_places(text, ["X.a[1].a.b[1]", "X.b", "X.a.c.ofType(Quantity)"])
    assert root.inside["b"][0].place.line >= 1
    assert set(root.inside["a"]) == {0, 1}


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b'{"resourceType":\n "Patient",\n "active": tru}', 3),
        (b'<Patient xmlns="http://hl7.org/fhir">\n<nme value="x"/></Patient>', 2),
        (b"<Patient xmlns='http://hl7.org/fhir'>\n<a></Patient>", 2),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(raw: bytes, line: int) -> None:
    (told,) = read_text(raw, definitions()).told_faults()
    assert told.place is not None
    assert told.place.line == line


@pytest.mark.parametrize("raw", ["{}".encode("utf-16"), b"\xff\xfe{}", b"<\0P\0"])
def test_another_encoding_is_refused(raw: bytes) -> None:
    fault = read_text(raw, definitions()).fault
    assert fault is not None
    assert "UTF-8" in fault.diagnostics


def test_a_byte_order_mark_is_passed_over() -> None:
    text = read_text(b'\xef\xbb\xbf{"resourceType":"Patient"}', definitions())
    assert text.resource == {"resourceType": "Patient"}
    assert text.places([Issue("error", "value", "x", "Patient.active")])[0].place == (1, 1)
