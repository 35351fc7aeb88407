"""Profiles that say where narratives are from, and in which languages."""

import pytest

from profiles.validator.special.markup import Markup, markup
from profiles.validator.special.narrative_control import _languages, _sources, narrative_checks

XMLNS = 'xmlns="http://www.w3.org/1999/xhtml"'


def of(inner: str) -> Markup:
    return markup(f"<div {XMLNS}>{inner}</div>")


BOTH = '<div lang="en">a</div><div lang="zh">b</div>'


@pytest.mark.parametrize(
    ("inner", "wanted", "count"),
    [
        ("a", "_no", 0),
        (BOTH, "_no", 1),
        ("a", "_yes", 1),
        (BOTH, "_yes", 0),
        (BOTH, "_resource", 0),
        (BOTH, "de", 1),
        (BOTH, "en", 0),
    ],
)
def test_languages(inner: str, wanted: str, count: int) -> None:
    assert len(list(_languages(of(inner), wanted, "zh"))) == count


def test_content_names_its_source() -> None:
    found = of('a<p class="generated">b <b>c</b></p><p>d</p><p class="x original">e</p>')
    assert len(list(_sources(found))) == 2


def test_other_elements_are_not_looked_at() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/narrative-source-control"
    definition = {"extension": [{"url": url, "valueCode": "error"}]}
    assert narrative_checks(definition, "string", "urn:a") == []
    assert len(narrative_checks(definition, "Narrative", "urn:a")) == 1
    assert narrative_checks({}, "Narrative", "urn:a") == []
