"""A QuestionnaireResponse, held against its Questionnaire.

https://hl7.org/fhir/R4/questionnaireresponse.html#notes
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from profiles.validator.context import Context
from profiles.validator.special.answers import answer_issues, exclusive_issues
from profiles.validator.special.enabled import Enabling
from profiles.validator.special.occurrences import occurrence_issues
from profiles.validator.special.response_constraints import constraint_issues
from terminology.issue import Issue

Element = Mapping[str, Any]
_WITHOUT_ANSWERS: Final = frozenset(("group", "display", "question"))
_UNFINISHED: Final = "in-progress"


def questionnaire_response(response: Element, context: Context) -> Iterator[Issue]:
    canonical = response.get("questionnaire")
    if canonical is None:
        text = "No questionnaire is named, so the answers cannot be checked against it"
        yield context.issue("information", "required", text, "response-no-questionnaire")
        return
    found = _questionnaire(canonical, context)
    if found is None:
        yield from _no_questionnaire(canonical, context)
        text = f"The questionnaire {canonical!r} could not be resolved, so the answers are not checked"
        yield context.issue("warning", "required", text, "response-questionnaire-unknown")
        return
    yield from constraint_issues(found, response, "", context)
    yield from _Walk(response, found, context).items(found.get("item", ()), response, "", (response,))


def _no_questionnaire(canonical: str, context: Context) -> Iterator[Issue]:
    """The canonical is of something else."""
    other = None if canonical.startswith("#") else context.definition(canonical)
    if other is not None and other.get("resourceType") != "Questionnaire":
        text = f"{canonical!r} is a {other.get('resourceType')}, and a Questionnaire is expected"
        yield context.issue("error", "invalid", text, "response-questionnaire-type", ".questionnaire")


def _questionnaire(canonical: str, context: Context) -> Element | None:
    if canonical.startswith("#"):
        resolved = context.resolve(canonical)
        found: Element | None = resolved.resource if resolved else None
    else:
        found = context.definition(canonical)
    return found if found and found.get("resourceType") == "Questionnaire" else None


class _Walk:
    def __init__(self, response: Element, questionnaire: Element, context: Context) -> None:
        self._context = context
        self._enabling = Enabling(questionnaire, context)
        self._severity: Any = "warning" if response.get("status") == _UNFINISHED else "error"
        self._everywhere = {question.get("linkId", ""): question for question in _questions(questionnaire)}

    def items(
        self, questions: Sequence[Element], holder: Element, at: str, way: tuple[Element, ...]
    ) -> Iterator[Issue]:
        """Those below one element of the response."""
        places = {question.get("linkId", ""): index for index, question in enumerate(questions)}
        given: dict[str, list[tuple[Element, str]]] = {}
        last = -1
        for index, item in enumerate(holder.get("item", ())):
            place, below = places.get(item.get("linkId", "")), f"{at}.item[{index}]"
            if place is None:
                yield from self._elsewhere(item, at, below, way)
                continue
            if place < last:
                yield self._issue("error", "structure", "The items are out of order", "response-order", below)
            last = max(last, place)
            given.setdefault(item.get("linkId", ""), []).append((item, below))
        for question in questions:
            yield from self._question(question, given.get(question.get("linkId", ""), []), at, way)

    def _elsewhere(self, item: Element, at: str, below: str, way: tuple[Element, ...]) -> Iterator[Issue]:
        question = self._everywhere.get(item.get("linkId", ""))
        if question is None:
            text = f"LinkId {item.get('linkId')!r} not found in questionnaire"
            yield self._issue("error", "not-found", text, "response-link-id", at)
            return
        text = f"The item {item.get('linkId')!r} stands in the wrong place"
        yield self._issue("error", "structure", text, "response-place", below)
        yield from self._item(question, item, below, way)

    def _question(
        self, question: Element, given: Sequence[tuple[Element, str]], at: str, way: tuple[Element, ...]
    ) -> Iterator[Issue]:
        enabled = self._enabling.is_enabled(question, way)
        if not enabled:
            for item, below in given:
                if item.get("answer") or item.get("item"):
                    text = f"Item {question.get('linkId')!r} has an answer, although it is not enabled"
                    yield self._issue("error", "invalid", text, "response-not-enabled", below)
        if enabled and not given and question.get("required"):
            yield self._missing(question, at)
        if len(given) > 1 and not question.get("repeats"):
            text = f"Only one item may answer {question.get('linkId')!r}"
            yield self._issue("error", "invalid", text, "response-repeats", given[1][1])
        if question.get("type", "") == "group" and given:
            yield from occurrence_issues(question, len(given), given[-1][1], self._context)
        for item, below in given:
            yield from self._item(question, item, below, way, is_enabled=enabled)

    def _item(
        self, question: Element, item: Element, at: str, way: tuple[Element, ...], *, is_enabled: bool = True
    ) -> Iterator[Issue]:
        kind = question.get("type", "")
        answers = item.get("answer", ())
        yield from self._text(question, item, at)
        yield from constraint_issues(question, item, at, self._context)
        if kind in _WITHOUT_ANSWERS and answers:
            text = f"Items of type {kind!r} cannot have answers"
            yield self._issue("error", "structure", text, "response-answers", at)
        if kind == "group":
            yield from self._group(question, item, at, way)
            return
        if item.get("item"):
            text = f"Items that are no group have their items in the answer ({question.get('linkId')!r})"
            yield self._issue("error", "structure", text, "response-items", at)
        if kind in _WITHOUT_ANSWERS:
            return
        if is_enabled and question.get("required") and not answers and not self._is_unsound(at):
            yield self._missing(question, at)
        if len(answers) > 1 and not question.get("repeats"):
            text = f"Only one answer to {question.get('linkId')!r} is allowed"
            yield self._issue("error", "invalid", text, "response-one-answer", at)
        if answers:
            yield from occurrence_issues(question, len(answers), at, self._context)
        yield from exclusive_issues(question, answers, at, self._context)
        for index, answer in enumerate(answers):
            below = f"{at}.answer[{index}]"
            yield from answer_issues(question, answer, below, self._context)
            yield from self.items(question.get("item", ()), answer, below, (*way, item, answer))

    def _group(self, question: Element, item: Element, at: str, way: tuple[Element, ...]) -> Iterator[Issue]:
        if question.get("required") and not item.get("item"):
            text = "No sub-items found for required group"
            yield self._issue(self._severity, "invariant", text, "response-empty-group", at)
            return
        yield from self.items(question.get("item", ()), item, at, (*way, item))

    def _text(self, question: Element, item: Element, at: str) -> Iterator[Issue]:
        if "text" in item and "text" in question and item["text"] != question["text"]:
            text = f"If text exists, it must be that of the question {question.get('linkId')!r}"
            yield self._issue("error", "invalid", text, "response-text", at)

    def _is_unsound(self, at: str) -> bool:
        """Whether there was an answer, and it could not be read."""
        below = f"{self._context.expression}{at}.answer"
        return any(issue.expression.startswith(below) for issue in self._context.run.issues)

    def _missing(self, question: Element, at: str) -> Issue:
        text = f"No response answer found for required item {question.get('linkId')!r}"
        return self._issue(self._severity, "required", text, "response-missing", at)

    def _issue(self, severity: Any, code: str, text: str, message_id: str, below: str) -> Issue:
        return self._context.issue(severity, code, text, message_id, below)


def _questions(holder: Element) -> Iterator[Element]:
    for question in holder.get("item", ()):
        yield question
        yield from _questions(question)
