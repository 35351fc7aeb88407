"""Narratives keep their text; what XML cannot hold is not written."""

from decimal import Decimal
from typing import Any

import pytest

from exchange.xml import UnwritableXml
from tests.exchange.xml.spelling import XHTML, patient, read, refusal, write


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
