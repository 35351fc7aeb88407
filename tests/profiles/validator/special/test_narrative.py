"""Narratives: what XHTML may have, and where its links lead."""

import pytest

from tests.profiles.validator.special.world import told

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
