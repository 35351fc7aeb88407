"""XML Patch: RFC 5261's operations and selectors, and documents that come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.outcome import FhirError
from exchange.patch.xml_patch import xml_patch
from exchange.patch.xml_tree import Comment, Element, Instruction, Text, read, write

FHIR = 'xmlns="http://hl7.org/fhir"'
DOC = f'<a {FHIR} k="1"><b id="x">one</b><b id="y">two<c/></b><!--note--><?go on?></a>'.encode()


def patched(operations: str, document: bytes = DOC, declared: str = FHIR) -> str:
    found = xml_patch(document, f"<diff {declared}>{operations}</diff>".encode()).decode()
    return found.replace(f" {FHIR}", "", 1)


WHOLE = '<a k="1"><b id="x">one</b><b id="y">two<c/></b><!--note--><?go on?></a>'
APPLIED = [
    ('<remove sel="f:a/f:b[1]"/>', WHOLE.replace('<b id="x">one</b>', "")),
    ("<remove sel=\"a/b[@id='y']/c\"/>", WHOLE.replace("<c/>", "")),
    ("<remove sel=\"a/b[.='one']\"/>", WHOLE.replace('<b id="x">one</b>', "")),
    ('<remove sel="a/b[c]"/>', WHOLE.replace('<b id="y">two<c/></b>', "")),
    ('<remove sel="/a/*[2]/text()"/>', WHOLE.replace("two", "")),
    ('<remove sel="a/comment()"/>', WHOLE.replace("<!--note-->", "")),
    ('<remove sel="a/processing-instruction()"/>', WHOLE.replace("<?go on?>", "")),
    ('<remove sel="a/@k"/>', WHOLE.replace(' k="1"', "")),
    ('<replace sel="a/@k">2&lt;</replace>', WHOLE.replace('"1"', '"2&lt;"')),
    ('<replace sel="a/b[1]/text()">1 &amp; 2</replace>', WHOLE.replace("one", "1 &amp; 2")),
    (
        '<replace sel="a/b[1]"> <d v="&#10;"/> </replace>',
        WHOLE.replace('<b id="x">one</b>', '<d v="&#10;"/>'),
    ),
    ('<add sel="a/b[2]"><d/>x</add>', WHOLE.replace("<c/>", "<c/><d/>x")),
    ('<add sel="a/b[2]" pos="prepend"><d/></add>', WHOLE.replace("two", "<d/>two")),
    ('<add sel="a/b[2]" pos="before">x</add>', WHOLE.replace('<b id="y">', 'x<b id="y">')),
    ('<add sel="a/b[2]/c" pos="after"><d/></add>', WHOLE.replace("<c/>", "<c/><d/>")),
    ('<add sel="a/b[1]" type="@z">v</add>', WHOLE.replace('id="x"', 'id="x" z="v"')),
    (
        '<add sel="a/b[1]"><x xmlns="urn:other"><y/></x></add>',
        WHOLE.replace("one", 'one<x xmlns="urn:other"><y/></x>'),
    ),
]
REFUSED = [
    ('<remove sel="a/b"/>', 422),
    ('<remove sel="a/z"/>', 422),
    ('<remove sel="a"/>', 422),
    ('<replace sel="a/b[1]"><d/><e/></replace>', 422),
    ('<replace sel="a/comment()"><d/></replace>', 422),
    ('<add sel="a/@k">x</add>', 422),
    ('<add sel="a/b[1]" type="@id">x</add>', 422),
    ('<add sel="a" pos="after"><d/></add>', 422),
    ('<remove sel="a/q:b"/>', 400),
    ('<remove sel="a//b"/>', 400),
    ('<remove sel="a/b[position()&lt;2]"/>', 400),
    ('<remove sel="a/b[@id=x]"/>', 400),
    ('<remove sel="a/@k/b"/>', 400),
    ('<remove sel=""/>', 400),
    ("<remove/>", 400),
    ('<move sel="a"/>', 400),
    ('<add sel="a" pos="beside"><d/></add>', 400),
    ('<add sel="a" type="z">x</add>', 400),
    ('<add sel="a" type="@1 z">x</add>', 400),
    ("", 400),
    ("<", 400),
]


@pytest.mark.parametrize(("operations", "expected"), APPLIED)
def test_applied(operations: str, expected: str) -> None:
    assert patched(operations) == expected


@pytest.mark.parametrize(("operations", "status"), REFUSED)
def test_refused(operations: str, status: int) -> None:
    with pytest.raises(FhirError) as refused:
        patched(operations)
    assert refused.value.status == status


def test_white_space_goes_with_what_it_stands_beside() -> None:
    document = f"<a {FHIR}>\n <b/>\n <c/>\n</a>".encode()
    assert patched('<remove sel="a/b" ws="before"/>', document) == "<a>\n <c/>\n</a>"
    assert patched('<remove sel="a/b" ws="both"/>', document) == "<a><c/>\n</a>"


def test_prefixes() -> None:
    document = b'<a xmlns="urn:1" xmlns:p="urn:2" p:k="1"><p:b/></a>'
    declared = 'xmlns:one="urn:1" xmlns:two="urn:2"'
    assert (
        patched('<remove sel="one:a/@two:k"/>', document, declared)
        == '<a xmlns:p="urn:2" xmlns="urn:1"><b xmlns="urn:2"/></a>'
    )
    with pytest.raises(FhirError):
        patched('<remove sel="a/b"/>', document, declared)


@pytest.mark.parametrize(
    "document", [b"", b"<a>", b"<!DOCTYPE a><a/>", b"<a/><b/>", b"<a>" * 300 + b"</a>" * 300]
)
def test_what_is_no_document(document: bytes) -> None:
    with pytest.raises(FhirError) as refused:
        xml_patch(document, f"<diff {FHIR}><remove sel='a'/></diff>".encode())
    assert refused.value.status == 400


TEXTS = st.text("a<>&'\"]\t\n é", min_size=1, max_size=5)
LEAVES = st.one_of(
    TEXTS.map(Text), st.just(Comment(" c ")), st.just(Instruction("t", "x")), st.just(Element("urn:1", "e"))
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        Element,
        st.sampled_from(["", "urn:1", "urn:2"]),
        st.sampled_from(["a", "b"]),
        st.dictionaries(
            st.tuples(st.sampled_from(["", "urn:1", "urn:3"]), st.sampled_from("kl")), TEXTS, max_size=3
        ),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@given(TREES)
def test_what_is_written_is_read_again(tree: object) -> None:
    document = Element("", "", children=[Element("urn:0", "root", children=[tree])])  # type: ignore[list-item]
    again = read(write(document))
    assert write(again) == write(read(write(again)))
    assert shape(again) == shape(document)


def shape(node: object) -> object:
    """What a document says, with text beside text as one."""
    if not isinstance(node, Element):
        return node if not isinstance(node, Text) else node.text
    children: list[object] = []
    for child in map(shape, node.children):
        if isinstance(child, str) and children and isinstance(children[-1], str):
            children[-1] += child
        else:
            children.append(child)
    return node.space, node.name, sorted(node.attributes.items()), children
