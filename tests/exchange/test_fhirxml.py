"""What JSON says, XML says too, and back; what is not FHIR XML is refused where it stands."""

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from exchange import fhirjson
from exchange.xml import UnreadableXml, UnwritableXml, dumps, loads
from exchange.xml.pretty import pretty
from profiles.definitions import definitions
from profiles.structure import compile_structure
from terminology.issue import Issue
from tests.profiles.strategies import resources

XHTML = "http://www.w3.org/1999/xhtml"
EXTENSION = '<extension url="http://a"><valueCode value="x"/></extension>'
ANY_TYPE = st.sampled_from(sorted(definitions().resource_types))


def read(text: str | bytes) -> dict[str, Any]:
    return loads(text.encode() if isinstance(text, str) else text, definitions())


def write(resource: dict[str, Any]) -> str:
    return dumps(resource, definitions()).decode()


def patient(content: str) -> str:
    return f'<Patient xmlns="http://hl7.org/fhir">{content}</Patient>'


def exact(value: Any) -> Any:
    """Comparable with the text of every number, not its value alone."""
    return json.loads(
        fhirjson.dumps(value), parse_float=lambda n: ["float", n], parse_int=lambda n: ["int", n]
    )


@cache
def structure() -> Callable[[dict[str, Any]], list[Issue]]:
    return compile_structure(definitions())


def refusal(text: str | bytes) -> tuple[str, str]:
    """Code and expression; the diagnostics always have the line."""
    with pytest.raises(UnreadableXml, match=r"\(line \d+\)$") as refused:
        read(text)
    return refused.value.issue.code, refused.value.issue.expression


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


def test_what_says_nothing_is_ignored() -> None:
    assert read(
        '\ufeff<?xml version="1.0" encoding="utf-8"?><!-- a --><?b c?>\n'
        '<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="http://hl7.org/fhir patient.xsd">\n'
        '  <f:birthDate value="1990"><!-- c --></f:birthDate><?d?>\r\n\t<f:active value="true"> </f:active>'
        "\n</f:Patient>\n<!-- e -->"
    ) == {"resourceType": "Patient", "birthDate": "1990", "active": True}


def test_order_of_elements_is_free_but_items_keep_theirs() -> None:
    assert read(patient('<name id="1"/><active value="true"/><name id="2"/>'))["name"] == [
        {"id": "1"},
        {"id": "2"},
    ]


@pytest.mark.parametrize(
    "text", ["1.10", "1E+2", "1e2", "0.0000001", "-0", "-0.0", "100", "12345678901234567890123"]
)
def test_a_number_keeps_its_text_and_becomes_what_json_gives(text: str) -> None:
    document = patient(f'<extension url="http://a"><valueDecimal value="{text}"/></extension>')
    resource = read(document)
    as_json = f'{{"resourceType":"Patient","extension":[{{"url":"http://a","valueDecimal":{text}}}]}}'
    assert fhirjson.dumps(resource).decode() == as_json
    assert type(resource["extension"][0]["valueDecimal"]) is type(
        fhirjson.loads(as_json.encode())["extension"][0]["valueDecimal"]
    )
    assert write(resource).endswith(document)


def test_places_of_primitives_stay_aligned() -> None:
    extended = {"extension": [{"url": "http://a", "valueCode": "x"}]}
    given = (
        f'<given value="a"/><given>{EXTENSION}</given><given value="b"/>'
        '<given id="i" value="c"/><given value="d"/>'
    )
    assert read(patient(f"<name>{given}</name>"))["name"] == [
        {"given": ["a", None, "b", "c", "d"], "_given": [None, extended, None, {"id": "i"}, None]}
    ]
    assert read(patient(f"<name><given>{EXTENSION}</given></name>"))["name"] == [{"_given": [extended]}]


@pytest.mark.parametrize(
    ("document", "code", "expression"),
    [
        (patient('<activ value="true"/>'), "structure", "Patient"),
        (patient('<name><given value="a"/><nick value="b"/></name>'), "structure", "Patient.name[0]"),
        (patient('<value value="a"/>'), "structure", "Patient"),
        (patient('<active xmlns="" value="true"/>'), "structure", "Patient"),
        (patient('<active xmlns="http://hl7.org/other" value="true"/>'), "structure", "Patient"),
        (patient('<text><status value="empty"/><div>a</div></text>'), "structure", "Patient.text"),
        (patient('<active value="true" x="y"/>'), "structure", "Patient.active"),
        (patient('<active xml:id="a" value="true"/>'), "structure", "Patient.active"),
        (patient('<name value="a"><given value="b"/></name>'), "structure", "Patient.name[0]"),
        (patient('<name url="a"><family value="b"/></name>'), "structure", "Patient.name[0]"),
        ('<Patient xmlns="http://hl7.org/fhir" id="a"/>', "structure", "Patient"),
        (patient('<active value="true">x</active>'), "structure", "Patient.active"),
        (patient("x"), "structure", "Patient"),
        (patient('<name>\u00a0<family value="a"/></name>'), "structure", "Patient.name[0]"),
        (patient("<name><![CDATA[x]]></name>"), "structure", "Patient.name[0]"),
        (patient('<active value="true"/><active value="true"/>'), "structure", "Patient.active"),
        (patient(f'<active>{EXTENSION}</active><active value="true"/>'), "structure", "Patient.active"),
        (patient('<maritalStatus id="a"/><maritalStatus id="b"/>'), "structure", "Patient.maritalStatus"),
        (patient("<active/>"), "invariant", "Patient.active"),
        (patient('<name><given value="a"/><given/></name>'), "invariant", "Patient.name[0].given[1]"),
        (patient("<name/>"), "invariant", "Patient.name[0]"),
        (patient("<contained/>"), "invariant", "Patient.contained[0]"),
        (patient('<id value=""/>'), "value", "Patient.id"),
        (patient('<active value="1"/>'), "value", "Patient.active"),
        (patient('<active value=" true"/>'), "value", "Patient.active"),
        (patient('<multipleBirthInteger value="1.5"/>'), "value", "Patient.multipleBirthInteger"),
        (patient('<multipleBirthInteger value="٣"/>'), "value", "Patient.multipleBirthInteger"),
        (patient('<multipleBirthInteger value="1,&quot;a&quot;"/>'), "value", "Patient.multipleBirthInteger"),
        (patient(f'<multipleBirthInteger value="{"9" * 101}"/>'), "value", "Patient.multipleBirthInteger"),
        (patient('<extension><valueDecimal value="1."/></extension>'), "value",
         "Patient.extension[0].valueDecimal"),
        (patient('<extension><valueDecimal value="1E+999999999"/></extension>'), "value",
         "Patient.extension[0].valueDecimal"),
        (patient('<active id="a"><extension id=""/></active>'), "value", "Patient.active.extension[0]"),
        (patient("<contained><Patien/></contained>"), "structure", "Patient.contained[0]"),
        (patient("<contained><Basic/><Basic/></contained>"), "structure", "Patient.contained[0]"),
        (patient('<contained id="a"><Basic/></contained>'), "structure", "Patient.contained[0]"),
        (patient("<contained><Basic/></contained><contained><Basic><x/></Basic></contained>"), "structure",
         "Patient.contained[1]"),
        ('<Bundle xmlns="http://hl7.org/fhir"><entry/></Bundle>', "invariant", "Bundle.entry[0]"),
        ('<Bundle xmlns="http://hl7.org/fhir"><entry><resource><Basic><code value="a"/></Basic></resource>'
         "</entry></Bundle>", "structure", "Bundle.entry[0].resource.code"),
        ('<HumanName xmlns="http://hl7.org/fhir"/>', "structure", ""),
        ("<Patient/>", "structure", ""),
        (patient("<active"), "structure", "Patient"),
        (patient('<active value="true">'), "structure", "Patient.active"),
        (patient('<id value="&nbsp;"/>'), "structure", "Patient"),
        (patient('<id value="&#0;"/>'), "structure", "Patient"),
        (patient('<id value="a\x01"/>'), "structure", "Patient"),
        (patient('<x:id value="a"/>'), "structure", "Patient"),
        (patient("") + patient(""), "structure", ""),
        (b"", "structure", ""),
        (b"{}", "structure", ""),
        (b'<Patient xmlns="http://hl7.org/fhir"><id value="\xff"/></Patient>', "structure", "Patient"),
        (patient("").encode("utf-16"), "structure", ""),
        (patient("").encode("utf-16-be"), "structure", ""),
        ('<?xml version="1.0" encoding="GB18030"?>' + patient(""), "structure", ""),
        ("<!DOCTYPE Patient>" + patient(""), "structure", ""),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + patient('<id value="&b;"/>'), "structure", ""),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd">' + patient(""), "structure", ""),
        (patient(f'<text><div xmlns="{XHTML}"><b>a</div></text>'), "structure", "Patient.text.div"),
        (patient(f'<text><div xmlns="{XHTML}">a</div><div xmlns="{XHTML}">b</div></text>'), "structure",
         "Patient.text.div"),
        (patient(f'<text><p xmlns="{XHTML}">a</p></text>'), "structure", "Patient.text"),
    ],
    ids=lambda value: str(value)[-60:],
)  # fmt: skip
def test_what_is_not_fhir_xml_is_refused_where_it_stands(
    document: str | bytes, code: str, expression: str
) -> None:
    assert refusal(document) == (code, expression)


def test_the_line_is_told() -> None:
    with pytest.raises(UnreadableXml, match=r"^Patient has no element 'activ' \(line 3\)$"):
        read(patient('\n<active value="true"/>\n<activ/>'))


def nested(levels: int) -> dict[str, Any]:
    """A resource of 3 + 2 · `levels` objects and arrays in one another."""
    extension: dict[str, Any] = {"url": "a", "valueCode": "b"}
    for _ in range(levels):
        extension = {"url": "a", "extension": [extension]}
    return {"resourceType": "Basic", "extension": [extension]}


def test_what_is_too_deep_for_json_is_too_deep_for_xml() -> None:
    deepest = nested((fhirjson.MAX_DEPTH - 3) // 2)
    assert fhirjson.loads(fhirjson.dumps(deepest)) == deepest
    assert read(write(deepest)) == deepest
    assert refusal(write(nested((fhirjson.MAX_DEPTH - 3) // 2 + 1)))[0] == "structure"
    inner = f"<p>{'<b>' * 70}{'</b>' * 70}</p>"
    assert refusal(patient(f'<text><div xmlns="{XHTML}">{inner}</div></text>')) == (
        "structure",
        "Patient.text.div",
    )


@pytest.mark.parametrize(
    "document",
    [
        patient("")[:-10] + '<extension url="a">' * 300_000,
        patient(f'<text><div xmlns="{XHTML}">' + "<b>" * 300_000)[:-10],
        patient("<name>" + '<given><extension url="a"/></given>' * 20_000 + "</name><x/>"),
        patient("<id" + "".join(f' a{n}=""' for n in range(50_000)) + "/>"),
        patient("<id" + "".join(f' xmlns:a{n}="b"' for n in range(50_000)) + "/>"),
        patient("<id" + "".join(f' xmlns:a{n}="b"' for n in range(500_000)) + "/>"),
        patient(f'<id value="{"x" * 20_000_000}"/>'),
        patient(f"<!--{'<' * 20_000_000}-->"),
        "<!--" * 3_000_000,
        "<" * 20_000_000,
        patient(f"<active>{'&#32;' * 2_000_000}x</active>"),
    ],
    ids=lambda document: document[:40],
)
def test_hostile_size_is_refused_quickly(document: str) -> None:
    raw = document.encode()
    started = time.process_time()
    refusal(raw)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "content", [f'<text><div xmlns="{XHTML}"/></text>', "<x/>", "<text>", '<id value="a">b']
)
def test_nothing_keeps_the_document(content: str) -> None:
    raw = patient(content).encode()
    references = sys.getrefcount(raw)
    gc.disable()
    try:
        with suppress(UnreadableXml):
            read(raw)
        assert sys.getrefcount(raw) == references
    finally:
        gc.enable()


def test_a_big_document_may_have_comments() -> None:
    long = "x" * 6_000_000
    document = patient(
        f'<!--a--><photo><data value="{long}"/></photo><?b?><photo><data value="{long}"/></photo>'
    )
    assert read(document)["photo"] == [{"data": long}, {"data": long}]


def narrative(content: str) -> dict[str, Any]:
    text: dict[str, Any] = read(patient(content))["text"]
    return text


def test_a_narrative_keeps_its_text() -> None:
    div = (
        f"<div\n xmlns='{XHTML}' ><p>a &gt; b &#x4E2D;<![CDATA[ & ]]></p>\r\n<br /><!-- c -->"
        "<img src='a' ></img></div >"
    )
    assert narrative(f'<text><status value="empty"/>{div}</text>')["div"] == div


def test_a_narrative_that_needs_what_is_around_it_is_respelled() -> None:
    document = (
        f'<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="{XHTML}" xmlns:s="urn:s"><f:text>'
        "<h:div xml:lang='zh'><h:p class='&lt;'>a&amp;&gt;<h:br/></h:p><h:td/><s:x a=\"1\"/></h:div>"
        "</f:text></f:Patient>"
    )
    assert read(document)["text"]["div"] == (
        f'<div xmlns="{XHTML}" xml:lang="zh"><p class="&lt;">a&amp;&gt;<br/></p><td></td>'
        '<x xmlns="urn:s" a="1"></x></div>'
    )
    assert refusal(document.replace("<s:x a=", "<s:x s:a=")) == ("structure", "Patient.text.div")
    around = (
        f'<f:Patient xmlns:f="http://hl7.org/fhir" xmlns="{XHTML}"><f:text><div>a</div></f:text></f:Patient>'
    )
    assert read(around)["text"]["div"] == f'<div xmlns="{XHTML}">a</div>'


@pytest.mark.parametrize(
    ("div", "written"),
    [
        ("<div>a<p>b</p></div>", f'<div xmlns="{XHTML}">a<p>b</p></div>'),
        (f' <div xmlns="{XHTML}">a</div>\n', f'<div xmlns="{XHTML}">a</div>'),
        (f'<div xmlns="{XHTML}">&nbsp;&lt;&copy;&nvlt;</div>', f'<div xmlns="{XHTML}">\xa0&lt;©&lt;⃒</div>'),
    ],
)
def test_a_narrative_is_made_to_fit(div: str, written: str) -> None:
    resource = {"resourceType": "Patient", "text": {"status": "empty", "div": div}}
    assert f'<text><status value="empty"/>{written}</text>' in write(resource)
    assert read(write(resource))["text"]["div"] == written


@pytest.mark.parametrize(
    ("resource", "expression"),
    [
        ({"resourceType": "Patient", "text": {"div": "<div>a<br></div>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": "<div>&unheardof;</div>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": "<p>a</p>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": "<div>a</div></text><text>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": "<!DOCTYPE div><div>a</div>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": "<div>\x01</div>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": None}}, "Patient.text.div"),
        ({"resourceType": "Patient", "name": [{"given": ["a", "\uffff"]}]}, "Patient.name[0].given[1]"),
        ({"resourceType": "Patient", "name": [{"given": ["a", None]}]}, "Patient.name[0].given[1]"),
        ({"resourceType": "Patient", "name": [{"id": "\ud800"}]}, "Patient.name[0].id"),
        ({"resourceType": "Patient", "name": ["a"]}, "Patient.name[0]"),
        ({"resourceType": "Patient", "name": {}}, "Patient.name"),
        ({"resourceType": "Patient", "active": "true"}, "Patient.active"),
        ({"resourceType": "Patient", "multipleBirthInteger": Decimal("NaN")}, "Patient.multipleBirthInteger"),
        ({"resourceType": "Patient", "contained": [{"resourceType": "a><"}]}, "Patient.contained[0]"),
        ({"resourceType": "Patient", "a><": 1}, ""),
        ({"resourceType": "Patient", "_id><": {}}, ""),
        ({"resourceType": "a><"}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_what_xml_cannot_hold_is_not_written(resource: dict[str, Any], expression: str) -> None:
    with pytest.raises(UnwritableXml) as refused:
        write(resource)
    assert refused.value.issue.diagnostics
    assert refused.value.issue.expression == expression
