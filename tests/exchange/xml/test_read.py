"""What the XML form leaves open changes nothing; what is not FHIR XML is refused where it stands."""

import gc
import sys
import time
from contextlib import suppress
from typing import Any

import pytest

from exchange import fhirjson
from exchange.xml import UnreadableXml
from tests.exchange.xml.spelling import XHTML, patient, read, refusal, write

EXTENSION = '<extension url="http://a"><valueCode value="x"/></extension>'


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
    assert time.process_time() - started < 5


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
