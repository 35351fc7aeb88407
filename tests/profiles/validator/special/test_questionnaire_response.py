"""QuestionnaireResponses held against a Questionnaire of our own."""

from typing import Any

import pytest

from tests.profiles.validator.special.world import told

URL = "https://yilian.example/fhir/Questionnaire/intake"
CORE = "http://hl7.org/fhir/StructureDefinition/"
DATA = {"data": "YWJj"}


def question(link_id: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"linkId": link_id, "type": kind, **more}


def extension(name: str, **value: Any) -> dict[str, Any]:
    return {"url": CORE + name, **value}


def questionnaire(*items: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Questionnaire", "url": URL, "status": "active", "item": list(items)}


def response(*items: dict[str, Any], status: str = "completed") -> dict[str, Any]:
    found = {"resourceType": "QuestionnaireResponse", "questionnaire": URL, "status": status}
    return {**found, "item": list(items)} if items else found


def item(link_id: str, *answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"linkId": link_id, **({"answer": list(answers)} if answers else {}), **more}


def ids(resource: dict[str, Any], *items: dict[str, Any]) -> list[tuple[str, str]]:
    found = told(resource, questionnaire(*items))
    return [(name, at.removeprefix("QuestionnaireResponse")) for _, name, at in found]


def test_a_right_response_is_silent() -> None:
    asked = question("g", "group", item=[question("a", "string", required=True), question("b", "integer")])
    given = item("g", item=[item("a", {"valueString": "x"}), item("b", {"valueInteger": 1})])
    assert ids(response(given), asked) == []


def test_places_order_and_unknown_items() -> None:
    asked = [
        question("a", "string"),
        question("b", "string"),
        question("g", "group", item=[question("c", "string")]),
    ]
    answer = {"valueString": "x"}
    given = response(item("b", answer), item("a", answer), item("z", answer), item("c", answer))
    assert ids(given, *asked) == [
        ("response-order", ".item[1]"),
        ("response-link-id", ""),
        ("response-place", ".item[3]"),
    ]


@pytest.mark.parametrize(("status", "severity"), [("completed", "error"), ("in-progress", "warning")])
def test_what_is_required_may_wait_while_in_progress(status: str, severity: str) -> None:
    found = told(response(status=status), questionnaire(question("a", "string", required=True)))
    assert found == [(severity, "response-missing", "QuestionnaireResponse")]


def test_answers_are_of_the_question_s_type_and_as_many_as_it_allows() -> None:
    given = response(
        item("a", {"valueInteger": 1}, {"valueString": "x"}), item("d", {"valueString": "x"}), item("g")
    )
    asked = (question("a", "string"), question("d", "display"), question("g", "group", required=True))
    assert ids(given, *asked) == [
        ("response-one-answer", ".item[0]"),
        ("answer-type", ".item[0].answer[0].value.ofType(integer)"),
        ("response-answers", ".item[1]"),
        ("response-empty-group", ".item[2]"),
    ]


@pytest.mark.parametrize(
    ("limit", "kind", "value", "expected"),
    [
        (extension("minValue", valueInteger=5), "integer", {"valueInteger": 4}, ["answer-minimum"]),
        (extension("minValue", valueInteger=5), "integer", {"valueInteger": 5}, []),
        (extension("maxValue", valueDate="2022-06"), "date", {"valueDate": "2022-06-02"}, ["answer-maximum"]),
        (extension("maxValue", valueDate="2022"), "date", {"valueDate": "2022"}, []),
        (extension("maxSize", valueDecimal=2), "attachment", {"valueAttachment": DATA}, ["answer-max-size"]),
        (extension("regex", valueString="[0-9]+"), "string", {"valueString": "1a"}, ["answer-regex"]),
        (extension("regex", valueString="(a"), "string", {"valueString": "1a"}, []),
        (extension("minLength", valueInteger=2), "string", {"valueString": "a"}, ["answer-min-length"]),
    ],
)  # fmt: skip
def test_limits(limit: dict[str, Any], kind: str, value: dict[str, Any], expected: list[str]) -> None:
    found = ids(response(item("a", value)), question("a", kind, extension=[limit]))
    assert [name for name, _ in found if name.startswith("answer")] == expected


def test_options() -> None:
    options = [{"valueCoding": {"code": "a"}}, {"valueCoding": {"code": "b"}}]
    options[1]["extension"] = [extension("questionnaire-optionExclusive", valueBoolean=True)]  # type: ignore[assignment]
    asked = question("a", "choice", repeats=True, answerOption=options)
    given = [{"valueCoding": {"code": code}} for code in ("a", "b", "c")] + [{"valueString": "a"}]
    found = [one for one in ids(response(item("a", *given)), asked) if one[0].startswith("answer")]
    assert found == [
        ("answer-exclusive", ".item[0].answer[1]"),
        ("answer-option", ".item[0].answer[2]"),
        ("answer-option-type", ".item[0].answer[3]"),
    ]


def test_a_question_may_depend_on_another_of_the_same_repetition() -> None:
    when = {"question": "a", "operator": "=", "answerBoolean": True}
    inner = [question("a", "boolean"), question("b", "string", required=True, enableWhen=[when])]
    asked = question("g", "group", repeats=True, item=inner)

    def group(is_so: bool, *rest: dict[str, Any]) -> dict[str, Any]:
        return item("g", item=[item("a", {"valueBoolean": is_so}), *rest])

    answered = item("b", {"valueString": "x"})
    given = response(group(True, answered), group(False, answered), group(True), group(False))
    assert ids(given, asked) == [
        ("response-not-enabled", ".item[1].item[1]"),
        ("response-missing", ".item[2]"),
    ]


def test_a_questionnaire_that_is_not_known_is_a_warning() -> None:
    assert ("warning", "response-questionnaire-unknown", "QuestionnaireResponse") in told(response())
