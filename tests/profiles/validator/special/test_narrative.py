"""Narratives: what XHTML may have, and where its links lead."""

import pytest

from profiles.validator import Options, Validator
from profiles.validator.special import RULES
from tests.profiles.validator.special.world import R4, told

XMLNS = 'xmlns="http://www.w3.org/1999/xhtml"'


def ids(inner: str, attributes: str = "", language: str = "") -> list[tuple[str, str]]:
    div = f"<div {XMLNS} {attributes}>{inner}</div>"
    patient = {"resourceType": "Patient", "text": {"status": "generated", "div": div}}
    if language:
        patient["language"] = language
    found = told(patient)
    wanted = ("xhtml", "text-link")
    return [(name, at.removeprefix("Patient")) for _, name, at in found if name.startswith(wanted)]


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<p>fine &amp; &#233;</p>", []),
        ("<script>x</script>", ["xhtml-element"]),
        ('<p onclick="x">a</p>', ["xhtml-attribute"]),
        ("a &reg; b", ["xhtml-entity"]),
        ("<p>a", ["xhtml-form"]),
        ('<p id="a">a</p><p id="a">b</p>', ["xhtml-id"]),
        ('<a href="#a">x</a><p id="a">b</p>', []),
        ('<a href="#b">x</a><p id="a">b</p>', ["xhtml-link"]),
        ('<a href="urn:uuid:1">x</a>', ["xhtml-link-scheme"]),
        ('<a href="https://a.example">x</a><a href="Patient/1">y</a>', []),
        ('<div lang="en">a</div><div lang="zh">b</div>', []),
        ('<div lang="en">a</div>more', ["xhtml-language-mixed"]),
    ],
)
def test_what_xhtml_may_have(inner: str, expected: list[str]) -> None:
    assert [name for name, _ in ids(inner)] == expected


def test_the_languages_of_resource_and_narrative() -> None:
    assert ids("a", 'lang="en"', "zh") == [("xhtml-language", "")]
    assert ids("a", 'lang="en"', "EN") == []


@pytest.mark.parametrize(
    ("inner", "wrong"),
    [
        ("<table><thead><tr><th>a</th></tr></thead><tbody><tr><td><p>b</p></td></tr></tbody></table>", 0),
        ("<ul>\n<li>a<ul><li>b</li></ul></li>\n</ul><p>a <b>b</b><br/></p>", 0),
        ("<p><b>a</b></p><ul><li>b</li></ul>", 0),
        ("<p>a<ul><li>b</li></ul></p>", 1),
        ("<p><p>a</p></p>", 1),
        ("<b><i><b>a</b></i></b>", 1),
        ("<div><li>a</li></div>", 1),
        ("<ul><br/></ul>", 1),
        ("<table>text<tr><td>a</td></tr></table>", 1),
        ("<br>a</br>", 1),
        ("<table><td>a</td></table>", 1),
        ("<colgroup><col/></colgroup>", 1),
    ],
)
def test_what_stands_where_html_does_not_have_it_is_told_where_that_is_asked(inner: str, wrong: int) -> None:
    div = f"<div {XMLNS}>{inner}</div>"
    patient = {"resourceType": "Patient", "text": {"status": "generated", "div": div}}
    strict = Validator(R4, Options(markup="error"), rules=RULES)
    found = [issue for issue in strict.validate(patient) if issue.message_id == "xhtml-order"]
    assert [(issue.severity, issue.code, issue.expression) for issue in found] == [
        ("error", "structure", "Patient.text.div")
    ] * wrong
    assert all(name != "xhtml-order" for name, _ in ids(inner))


def test_links_that_lead_nowhere_are_no_error_unless_that_is_asked() -> None:
    div = f'<div {XMLNS}><a href="#b">x</a><a href="urn:uuid:1">y</a></div>'
    patient = {"resourceType": "Patient", "text": {"status": "generated", "div": div}}

    def severities(options: Options) -> list[str]:
        found = Validator(R4, options, rules=RULES).validate(patient)
        return [issue.severity for issue in found if issue.message_id.startswith("xhtml-link")]

    assert severities(Options()) == ["warning", "warning"]
    assert severities(Options(links="error")) == ["error", "error"]
    assert severities(Options(links="ignore")) == []


@pytest.mark.parametrize(
    "inner",
    ["<u>a</u>", "<del>a</del>", '<p href="a">a</p>', '<td bgcolor="red">a</td>', '<div border="1">a</div>'],
)
def test_elements_and_attributes_that_html_deprecates_or_has_elsewhere_alone(inner: str) -> None:
    assert any(name in ("xhtml-element", "xhtml-attribute") for name, _ in ids(inner))


@pytest.mark.parametrize(
    ("inner", "wrong"),
    [
        ('<a href="">x</a>', True),
        ('<a href="https://a.example/&lt;x&gt;">x</a>', True),
        ('<img src="data:image/png;base64,@@@" alt="x"/>', True),
        ('<img src="data:png;base64,YWJj" alt="x"/>', True),
        ('<img src="data:image/png;base64,YWJj" alt="x"/>', False),
        ('<a href="https://a.example/a?b=c#d">x</a><a name="x">y</a>', False),
    ],
)
def test_urls_of_links_and_images(inner: str, wrong: bool) -> None:
    assert [name for name, _ in ids(inner)] == ["xhtml-url"] * wrong


def test_an_image_in_the_narrative_itself() -> None:
    assert ids('<img src="#a" alt="x"/>')[0][0] == "xhtml-link"
