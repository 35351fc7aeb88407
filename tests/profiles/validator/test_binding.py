"""Codes that bindings ask for, with and without somebody who knows them."""

from collections.abc import Sequence

import pytest

from terminology.code_check import CodeAnswer, CodeCheck
from tests.profiles.validator.world import OURS, Json, element, errors, profile, told, validator

SYSTEM: Json = {
    "resourceType": "CodeSystem",
    "url": OURS + "system",
    "status": "active",
    "content": "complete",
    "concept": [{"code": "a", "display": "Alpha"}, {"code": "b"}, {"code": "c"}],
}
SET: Json = {
    "resourceType": "ValueSet",
    "url": OURS + "set",
    "status": "active",
    "compose": {"include": [{"system": OURS + "system", "concept": [{"code": "a"}, {"code": "b"}]}]},
}
OPEN: Json = SET | {"url": OURS + "open", "compose": {"include": [{"system": "urn:x:nobody"}]}}


def bound(strength: str, value_set: str = OURS + "set") -> Json:
    binding = {"strength": strength, "valueSet": value_set}
    return profile("bound", "Observation", element("Observation.code", binding=binding))


def observation(code: str, system: str = OURS + "system", **more: str) -> Json:
    coding = {"system": system, "code": code, **more}
    return {"resourceType": "Observation", "status": "final", "code": {"coding": [coding]}}


@pytest.mark.parametrize(
    ("strength", "severity"),
    [("required", "error"), ("extensible", "warning"), ("preferred", "information"), ("example", None)],
)
def test_strengths(strength: str, severity: str | None) -> None:
    ours = validator(SYSTEM, SET, bound(strength))
    assert ours.validate(observation("b"), (OURS + "bound",)) == []
    found = ours.validate(observation("c"), (OURS + "bound",))
    assert [issue.severity for issue in found] == ([severity] if severity else [])
    assert all(issue.message_id == f"binding-{strength}" for issue in found)


def test_a_code_must_be_one_of_its_system_and_shown_as_it_shows_it() -> None:
    ours = validator(SYSTEM)
    assert errors(ours.validate(observation("z"))) == [("code-unknown", "Observation.code.coding[0].code")]
    assert told(ours.validate(observation("a", display="alpha"))) == []
    assert told(ours.validate(observation("a", display="Beta"))) == [
        ("code-display", "Observation.code.coding[0].display")
    ]


def test_what_nobody_can_tell_is_no_error() -> None:
    found = validator(SYSTEM, OPEN, bound("required", OURS + "open")).validate(
        observation("x", "urn:x:nobody"), (OURS + "bound",)
    )
    assert [(issue.severity, issue.message_id) for issue in found] == [("warning", "binding-unknown")]


def test_others_are_asked_in_one_batch_and_of_the_rest_alone() -> None:
    asked: list[Sequence[CodeCheck]] = []

    def codes(checks: Sequence[CodeCheck]) -> list[CodeAnswer]:
        asked.append(checks)
        return [CodeAnswer(check.value_set == "", "No member") for check in checks]

    ours = validator(SYSTEM, SET, OPEN, bound("required", OURS + "open"), codes=codes)
    given = observation("x", "urn:x:nobody")
    assert errors(ours.validate(given, (OURS + "bound",))) == [("binding-required", "Observation.code")]
    assert [[check.value_set for check in batch] for batch in asked] == [["", OURS + "open"]] or [
        [check.value_set for check in batch] for batch in asked
    ] == [[OURS + "open", ""]]
    assert errors(ours.validate(observation("b"))) == []
    assert len(asked) == 1


def test_codes_that_are_told_by_form() -> None:
    media: Json = {
        "resourceType": "Binary",
        "contentType": "application/fhir+json; charset=utf-8",
        "language": "zh-CN",
    }
    assert validator().validate(media) == []
    assert errors(validator().validate(media | {"contentType": "nonsense"})) == [
        ("binding-required", "Binary.contentType")
    ]


def test_an_extension_does_not_stand_for_a_required_code() -> None:
    given = observation("a")
    del given["status"]
    given["_status"] = {
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
        ]
    }
    assert ("binding-required", "Observation.status") in errors(validator(SYSTEM).validate(given))


def test_a_system_is_no_value_set_and_no_supplement() -> None:
    supplement = SYSTEM | {"url": OURS + "more", "content": "supplement", "supplements": OURS + "system"}
    ours = validator(SYSTEM, SET, supplement)
    assert errors(ours.validate(observation("a", OURS + "set"))) == [
        ("coding-value-set", "Observation.code.coding[0].system")
    ]
    assert errors(ours.validate(observation("a", OURS + "more"))) == [
        ("coding-supplement", "Observation.code.coding[0].system")
    ]
    assert told(ours.validate(observation("a", "relative"))) == [
        ("coding-system-absolute", "Observation.code.coding[0].system")
    ]


def test_a_value_set_may_be_contained_in_the_profile_and_known_by_its_expansion() -> None:
    member = {"system": OURS + "system", "code": "a"}
    own = {"resourceType": "ValueSet", "id": "own", "status": "draft", "expansion": {"contains": [member]}}
    structure = bound("required", "#own") | {"contained": [own]}
    ours = validator(SYSTEM, structure)
    assert errors(ours.validate(observation("a"), (OURS + "bound",))) == []
    assert errors(ours.validate(observation("b"), (OURS + "bound",))) == [
        ("binding-required", "Observation.code")
    ]


def test_a_value_set_may_show_codes_in_other_words() -> None:
    concept = {"code": "a", "display": "甲", "designation": [{"value": "the first"}]}
    own = {
        "resourceType": "ValueSet",
        "url": OURS + "words",
        "status": "draft",
        "compose": {"include": [{"system": OURS + "system", "concept": [concept]}]},
    }
    ours = validator(SYSTEM, own, bound("required", OURS + "words"))
    for display in ("甲", "the first", "Alpha"):
        assert told(ours.validate(observation("a", display=display), (OURS + "bound",))) == []
    assert told(ours.validate(observation("a", display="甲"))) == [
        ("code-display", "Observation.code.coding[0].display")
    ]
