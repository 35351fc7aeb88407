"""XML that is wrong is read to its end."""

import pytest

from exchange.validation.checker import new_validator, told
from exchange.xml.judge import MOST, read_on
from exchange.xml.span import Span, blanked, culprit
from profiles.definitions import definitions

XMLNS = b'xmlns="http://hl7.org/fhir"'
R4 = definitions()


def read(inner: bytes) -> tuple[object, list[tuple[str, str]]]:
    resource, faults = read_on(b"<Patient " + XMLNS + b">" + inner + b"</Patient>", R4)
    return resource, [(fault.code, fault.expression) for fault in faults]


@pytest.mark.parametrize(
    ("inner", "left", "faults"),
    [
        (b'<active value="true"/>', {"active": True}, []),
        (b'<foo>\n<bar/></foo><active value="true"/>', {"active": True}, [("structure", "Patient")]),
        (b'<active value="true" x="1"/><gender value="male"/>', {"gender": "male"}, [
            ("structure", "Patient.active")]),
        (b'hello<gender value="male"/>', {"gender": "male"}, [("structure", "Patient")]),
        (b'<![CDATA[x]]><gender value="male"/>', {"gender": "male"}, [("structure", "Patient")]),
        (b'<name><foo/></name><gender value="male"/>', {"gender": "male"}, [
            ("structure", "Patient.name[0]")]),
        (b'<name/><gender value="male"/>', {"gender": "male"}, [("invariant", "Patient.name[0]")]),
        (b'<gender value="male"/><gender value="female"/>', {"gender": "male"}, [("structure", "Patient")]),
        (b'<gender value="male"/><active value="true"/>', {"gender": "male", "active": True}, [
            ("invalid", "Patient.active")]),
        (b'<?x y?><gender value="male"/>', {"gender": "male"}, [("invalid", "")]),
        (b'<a/><b/><gender value="male"/>', {"gender": "male"}, [("structure", "Patient")] * 2),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_the_rest_is_read(
    inner: bytes, left: dict[str, object], faults: list[tuple[str, str]]
) -> None:
    assert read(inner) == ({"resourceType": "Patient", **left}, faults)


@pytest.mark.parametrize(
    "raw", [b"<Patient>", b"<Foo/>", b"<a", b"<!DOCTYPE a><Patient/>", b'<Patient xmlns="x"/>']
)
def test_what_is_no_resource_is_none(raw: bytes) -> None:
    resource, faults = read_on(raw, R4)
    assert resource is None
    assert len(faults) == 1


def test_there_is_an_end_to_what_is_told() -> None:
    resource, faults = read(b"<a/>" * (MOST + 5))
    assert resource is None
    assert len(faults) == MOST + 1


def test_a_narrative_keeps_its_order() -> None:
    div = b'<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>a</p></div></text>'
    resource, faults = read(div + b'<active value="true"/>')
    assert resource is not None
    assert faults == []


def test_the_rest_is_judged_with_its_lines() -> None:
    raw = b"<Patient " + XMLNS + b'>\n <foo/>\n <gender value="x"/>\n</Patient>'
    found = [(one.issue.code, one.place.line if one.place else 0) for one in told(new_validator(), raw)]
    assert found[:2] == [("structure", 2), ("code-invalid", 3)]


def test_spans_of_elements_and_texts() -> None:
    raw = b"<a>\n<b x='>'/>t<c>u</c></a>"
    assert culprit(raw, raw.index(b"<b")) == Span(4, 14)
    assert culprit(raw, raw.index(b"<c>")) == Span(15, 23)
    assert culprit(raw, raw.index(b"t<")) == Span(14, 15)
    assert culprit(raw, 0) is None
    assert blanked(b"ab\ncd", Span(1, 4)) == b"a \n d"
