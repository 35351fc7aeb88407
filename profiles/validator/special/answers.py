"""One answer of a QuestionnaireResponse, held against its question.

https://hl7.org/fhir/R4/questionnaireresponse.html#link
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from profiles.fhirpath import FhirPathError
from profiles.fhirpath.pattern import matches_full
from profiles.validator.context import Context
from profiles.validator.special.answer_units import units
from profiles.validator.special.extension import extended
from profiles.validator.special.limits import limits
from terminology.code_check import CodeCheck
from terminology.issue import Issue

Element = Mapping[str, Any]
_REGEX: Final = "http://hl7.org/fhir/StructureDefinition/regex"
_FORMAT: Final = "http://hl7.org/fhir/StructureDefinition/entryFormat"
_EXCLUSIVE: Final = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive"
_REFERENCED: Final = "http://hl7.org/fhir/StructureDefinition/questionnaire-referenceResource"
CHOICES: Final = frozenset(("choice", "open-choice"))
TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "boolean": ("boolean",),
    "decimal": ("decimal",),
    "integer": ("integer",),
    "date": ("date",),
    "dateTime": ("dateTime",),
    "time": ("time",),
    "string": ("string",),
    "text": ("string",),
    "url": ("uri",),
    "attachment": ("Attachment",),
    "reference": ("Reference",),
    "quantity": ("Quantity",),
    "choice": ("Coding", "date", "time", "integer", "string", "Reference"),
    "open-choice": ("Coding", "date", "time", "integer", "string", "Reference"),
}


class Answer(NamedTuple):
    """`at` leads from the response to the answer, `below` to its value."""

    type: str
    value: Any
    at: str

    @property
    def below(self) -> str:
        return f"{self.at}.value.ofType({self.type})"


def valued(element: Element, stem: str) -> tuple[str, Any] | None:
    """The type and the value of a choice: of `valueCoding`, `Coding`."""
    for name, value in element.items():
        if name.startswith(stem) and name[len(stem) : len(stem) + 1].isupper():
            kind = name[len(stem) :]
            is_primitive = not isinstance(value, Mapping)
            return (kind[0].lower() + kind[1:] if is_primitive else kind), value
    return None


def answer_issues(question: Element, answer: Element, at: str, context: Context) -> Iterator[Issue]:
    """Everything that can be told of an answer by itself."""
    found = valued(answer, "value")
    if found is None:
        return
    given = Answer(*found, at)
    types = TYPES.get(question.get("type", ""), ())
    if types and given.type not in types:
        text = f"Answer value must be of the type {' or '.join(types)} not {given.type}"
        yield context.issue("error", "invariant", text, "answer-type", given.below)
        return
    if question.get("type", "") in CHOICES or "answerOption" in question or "answerValueSet" in question:
        yield from _options(question, given, context)
    for rule in (limits, units, _lines, _regex, _referenced):
        yield from rule(question, given, context)


def exclusive_issues(
    question: Element, answers: Sequence[Element], at: str, context: Context
) -> Iterator[Issue]:
    """An exclusive option stands alone."""
    if len(answers) < 2:
        return
    exclusive = [
        option
        for option in question.get("answerOption", ())
        if any(one.get("valueBoolean") for one in extended(option, _EXCLUSIVE))
    ]
    for index, answer in enumerate(answers):
        if exclusive and _chosen(exclusive, valued(answer, "value")):
            text = f"{_shown(valued(answer, 'value'))} is an exclusive option, so it must be alone"
            yield context.issue("error", "invariant", text, "answer-exclusive", f"{at}.answer[{index}]")


def _options(question: Element, given: Answer, context: Context) -> Iterator[Issue]:
    if "answerOption" in question:
        yield from _option(question, given, context)
    elif "answerValueSet" in question:
        yield from _member(question, given, context)
    elif question.get("type", "") in CHOICES and given.type in ("Coding", "string"):
        text = f"The {given.type} cannot be checked, because the question has neither options nor a value set"
        yield context.issue("information", "invariant", text, "answer-no-options", given.at)


def _option(question: Element, given: Answer, context: Context) -> Iterator[Issue]:
    options = [valued(option, "value") for option in question["answerOption"]]
    is_open = question.get("type", "") == "open-choice" and given.type == "string"
    if is_open or _chosen(question["answerOption"], (given.type, given.value)):
        return
    if not any(option and option[0] == given.type for option in options):
        text = f"Option list has no option values of type {given.type}"
        yield context.issue("error", "invariant", text, "answer-option-type", given.at)
        return
    below = given.at if given.type == "Coding" else given.below
    text = f"{_shown((given.type, given.value))} is not in the set of permitted values"
    yield context.issue("error", "invariant", text, "answer-option", below)


def _chosen(options: Sequence[Element], given: tuple[str, Any] | None) -> bool:
    return given is not None and any(_same(valued(option, "value"), given) for option in options)


def _same(option: tuple[str, Any] | None, given: tuple[str, Any]) -> bool:
    if option is None or option[0] != given[0]:
        return False
    if given[0] == "Coding":
        return all(option[1].get(name) == given[1].get(name) for name in ("system", "code"))
    if given[0] == "Reference":
        return bool(option[1].get("reference") == given[1].get("reference"))
    return bool(option[1] == given[1])


def _member(question: Element, given: Answer, context: Context) -> Iterator[Issue]:
    """A text may be meant as a choice of one's own only where the question is open."""
    value_set = question["answerValueSet"]
    if given.type == "Coding":
        yield from _coded(value_set, given, context)
    elif given.type == "string" and question.get("type", "") != "open-choice":
        (told,) = context.ask([CodeCheck("string", given.value, value_set, "required")])
        if told.result is False:
            text = f"The value {given.value!r} is not in the list of allowed values (value set {value_set!r})"
            yield context.issue("error", "invariant", text, "answer-value-set", given.below)


def _coded(value_set: str, given: Answer, context: Context) -> Iterator[Issue]:
    if "system" not in given.value:
        text = (
            "Coding has no system. A code with no system has no defined meaning; a system should be provided"
        )
        yield context.issue("warning", "code-invalid", text, "coding-no-system", given.at)
        return
    if not value_set.startswith("#") and context.definition(value_set) is None:
        text = f"ValueSet {value_set!r} not found"
        yield context.issue("warning", "code-invalid", text, "answer-value-set-unknown", given.at)
        return
    (told,) = context.ask([CodeCheck("Coding", given.value, value_set, "required")])
    if told.result is False or any(issue.severity == "error" for issue in told.issues):
        text = f"{_shown((given.type, given.value))} is not in the options value set of the question"
        yield context.issue("error", "code-invalid", text, "answer-value-set", given.at)
    elif context.options.displays == "error" and _is_misnamed(given, context):
        text = f"{_shown((given.type, given.value))} is in the value set of the question by another display"
        yield context.issue("error", "code-invalid", text, "answer-display", given.at)


def _is_misnamed(given: Answer, context: Context) -> bool:
    (told,) = context.ask([CodeCheck("Coding", given.value)])
    return any(issue.message_id == "code-display" for issue in told.issues)


def _regex(question: Element, given: Answer, context: Context) -> Iterator[Issue]:
    for extension in extended(question, _REGEX):
        pattern = extension.get("valueString", "")
        try:
            conforms = not isinstance(given.value, str) or matches_full(given.value, pattern)
        except FhirPathError:
            continue
        if not conforms:
            form = next((one.get("valueString", "") for one in extended(question, _FORMAT)), "")
            text = f"The answer does not conform to the expected format {form!r} (regex {pattern!r})"
            yield context.issue("error", "invariant", text, "answer-regex", given.below)


def _lines(question: Element, given: Answer, context: Context) -> Iterator[Issue]:
    """A text may have several lines, a string has one."""
    if question.get("type", "") == "string" and isinstance(given.value, str) and "\n" in given.value.strip():
        text = "The answer to a question of type string has one line; of type text it may have several"
        yield context.issue("error", "invariant", text, "answer-lines", given.below)


def _referenced(question: Element, given: Answer, context: Context) -> Iterator[Issue]:
    """What type a literal reference says that it leads to."""
    reference = given.value.get("reference", "") if given.type == "Reference" else ""
    if any(one.isspace() for one in reference):
        text = f"The reference {reference!r} is not a valid reference"
        yield context.issue("error", "invalid", text, "answer-reference", given.below)
    parts = reference.partition("/_history/")[0].split("/")
    if reference.startswith(("#", "urn:")) or len(parts) < 2:
        return
    allowed = {one.get("valueCode") for one in extended(question, _REFERENCED)}
    known = allowed or context.run.validator.definitions.resource_types
    if parts[-2] not in known:
        text = f"The resource type {parts[-2]} in the reference {reference} is not valid"
        yield context.issue("error", "invariant", text, "answer-reference-type", given.below)


def _shown(given: tuple[str, Any] | None) -> str:
    kind: str
    value: Any
    kind, value = given or ("", "")
    if kind == "Coding":
        return f"The code {value.get('system', '')}#{value.get('code', '')}"
    return f"The {kind} {value}"


AnswerRule = Callable[[Element, Answer, Context], Iterator[Issue]]
