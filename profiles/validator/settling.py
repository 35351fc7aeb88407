"""The end of a run: questions about codes are answered, and what is told twice is told once.

https://hl7.org/fhir/R4/operationoutcome.html
"""

from collections.abc import Callable, Sequence

from profiles.validator.binding import tell_answer
from profiles.validator.displays import displayed_so
from profiles.validator.run import Run
from terminology.code_check import CodeAnswer, CodeCheck
from terminology.issue import Issue

Ask = Callable[[Sequence[CodeCheck]], Sequence[CodeAnswer]]


def _softened(run: Run, answers: Sequence[CodeAnswer]) -> Sequence[CodeAnswer]:
    """A display is right, too, if a value set that binds gives it to the code."""
    wrong = [index for index, answer in enumerate(answers) if any(map(_is_display, answer.issues))]
    if not wrong:
        return answers
    right = displayed_so(run.owed, run.validator.definition)
    softened = list(answers)
    for index in wrong:
        value, answer = run.owed[index].check.value, answers[index]
        if not isinstance(value, str) and all(id(one) in right for one in value.get("coding", (value,))):
            issues = tuple(issue for issue in answer.issues if not _is_display(issue))
            softened[index] = CodeAnswer(answer.result, answer.message, issues)
    return softened


def _is_display(issue: Issue) -> bool:
    return issue.message_id == "code-display"


def settled(run: Run, ask: Ask) -> list[Issue]:
    owed = run.owed
    if owed:
        answers = _softened(run, ask([one.check for one in owed]))
        for one, answer in zip(owed, answers, strict=True):
            if answer.result is not True or answer.issues:
                tell_answer(one, answer, run)
        run.owed = []
    return list(dict.fromkeys(run.issues)) if len(run.issues) > 1 else run.issues
