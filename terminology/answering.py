"""Our library as the port that a validator asks: most checks are a look-up in a dictionary and a bitmap.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyroaring import FrozenBitMap

from terminology.algebra import runs_of
from terminology.canonical import split
from terminology.checks import Answer, Check, CodeOf, TxIssue
from terminology.code_system import CodeSystem
from terminology.compile_code_system import UnusableDefinition
from terminology.designations import has_display
from terminology.library import Library
from terminology.options import Options
from terminology.scope import Scope
from terminology.status import warning_of
from terminology.texts import Refusal, found
from terminology.validation import Validation, validate
from terminology.value_set import ValueSet, whole_system


@dataclass(frozen=True, slots=True)
class _Known:
    """The members of one code system of which nothing else is to be said; `number` is that of a code.
    `value_set` and `url` are how it was asked for."""

    value_set: str
    url: str
    system: CodeSystem
    good: FrozenBitMap
    number: Callable[[str], int | None]
    displays: Sequence[str]


class LibraryChecks:
    """Answers by one library, which must not change meanwhile; `options` hold for every check."""

    def __init__(self, library: Library, options: Options | None = None) -> None:
        self.library, self.options = library, options or Options()
        self._known: dict[tuple[str, str], _Known | None] = {}
        self._last: _Known | None = None

    def check(self, checks: Sequence[Check]) -> list[Answer]:
        quick, full = self.quick, self._full
        return [quick(check) or full(check) for check in checks]

    def quick(self, check: Check) -> Answer | None:
        """For a single coding that is a member; None if more is to be looked at."""
        codings = check.codings
        if len(codings) != 1:
            return None
        coding = codings[0]
        system, shown = coding.system, coding.display
        known = self._last
        if known is None or known.url is not system or known.value_set is not check.value_set:
            known = self._last = self._learnt((check.value_set, system))
            if known is None:
                return None
        number = known.number(coding.code)
        if number is None or number not in known.good or coding.version:
            return None
        display = known.displays[number]
        if shown and shown != display and not self._calls(known.system, number, coding):
            return None
        return Answer(True, (), display, system)

    def _learnt(self, key: tuple[str, str]) -> _Known | None:
        if not key[1]:
            return None
        return self._known[key] if key in self._known else self._learn(*key)

    def _calls(self, system: CodeSystem, number: int, coding: CodeOf) -> bool:
        return has_display(system.designations(number), self.options.languages, "", coding.display)

    def _learn(self, value_set: str, system: str) -> _Known | None:
        try:
            found_ = self._members(value_set, system)
        except (Refusal, UnusableDefinition):
            found_ = None
        self._known[value_set, system] = found_
        return found_

    def _members(self, canonical: str, url: str) -> _Known | None:
        scope = Scope(self.library, self.options)
        value_set = self._value_set(scope, canonical) if canonical else whole_system(url, "")
        if value_set is None or value_set.supplements or value_set.parameters or self.options.languages:
            return None
        if value_set.resource.get("language"):
            return None
        used: list[str] = []
        runs = [
            run for run in runs_of(scope, value_set, lambda _, of: used.append(of)) if run.system.url == url
        ]
        if len(runs) != 1 or runs[0].references or not runs[0].system.is_complete:
            return None
        if warning_of(runs[0].system.header, value_set.resource) or self._is_warned(value_set, used):
            return None
        system, numbers = runs[0].system, runs[0].numbers
        if not self.options.abstract_ok:
            numbers = numbers - system.abstract
        good = FrozenBitMap(numbers - system.troubled)
        return _Known(canonical, url, system, good, system.numbers.get, system.displays)

    def _is_warned(self, value_set: ValueSet, used: Sequence[str]) -> bool:
        """Whether there is something to say of the value sets that it includes."""
        found_ = (self.library.value_set(*split(canonical)) for canonical in used)
        return any(each and warning_of(each.resource, value_set.resource) for each in found_)

    def version(self, value_set: str, system: str) -> str:
        """Of the code system by which `check` answers quickly."""
        known = self._known.get((value_set, system))
        return known.system.version if known else ""

    def _value_set(self, scope: Scope, canonical: str) -> ValueSet | None:
        return scope.value_set(canonical)

    def _full(self, check: Check) -> Answer:
        try:
            return self._answered(check)
        except Refusal as refusal:
            return Answer(None, refusal.issues)
        except UnusableDefinition as error:
            return Answer(None, (TxIssue("error", "invalid", "", "", str(error)),))

    def _answered(self, check: Check) -> Answer:
        scope = Scope(self.library, self.options)
        if check.value_set:
            value_set = self._value_set(scope, check.value_set)
            if value_set is None:
                name = scope.pinned(check.value_set)
                id_ = "Unable_to_resolve_value_Set_"
                issue = found("warning", "not-found", "not-found", id_, value_set=name)
                return Answer(None, (issue,))
            return _told(validate(scope, value_set, check.kind, check.codings))
        return self._in_systems(check)

    def _in_systems(self, check: Check) -> Answer:
        """Each coding against its own code system."""
        answers = []
        for coding in check.codings:
            url, version = split(coding.system)
            whole = whole_system(url, coding.version or version)
            validation = validate(Scope(self.library, self.options), whole, "Coding", (coding,))
            answers.append(_told(validation))
        if len(answers) == 1:
            return answers[0]
        results = {each.result for each in answers}
        result = False if False in results else None if None in results or not results else True
        issues = tuple(issue for each in answers for issue in each.issues)
        return Answer(result, issues, answers[0].display if answers else "")


def _told(validation: Validation) -> Answer:
    result = None if validation.decided is None else validation.result
    return Answer(result, validation.issues, validation.display, validation.system)
