"""Language tags and MIME types."""

import pytest

from terminology.answering import LibraryChecks
from terminology.checks import Check, CodeOf
from terminology.grammars import MOST, grammar_systems, is_language_tag
from terminology.library import Library, entry_of, ready
from terminology.naming import BCP_13, BCP_47

LISTED = {
    "resourceType": "ValueSet",
    "url": "urn:languages",
    "compose": {
        "include": [{"system": BCP_47, "concept": [{"code": "zh-CN", "display": "Chinese (China)"}]}]
    },
}
ALL = {"resourceType": "ValueSet", "url": "urn:all", "compose": {"include": [{"system": BCP_13}]}}


def result(system: str, code: str, value_set: str = "", display: str = "") -> bool | None:
    library = Library([*map(ready, grammar_systems()), entry_of(LISTED), entry_of(ALL)])
    check = Check("Coding", (CodeOf(system, code, display=display),), value_set)
    return LibraryChecks(library).check([check, check])[1].result


@pytest.mark.parametrize(
    "code", ["en", "zh-CN", "zh-Hans-CN", "de-CH-1996", "sr-Latn-RS", "es-419", "yue", "en-x-own"]
)
def test_a_language_tag_is_known_by_its_form(code: str) -> None:
    assert result(BCP_47, code) is True


@pytest.mark.parametrize("code", ["", "english", "xx", "en_US", "en-", "en-ZZ", "zh-CN-", "e"])
def test_what_is_no_language_tag_is_refused(code: str) -> None:
    assert not is_language_tag(code)
    if code:
        assert result(BCP_47, code) is False


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("application/fhir+json", True),
        ("text/plain; charset=utf-8", True),
        ("image/png", True),
        ("x-lml/x-gps", True),
        ("pdf", False),
        ("banana/split", False),
        ("text/", False),
    ],
)
def test_a_mime_type_is_known_by_its_form(code: str, right: bool) -> None:
    assert result(BCP_13, code) is right
    assert result(BCP_13, code, "urn:all") is right


def test_a_list_of_tags_has_its_own_displays() -> None:
    assert result(BCP_47, "zh-CN", "urn:languages", "Chinese (China)") is True
    assert result(BCP_47, "en", "urn:languages") is False


def test_what_is_met_is_bounded() -> None:
    system = grammar_systems()[1]
    for number in range(MOST + 10):
        assert system.number(f"text/x{number}") is not None
    assert len(system) == MOST
