"""A Questionnaire's questions: what they depend on, and how they begin.

https://hl7.org/fhir/R4/questionnaire.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from profiles.validator.context import Context
from profiles.validator.special.answers import TYPES, valued
from terminology.issue import Issue

Element = Mapping[str, Any]
_EXISTS: Final = "exists"


class _Asked(NamedTuple):
    question: Element
    at: str
    number: int


def questionnaire(value: Element, context: Context) -> Iterator[Issue]:
    yield from _derived(value, context)
    asked = list(_questions(value, ""))
    by_link: dict[str, _Asked] = {}
    for number, (question, at) in enumerate(asked):
        by_link.setdefault(question.get("linkId", ""), _Asked(question, at, number))
    for number, (question, at) in enumerate(asked):
        yield from _conditions(question, at, number, by_link, context)
        yield from _values(question, at, context)


def _questions(holder: Element, at: str) -> Iterator[tuple[Element, str]]:
    for index, question in enumerate(holder.get("item", ())):
        below = f"{at}.item[{index}]"
        yield question, below
        yield from _questions(question, below)


def _derived(value: Element, context: Context) -> Iterator[Issue]:
    for index, canonical in enumerate(value.get("derivedFrom", ())):
        if context.definition(canonical) is None:
            text = f"The questionnaire {canonical!r} referred to in the derivation could not be found"
            at = f".derivedFrom[{index}]"
            yield context.issue("warning", "business-rule", text, "questionnaire-derived-from", at)


def _conditions(
    question: Element, at: str, number: int, by_link: Mapping[str, _Asked], context: Context
) -> Iterator[Issue]:
    for index, condition in enumerate(question.get("enableWhen", ())):
        target = by_link.get(condition.get("question", ""))
        below = f"{at}.enableWhen[{index}]"
        if target is None:
            text = f"There is no question {condition.get('question')!r} to depend on"
            yield context.issue("error", "business-rule", text, "questionnaire-enable-when", below)
        elif target.number == number:
            text = "A question cannot depend on its own answer"
            yield context.issue("error", "business-rule", text, "questionnaire-enable-when", below)
        else:
            if target.number > number:
                text = f"The question {condition.get('question')!r} that this depends on comes later"
                yield context.issue(
                    "warning", "business-rule", text, "questionnaire-enable-when-order", below
                )
            yield from _comparable(condition, target.question, below, context)


def _comparable(condition: Element, target: Element, at: str, context: Context) -> Iterator[Issue]:
    """What is compared with is of a type that the answer may have."""
    given, types = valued(condition, "answer"), TYPES.get(target.get("type", ""), ())
    if condition.get("operator") == _EXISTS or given is None or not types or given[0] in types:
        return
    text = f"The answer to {target.get('linkId')!r} is {' or '.join(types)}, and never {given[0]}"
    yield context.issue("error", "business-rule", text, "questionnaire-enable-when-type", at)


def _values(question: Element, at: str, context: Context) -> Iterator[Issue]:
    """Options and initial values are answers to the question."""
    types = TYPES.get(question.get("type", ""), ())
    for name in ("answerOption", "initial"):
        for index, one in enumerate(question.get(name, ())):
            given = valued(one, "value")
            if types and given is not None and given[0] not in types:
                text = f"Answers to this question are {' or '.join(types)}, not {given[0]}"
                below = f"{at}.{name}[{index}]"
                yield context.issue("error", "business-rule", text, f"questionnaire-{name.lower()}", below)
