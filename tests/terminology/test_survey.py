"""Every value set of R4 expands or says why not, and its members validate."""

from typing import Any

from exchange.terminology.core import core_library
from terminology.library import Library, entry_of
from terminology.survey import NO_RULES, survey

URL = "urn:vs"


def value_set(**rules: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "url": URL, **rules}


def test_every_value_set_of_r4_expands_or_says_why_not() -> None:
    told = list(survey(core_library(), 2))
    assert len(told) > 1_300
    assert [each.canonical for each in told if each.wrong] == []
    reasons = [each.reason for each in told if each.reason]
    assert len(reasons) < 200
    known = ("could not be found", "infinite members", "Unable to find", "was not understood")
    assert [each for each in reasons if not any(why in each for why in known)] == []
    assert sum(each.members for each in told) > 23_000


def test_what_cannot_be_expanded_says_why() -> None:
    for rules, reason in (
        ({}, NO_RULES),
        ({"compose": {"include": [{"system": "urn:x"}]}}, "urn:x"),
        ({"compose": {"include": [{"concept": [{}]}]}}, "has rules that are not FHIR"),
        ({"compose": {"include": [{"valueSet": [URL]}]}}, "circular"),
    ):
        (told,) = survey(Library([entry_of(value_set(**rules))]))
        assert reason in told.reason.replace("Cyclic", "circular"), told
