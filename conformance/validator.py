"""Judges a validator by what the Java validator tells of HL7's cases.

A case passes if at each of its steps both say the same: valid, or errors. How far the issues themselves agree
is counted beside that. https://github.com/FHIR/fhir-test-cases/tree/master/validator
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.report import Report, Verdict, beside_baseline, totals_of
from conformance.validator_cases import OFFLINE, RECORDED, SPECIAL, Case, Step
from conformance.validator_outcome import Compared, Found, compared

Validate = Callable[[Case, Step], Sequence[Found]]
CLASSES: Final = (OFFLINE, RECORDED)


@dataclass(frozen=True, slots=True)
class Judged:
    """A step of a case: what both found, and how that compares."""

    case: Case
    step: Step
    found: tuple[Found, ...]
    issues: Compared
    crash: str = ""

    @property
    def name(self) -> str:
        return f"{self.case.name}/{self.step.name}"

    @property
    def errors(self) -> int:
        return sum(one.is_error for one in self.found)

    @property
    def is_same(self) -> bool:
        return not self.crash and bool(self.errors) == bool(self.step.errors)

    @property
    def told(self) -> str:
        """What comes of the step in words, the first differences with it."""
        if self.crash:
            return self.crash
        told = f"{self.step.name}: {self.errors} errors, Java {self.step.errors}"
        shown = [*(f"- {one}" for one in self.issues.missing), *(f"+ {one}" for one in self.issues.extra)]
        return "; ".join([told, *(text[:240] for text in shown[:4])])


@dataclass(frozen=True, slots=True)
class ValidatorReport(Report):
    """`floor` says of each known step how many of Java's errors were not told, and how many of ours are
    not Java's: there may be fewer, never more."""

    judged: tuple[Judged, ...] = field(default=(), repr=False)
    floor: Mapping[str, Sequence[int]] = field(default_factory=dict, repr=False)

    @property
    def unexpected(self) -> list[str]:
        """Verdicts beside the baseline, and steps whose issues agree less than they did."""
        worse = [f"{one.name}: more issues differ" for one in self.judged if _is_worse(one, self.floor)]
        return [*beside_baseline(self.verdicts, self.baseline), *worse]

    @property
    def totals(self) -> str:
        return "\n".join([*(_line(kind, self.judged) for kind in CLASSES), totals_of(self.verdicts)])

    def as_json(self) -> dict[str, Any]:
        agreement = {kind: agreement_of(kind, self.judged) for kind in CLASSES}
        steps = [_step(one) for one in self.judged]
        floor = {one.name: differing(one) for one in self.judged}
        return Report.as_json(self) | {"agreement": agreement, "floor": floor, "steps": steps}


def differing(one: Judged) -> list[int]:
    """Errors that Java alone tells, and those that we do."""
    return [len(one.issues.missing), len(one.issues.extra)]


def _is_worse(one: Judged, floor: Mapping[str, Sequence[int]]) -> bool:
    known = floor.get(one.name)
    return known is not None and any(now > then for now, then in zip(differing(one), known, strict=True))


def judge(
    suite: Sequence[Case],
    validate: Validate,
    baseline: Mapping[str, str],
    floor: Mapping[str, Sequence[int]] | None = None,
) -> ValidatorReport:
    judged: list[Judged] = []
    verdicts = []
    for case in suite:
        if case.kind == SPECIAL or not case.steps:
            verdicts.append(Verdict(case.name, "skipped", _reason(case)))
            continue
        steps = [_judged(case, step, validate) for step in case.steps]
        judged += steps
        told = " | ".join(step.told for step in steps)
        verdicts.append(Verdict(case.name, "passed" if all(s.is_same for s in steps) else "failed", told))
    return ValidatorReport(tuple(verdicts), baseline, tuple(judged), floor or {})


def agreement_of(kind: str, judged: Sequence[Judged]) -> dict[str, int]:
    """Cases and their verdicts; steps with the same count of errors; errors that both tell, or one alone."""
    steps = [one for one in judged if one.case.kind == kind]
    by_case: dict[str, list[Judged]] = defaultdict(list)
    for one in steps:
        by_case[one.case.name].append(one)
    return {
        "cases": len(by_case),
        "same verdict": sum(all(one.is_same for one in group) for group in by_case.values()),
        "steps": len(steps),
        "same count of errors": sum(not one.crash and one.errors == one.step.errors for one in steps),
        "errors of Java": sum(one.step.errors for one in steps),
        "errors both tell": sum(one.issues.both for one in steps),
        "errors ours alone": sum(len(one.issues.extra) for one in steps),
        "errors with the same line": sum(_same_lines(one) for one in steps),
    }


def _judged(case: Case, step: Step, validate: Validate) -> Judged:
    try:
        found = tuple(validate(case, step))
    except Exception as error:
        return Judged(case, step, (), compared(step.expected, ()), f"{type(error).__name__}: {error}")
    return Judged(case, step, found, compared(step.expected, found))


def _same_lines(one: Judged) -> int:
    """Errors that both tell at one line."""
    places = {(*found.key, found.line) for found in one.found if found.is_error and found.line}
    return sum((*each.key, each.line) in places for each in one.step.expected if each.is_error)


def _reason(case: Case) -> str:
    return (
        f"{SPECIAL}: {case.module}" if case.kind == SPECIAL else "the Java validator's outcome is not there"
    )


def _line(kind: str, judged: Sequence[Judged]) -> str:
    told = agreement_of(kind, judged)
    return f"{kind}: " + ", ".join(f"{name} {count}" for name, count in told.items())


def _step(one: Judged) -> dict[str, Any]:
    return {
        "name": one.name,
        "class": one.case.kind,
        "same": one.is_same,
        "java": [str(each) for each in one.step.expected],
        "ours": [str(each) for each in one.found],
        **({"crash": one.crash} if one.crash else {}),
    }
