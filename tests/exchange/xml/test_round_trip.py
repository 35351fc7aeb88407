"""What JSON says, XML says too, and back."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from exchange import fhirjson
from exchange.xml import UnreadableXml
from exchange.xml.pretty import pretty
from profiles.definitions import definitions
from profiles.structure import compile_structure
from terminology.issue import Issue
from tests.exchange.xml.spelling import XHTML, exact, patient, read, write
from tests.profiles.strategies import resources

ANY_TYPE = st.sampled_from(sorted(definitions().resource_types))


@cache
def structure() -> Callable[[dict[str, Any]], list[Issue]]:
    return compile_structure(definitions())


RICH: dict[str, dict[str, Any]] = {
    "patient": {
        "resourceType": "Patient",
        "id": "p-1",
        "meta": {"versionId": "3", "lastUpdated": "2024-02-29T08:00:00.120+08:00"},
        "text": {
            "status": "generated",
            "div": f"<div xmlns=\"{XHTML}\" class='x'>张三 &amp; <b>b</b><br />\r\n&#160;<!-- c --></div>",
        },
        "contained": [
            {"resourceType": "Organization", "id": "o", "name": "市一医院"},
            {"resourceType": "Practitioner", "id": "d", "active": False},
        ],
        "extension": [
            {"url": "http://example.org/a", "valueDecimal": Decimal("1.10")},
            {"url": "http://example.org/b", "id": "x1", "extension": [{"url": "c", "valueInteger": -3}]},
        ],
        "name": [
            {
                "family": "O'Neil <\"&>",
                "given": [None, "三", "\tb\nc "],
                "_given": [
                    {"extension": [{"url": "http://example.org/n", "valueCode": "masked"}]},
                    None,
                    {"id": "g3"},
                ],
            }
        ],
        "birthDate": "1990-01-02",
        "_birthDate": {
            "extension": [{"url": "http://example.org/t", "valueDateTime": "1990-01-02T03:04:05Z"}]
        },
        "_gender": {"id": "g", "extension": [{"url": "http://example.org/u", "valueBoolean": True}]},
        "multipleBirthInteger": 2,
        "managingOrganization": {"reference": "#o"},
    },
    "observation": {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2339-0"}], "text": "血糖 😀"},
        "valueQuantity": {"value": fhirjson.loads(b'{"n":1.50e2}')["n"], "unit": "mg/dL"},
        "referenceRange": [{"low": {"value": 0}, "high": {"value": Decimal("100.00")}}],
        "component": [{"code": {"text": "a"}, "valueSampledData": {
            "origin": {"value": 1}, "period": Decimal("0.10"), "dimensions": 1, "data": "1 2 E"}}],
    },
    "bundle": {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 1,
        "link": [{"relation": "self", "url": "http://example.org/fhir/Basic?a=1&b=2"}],
        "entry": [
            {
                "fullUrl": "urn:uuid:6f1d7a52-7d41-4c1b-9d5b-0a8a3b6f3c11",
                "resource": {"resourceType": "Basic", "code": {"text": "x"}},
                "search": {"mode": "match", "score": Decimal("0.5")},
                "response": {
                    "status": "200",
                    "outcome": {
                        "resourceType": "OperationOutcome",
                        "issue": [{"severity": "information", "code": "informational"}],
                    },
                },
            }
        ],
    },
    "parameters": {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "a", "part": [{"name": "b", "valueBase64Binary": "AAEC"}]},
            {"name": "c", "resource": {"resourceType": "Binary", "contentType": "a/b", "data": "eA=="}},
        ],
    },
    "questionnaire": {
        "resourceType": "Questionnaire",
        "status": "draft",
        "item": [
            {"linkId": "1", "type": "group", "item": [{"linkId": "1.1", "type": "text", "maxLength": 9}]}
        ],
        "code": [{"code": "x"}],
        "_subjectType": [{"extension": [{"url": "http://example.org/a", "valueString": "only"}]}],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(RICH))
def test_a_rich_resource_comes_back_as_it_was(name: str) -> None:
    resource = RICH[name]
    assert structure()(resource) == []
    assert exact(read(write(resource))) == exact(resource)
    assert write(read(write(resource))) == write(resource)


markup = st.recursive(
    st.sampled_from(
        ("text", "中", " &lt; ", "&#160;", "<br/>", "<br />", "<!-- ' > -->", "<![CDATA[<>]]>", "\r\n", ">")
    ),
    lambda inner: st.tuples(
        st.sampled_from(
            ('<p class="a">{}</p>', "<b title='\"/>' >{}</b >", "<div>{}</div>", "<td\n>{}</td>")
        ),
        st.lists(inner, max_size=3).map("".join),
    ).map(lambda pair: pair[0].format(pair[1])),
    max_leaves=8,
)  # fmt: skip
divs = st.one_of(
    markup.map(f'<div xmlns="{XHTML}">{{}}</div>'.format),
    markup.map(f"<div lang='zh' xmlns='{XHTML}'>{{}}</div >".format),
    st.just(f'<div xmlns="{XHTML}"/>'),
)


@st.composite
def expressible(draw: st.DrawFn, resource_type: str) -> dict[str, Any]:
    """A valid resource whose narratives are well-formed and whose texts have characters that XML has."""

    def adapted(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: draw(divs) if k == "div" else adapted(v) for k, v in value.items()}
        if isinstance(value, list):
            return [adapted(item) for item in value]
        return value.translate({0xFFFE: "x", 0xFFFF: "x"}) if isinstance(value, str) else value

    resource: dict[str, Any] = adapted(draw(resources(definitions(), resource_type)))
    return resource


@settings(max_examples=150)
@given(st.data(), ANY_TYPE)
def test_json_to_xml_to_json_is_identity(data: st.DataObject, resource_type: str) -> None:
    resource = data.draw(expressible(resource_type))
    once = read(write(resource))
    assert exact(once) == exact(resource)
    assert fhirjson.loads(fhirjson.dumps(once)) == once


@given(st.data(), ANY_TYPE)
def test_indentation_changes_nothing(data: st.DataObject, resource_type: str) -> None:
    document = write(data.draw(expressible(resource_type))).encode()
    assert exact(read(pretty(document))) == exact(read(document))


def texts(value: Any, name: str = "") -> Iterator[str]:
    """Every primitive value in JSON, as XML spells it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from () if key in ("resourceType", "div") else texts(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, name)
    elif value is not None:
        yield value if isinstance(value, str) else fhirjson.dumps(value).decode()


@given(st.data(), ANY_TYPE)
def test_another_parser_sees_the_same_values(data: st.DataObject, resource_type: str) -> None:
    resource = data.draw(expressible(resource_type))
    root = etree.fromstring(write(resource).encode())
    elements = list(root.iter("{http://hl7.org/fhir}*"))
    assert sorted(value for element in elements for value in element.attrib.values()) == sorted(
        texts(resource)
    )
    for element in elements:
        assert set(element.attrib) <= {"id", "url", "value"}
        assert element.attrib or len(element) or element is root
        assert not (element.text or "").strip()


@settings(max_examples=200)
@given(st.data(), st.sampled_from(sorted(RICH)))
def test_no_damage_makes_it_crash(data: st.DataObject, name: str) -> None:
    raw = bytearray(write(RICH[name]).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 12))
        raw[place : place + length] = data.draw(
            st.binary(max_size=3)
            | st.sampled_from((b"<", b'"', b"<a/>", b"<id/>", b"]]>", b"&b;", b"x:", b" value=''"))
        )
    try:
        resource = read(bytes(raw))
    except UnreadableXml:
        return
    assert fhirjson.loads(fhirjson.dumps(resource)) == resource


def test_the_form_of_the_document() -> None:
    assert write(
        {
            "resourceType": "Patient",
            "birthDate": "1990",
            "name": [{"given": ["a", "b"], "id": "n"}],
            "active": True,
            "id": "1",
            "extension": [{"valueQuantity": {"value": Decimal("1.10")}, "url": "http://example.org/a"}],
            "_birthDate": {"id": "b", "extension": [{"url": "http://example.org/b", "valueUri": "x"}]},
            "contained": [{"resourceType": "Basic", "id": "c"}, {"resourceType": "Basic", "id": "d"}],
            "text": {"div": f'<div xmlns="{XHTML}">x</div>', "status": "empty"},
        }
    ) == '<?xml version="1.0" encoding="UTF-8"?>' + patient(
        '<id value="1"/>'
        f'<text><status value="empty"/><div xmlns="{XHTML}">x</div></text>'
        '<contained><Basic><id value="c"/></Basic></contained>'
        '<contained><Basic><id value="d"/></Basic></contained>'
        '<extension url="http://example.org/a">'
        '<valueQuantity><value value="1.10"/></valueQuantity></extension>'
        '<active value="true"/><name id="n"><given value="a"/><given value="b"/></name>'
        '<birthDate id="b" value="1990"><extension url="http://example.org/b">'
        '<valueUri value="x"/></extension></birthDate>'
    )
