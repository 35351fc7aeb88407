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


def test_how_often_a_question_is_answered() -> None:
    few = question(
        "a", "string", repeats=True, extension=[extension("questionnaire-minOccurs", valueInteger=2)]
    )
    many = question(
        "b", "group", repeats=True, extension=[extension("questionnaire-maxOccurs", valueInteger=1)]
    )
    many["item"] = [question("c", "string")]
    answer = {"valueString": "x"}
    inner = [item("c", answer)]
    given = response(item("a", answer), item("b", item=inner), item("b", item=inner))
    assert ids(given, few, many) == [
        ("response-min-occurs", ".item[0]"),
        ("response-max-occurs", ".item[2]"),
    ]
    assert ids(response(item("a", answer, answer), item("b", item=inner)), few, many) == []


def test_a_group_that_does_not_repeat_stands_once() -> None:
    asked = question("g", "group", item=[question("c", "string")])
    inner = [item("c", {"valueString": "x"})]
    given = response(item("g", item=inner), item("g", item=inner))
    assert ids(given, asked) == [("response-repeats", ".item[1]")]


def test_a_group_that_is_not_enabled_has_no_items() -> None:
    when = {"question": "a", "operator": "=", "answerBoolean": True}
    asked = [
        question("a", "boolean"),
        question("g", "group", enableWhen=[when], item=[question("c", "string")]),
    ]
    given = response(item("a", {"valueBoolean": False}), item("g", item=[item("c", {"valueString": "x"})]))
    assert ids(given, *asked) == [("response-not-enabled", ".item[1]")]


def test_an_answer_that_cannot_be_read_is_not_told_to_be_missing() -> None:
    given = response(item("a", {"valueCode": "x"}))
    assert [name for name, _ in ids(given, question("a", "string", required=True))] == ["structure"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"code": "kg"}, 0), ({"code": "g"}, 1), ({"unit": "kilos"}, 1)],
)
def test_quantities_are_in_the_units_of_the_question(value: dict[str, Any], expected: int) -> None:
    option = extension(
        "questionnaire-unitOption", valueCoding={"system": "http://unitsofmeasure.org", "code": "kg"}
    )
    system = {"system": "http://unitsofmeasure.org"} if "code" in value else {}
    given = response(item("a", {"valueQuantity": {"value": 1, **system, **value}}))
    told = ids(given, question("a", "quantity", extension=[option]))
    assert told == [("answer-unit", ".item[0].answer[0].value.ofType(Quantity)")] * expected


def test_a_string_has_one_line_and_a_reference_no_space() -> None:
    asked = question("a", "string"), question("b", "text"), question("c", "reference")
    given = response(
        item("a", {"valueString": "x\ny"}),
        item("b", {"valueString": "x\ny"}),
        item("c", {"valueReference": {"reference": "Pat ient/1"}}),
    )
    names = [name for name, _ in ids(given, *asked) if name.startswith("answer-")]
    assert names[:2] == ["answer-lines", "answer-reference"]


@pytest.mark.parametrize("name", ["questionnaire-constraint", "targetConstraint"])
@pytest.mark.parametrize(("count", "expected"), [(1, []), (2, [("response-constraint", ".item[0]")])])
def test_a_question_s_constraint_is_asked_of_its_item(name: str, count: int, expected: list[Any]) -> None:
    parts = [
        {"url": "key", "valueId": "c-1"},
        {"url": "severity", "valueCode": "error"},
        {"url": "human", "valueString": "One alone"},
        {"url": "expression", "valueString": "answer.count() = 1"},
    ]
    if name == "targetConstraint":
        parts[3] = {"url": "expression", "valueExpression": {
            "language": "text/fhirpath", "expression": "answer.count() = 1"}}  # fmt: skip
    asked = question("a", "string", repeats=True, extension=[extension(name, extension=parts)])
    given = response(item("a", *[{"valueString": "x"}] * count))
    assert [one for one in ids(given, asked) if one[0] == "response-constraint"] == expected
