"""The end of a run: questions about codes are answered, and what is told twice is told once.

https://hl7.org/fhir/R4/operationoutcome.html
"""

from collections.abc import Callable, Sequence

from profiles.validator.binding import tell_answer
from profiles.validator.run import Run
from terminology.code_check import CodeAnswer, CodeCheck
from terminology.issue import Issue

Ask = Callable[[Sequence[CodeCheck]], Sequence[CodeAnswer]]


def settled(run: Run, ask: Ask) -> list[Issue]:
    owed = run.owed
    if owed:
        answers = ask([one.check for one in owed])
        for one, answer in zip(owed, answers, strict=True):
            if answer.result is not True or answer.issues:
                tell_answer(one, answer, run)
        run.owed = []
    return list(dict.fromkeys(run.issues)) if len(run.issues) > 1 else run.issues
