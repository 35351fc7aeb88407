"""Patches of every form on a resource: what stays as it was, and what hostile ones come to."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.outcome import FhirError
from exchange.patch import PATCH_FORMATS, patched
from exchange.patch.limits import MAX_OPERATIONS
from profiles.definitions import definitions

R4 = definitions()
JSON_PATCH, FHIR_JSON, FHIR_XML, XML_PATCH = PATCH_FORMATS
DIV = "<div xmlns=\"http://www.w3.org/1999/xhtml\" title='t'>1 &#160; <br></br>2</div>"
RESOURCE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "text": {"status": "generated", "div": DIV},
    "status": "final",
    "code": {"text": "x", "coding": [{"code": "1"}]},
    "valueQuantity": {"value": Decimal("1.10")},
    "note": [{"text": "a\tb\n"}],
}


def by_json(*operations: Any) -> dict[str, Any]:
    return patched(RESOURCE, JSON_PATCH, json.dumps(operations).encode(), R4)


def by_xml(operations: str) -> dict[str, Any]:
    return patched(RESOURCE, XML_PATCH, f'<diff xmlns="http://hl7.org/fhir">{operations}</diff>'.encode(), R4)


def test_an_xml_patch_leaves_the_rest_alone() -> None:
    changed = by_xml(
        '<add sel="f:Observation/f:status" pos="after"><category><text value="c"/></category></add>'
    )
    assert changed == RESOURCE | {"category": [{"text": "c"}]}
    assert str(changed["valueQuantity"]["value"]) == "1.10"


def test_an_xml_patch_of_the_narrative() -> None:
    inside = 'xmlns:h="http://www.w3.org/1999/xhtml"'
    changed = by_xml(f'<replace {inside} sel="f:Observation/f:text/h:div/@title">u</replace>')
    assert changed["text"]["div"].startswith('<div xmlns="http://www.w3.org/1999/xhtml" title="u">')


def test_xml_that_makes_no_resource() -> None:
    for operations in (
        '<add sel="f:Observation"><wrong/></add>',
        '<add sel="f:Observation"><note xmlns=""/></add>',
        '<replace sel="f:Observation/f:status/@value"></replace>',
        '<replace sel="f:Observation/f:id/@value">other</replace>',
        '<remove sel="f:Observation/f:id"/>',
    ):
        with pytest.raises(FhirError) as refused:
            by_xml(operations)
        assert refused.value.status == 422


def test_what_removal_leaves_empty_goes_too() -> None:
    assert "note" not in by_json({"op": "remove", "path": "/note/0"})
    assert "note" not in by_json({"op": "remove", "path": "/note/0/text"})
    assert by_json({"op": "add", "path": "/note/0/author", "value": {}})["note"][0]["author"] == {}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "", "value": []},
        {"op": "replace", "path": "", "value": {"resourceType": "Patient", "id": "o"}},
        {"op": "remove", "path": "/id"},
        {"op": "replace", "path": "/id", "value": "p"},
        {"op": "replace", "path": "/resourceType", "value": "Patient"},
    ],
)
def test_another_resource(operation: Any) -> None:
    with pytest.raises(FhirError) as refused:
        by_json(operation)
    assert refused.value.status == 422


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        (JSON_PATCH, b"", 400),
        (JSON_PATCH, b"{}", 400),
        (JSON_PATCH, b'[{"op":"add","path":"/x","value":"\\ud800"}]', 400),
        (JSON_PATCH, b'[],"y":[]', 400),
        (JSON_PATCH, b"[" * 100_000, 400),
        (FHIR_JSON, b'{"resourceType":"Patient"}', 400),
        (FHIR_JSON, b'{"resourceType":"Parameters","parameter":{}}', 400),
        (FHIR_JSON, b"[]", 400),
        (FHIR_XML, b'<Parameters xmlns="http://hl7.org/fhir"/>', 200),
        (FHIR_XML, b'<Patient xmlns="http://hl7.org/fhir"/>', 400),
        (FHIR_XML, b"{}", 400),
        (XML_PATCH, b"{}", 400),
        ("application/json; charset=utf-8", b'{"resourceType":"Parameters"}', 200),
        ("text/plain", b"", 415),
        ("", b"", 415),
    ],
)
def test_bodies(media: str, body: bytes, status: int) -> None:
    if status == 200:
        assert patched(RESOURCE, media, body, R4) == RESOURCE
        return
    with pytest.raises(FhirError) as refused:
        patched(RESOURCE, media, body, R4)
    assert refused.value.status == status


def nested(depth: int) -> list[dict[str, Any]]:
    return [
        {"op": "add", "path": "/extension", "value": [{"url": "x"}]},
        *(
            {"op": "add", "path": "/extension/0" + "/extension/0" * n + "/extension", "value": [{"url": "x"}]}
            for n in range(depth)
        ),
    ]


HOSTILE: list[Any] = [
    nested(60),
    nested(MAX_OPERATIONS - 1),
    [{"op": "copy", "from": "", "path": f"/{n}"} for n in range(60)],
    [{"op": "copy", "from": "/note", "path": "/note/-"} for n in range(MAX_OPERATIONS)],
]


@pytest.mark.parametrize("operations", HOSTILE)
def test_hostile_json_patches(operations: Any) -> None:
    started = time.process_time()
    with pytest.raises(FhirError) as refused:
        by_json(*operations)
    assert refused.value.status in (400, 413, 422)
    assert time.process_time() - started < 2


HOSTILE_PATHS = [
    "Patient." + "repeat(extension)." * 200 + "x",
    "Observation.descendants().where(descendants().count() > descendants().count())",
    "(" * 5000,
    "Observation.note.text.replaceMatches('(a*)*b', '')",
    "Observation" + ".note" * 1500,
    "%resource",
    "%x",
    "Observation.note.repeat(%resource)",
]


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_hostile_paths(path: str) -> None:
    parts = [{"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": path}]
    body = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    started = time.process_time()
    status = 200
    try:
        patched(RESOURCE, FHIR_JSON, json.dumps(body).encode(), R4)
    except FhirError as refused:
        status = refused.status
    assert status in (200, 400, 413, 422)
    assert time.process_time() - started < 2


POINTERS = [
    "",
    "/",
    "/note",
    "/note/0",
    "/note/-",
    "/note/0/text",
    "/id",
    "/meta",
    "/status",
    "/_status",
    "x",
    None,
    1,
]
VALUES = [None, 1, 1.5, "x", [], {}, [{}], {"a": {}}, [None], "\u0001", True, [{"text": 1}]]
PATHS = [
    *(
        "Observation",
        "Observation.note",
        "Observation.note[0]",
        "Observation.note.text",
        "Observation.status",
    ),
    *(
        "Observation.id",
        "Observation.status.extension",
        "Observation.value",
        "Observation.text.div",
        "1",
        "%resource",
    ),
    *("Observation.descendants()", "Observation.meta.versionId", "Observation.contained", ""),
]
CHOICES = [
    {"valueString": "x"},
    {"valueAnnotation": {"text": "x", "_text": {"id": "i"}}},
    {"valueAnnotation": "x"},
    {"valueInteger": 1},
    {"part": [{"name": "text", "valueString": "x"}]},
    {"part": {}},
    {"valueBoolean": None},
    {"resource": {}},
    {"valueString": {}},
    {"value": 1},
    {"_valueString": {"id": "i"}},
    {"valueDate": [1]},
    {"valueExtension": {"url": "x", "valueString": "y"}},
]
SELECTORS = [
    *(
        "f:Observation",
        "f:Observation/f:note",
        "f:Observation/f:status/@value",
        "f:Observation/text()",
        "*/*",
    ),
    *(
        "f:Observation/f:id/@value",
        "f:Observation/node()",
        "f:Observation/f:text/*[2]",
        "//x",
        "f:Observation/@id",
    ),
]
CONTENTS = [
    "",
    "x",
    "<status value='1'/>",
    "<note><text value='q'/></note>",
    "<!--c-->",
    "<contained><Patient/></contained>",
]
SETTINGS = [
    "",
    "pos='before'",
    "pos='prepend'",
    "type='@id'",
    "ws='both'",
    "type='namespace::q'",
    "pos='after' type='@v'",
]

json_operations = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x", None]),
        "path": st.sampled_from(POINTERS),
        "from": st.sampled_from(POINTERS),
        "value": st.sampled_from(VALUES),
    },
)
parts = st.tuples(
    st.sampled_from(["add", "insert", "delete", "replace", "move"]),
    st.sampled_from(PATHS),
    st.sampled_from(["note", "status", "extension", "value", "id", "wrong", "contained", "text"]),
    st.sampled_from(CHOICES),
    st.sampled_from([0, 1, 5]),
).map(
    lambda one: [
        {"name": "type", "valueCode": one[0]},
        {"name": "path", "valueString": one[1]},
        {"name": "name", "valueString": one[2]},
        {"name": "value", **one[3]},
        *({"name": name, "valueInteger": one[4]} for name in ("index", "source", "destination")),
    ]
)
xml_operations = st.builds(
    "<{0} sel='{1}' {2}>{3}</{0}>".format,
    st.sampled_from(["add", "remove", "replace"]),
    st.sampled_from(SELECTORS),
    st.sampled_from(SETTINGS),
    st.sampled_from(CONTENTS),
)


@settings(max_examples=200)
@given(
    st.one_of(
        st.tuples(st.just(JSON_PATCH), st.lists(json_operations, min_size=1, max_size=3).map(json.dumps)),
        st.tuples(
            st.just(FHIR_JSON),
            st.lists(parts.map(lambda each: {"name": "operation", "part": each}), min_size=1, max_size=3).map(
                lambda each: json.dumps({"resourceType": "Parameters", "parameter": each})
            ),
        ),
        st.tuples(
            st.just(XML_PATCH),
            st.lists(xml_operations, min_size=1, max_size=3).map(
                lambda each: f'<diff xmlns="http://hl7.org/fhir">{"".join(each)}</diff>'
            ),
        ),
    )
)
def test_any_patch_is_applied_or_refused(sent: tuple[str, str]) -> None:
    before = json.dumps(RESOURCE, default=str)
    status, names = 200, ("Observation", "o")
    try:
        changed = patched(RESOURCE, sent[0], sent[1].encode(), R4)
        names = changed["resourceType"], changed["id"]
    except FhirError as refused:
        status = refused.status
    assert status in (200, 400, 422)
    assert names == ("Observation", "o")
    assert json.dumps(RESOURCE, default=str) == before
