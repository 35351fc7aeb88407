"""`$validate-code`: a code, a Coding or a CodeableConcept against a value set, or a code system.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html and
https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
"""

from dataclasses import dataclass, replace
from typing import Final

from terminology.checks import CodeOf, Kind, TxIssue
from terminology.code_system import CodeSystem
from terminology.designations import preferred
from terminology.display_check import display_issue
from terminology.membership import Membership
from terminology.options import with_defaults
from terminology.prepare import prepare
from terminology.reports import report_unknown, unknown_code, warn
from terminology.scope import Scope
from terminology.texts import found
from terminology.trial import Hit, Result, Trial, within
from terminology.value_set import ValueSet
from terminology.which_version import newest_of

_UNKNOWN: Final = frozenset(
    ("UNKNOWN_CODESYSTEM", "UNKNOWN_CODESYSTEM_VERSION", "UNKNOWN_CODESYSTEM_VERSION_NONE")
)
_PATHS: Final = {"code": "", "Coding": "Coding", "CodeableConcept": "CodeableConcept"}


@dataclass(frozen=True, slots=True)
class Validation:
    """`result` None: a code system that would decide is not known. What it lacks is the empty string."""

    result: bool
    decided: Result
    issues: tuple[TxIssue, ...]
    message: str = ""
    system: str = ""
    code: str = ""
    version: str = ""
    display: str = ""
    normalised: str = ""
    is_inactive: bool = False
    status: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class _Told:
    """What is told of a coding: of the first that is in the value set, else of the first."""

    coding: CodeOf
    version: str = ""
    display: str = ""
    path: str = ""


def validate(scope: Scope, value_set: ValueSet, kind: Kind, codings: tuple[CodeOf, ...]) -> Validation:
    """Raises Refusal: the value set's own rules cannot be followed."""
    options = with_defaults(scope.options, value_set.parameters)
    if options.languages is None and value_set.resource.get("language"):
        options = with_defaults(options, [("displayLanguage", value_set.resource["language"])])
    if kind != "code" and options.infer_system:
        options = replace(options, infer_system=False)
    scope.options = options
    scope.require(value_set)
    missing = prepare(scope, value_set)
    if missing is not None:
        return Validation(False, None, (missing,), missing.text)
    scope.require_supplements()
    return _Validating(scope, value_set, kind, Trial(options)).of(codings)


@dataclass(slots=True)
class _Validating:
    scope: Scope
    value_set: ValueSet
    kind: Kind
    trial: Trial
    matched: _Told | None = None
    first: _Told | None = None
    inferred: str = ""

    def of(self, codings: tuple[CodeOf, ...]) -> Validation:
        asking = Membership(self.scope, self.trial, self.value_set)
        results: list[Result] = []
        for n, coding in enumerate(codings):
            path = f"CodeableConcept.coding[{n}]" if self.kind == "CodeableConcept" else _PATHS[self.kind]
            results.append(self._coding(asking, path, coding))
        result: Result = next((each for each in results if each), None if None in results else False)
        if result is True and self.kind == "CodeableConcept":
            self._soften(codings, results)
        if result is False:
            self._say_none(codings)
        return self._told(result)

    def _coding(self, asking: Membership, path: str, coding: CodeOf) -> Result:
        hit = Hit()
        result = asking.holds(path, coding, hit)
        self.inferred = hit.inferred or self.inferred
        told = _Told(replace(coding, system=hit.inferred or coding.system), hit.version, path=path)
        self.first = self.first or told
        if result is False and self.kind == "CodeableConcept" and not self.value_set.is_internal:
            self._say_not_this(path, told.coding)
        if result is True:
            self._matched(told, hit, path)
        elif not self.trial.options.membership_only and told.coding.system:
            self._look_up(told, path)
        return result

    def _matched(self, told: _Told, hit: Hit, path: str) -> None:
        system, coding = hit.system, told.coding
        if system is not None and coding.display and hit.names:
            self._check_display(hit, system, coding, path)
        told.display = self._display(hit)
        self.matched = self.matched or told

    def _check_display(self, hit: Hit, system: CodeSystem, coding: CodeOf, path: str) -> None:
        default = system.header.language
        issue = display_issue(self.trial.options, hit.names, default, coding, within(path, "display"))
        if issue is not None:
            self.trial.add(issue, tell=issue.message_id != "INACTIVE_DISPLAY_FOUND")

    def _display(self, hit: Hit) -> str:
        shown = preferred(hit.names, self.trial.options.languages) or preferred(hit.names, None)
        return shown.value if shown else ""

    def _look_up(self, told: _Told, path: str) -> None:
        """What there is to say of a code that is not in the value set."""
        coding = told.coding
        if ":" not in coding.system:
            at = within(path, "system")
            self.trial.add(found("error", "invalid", "invalid-data", "Terminology_TX_System_Relative", at))
        version = coding.version or newest_of(self.value_set, coding.system)
        system = self.scope.code_system(coding.system, version)
        if system is None:
            wanted = self.scope.chosen(coding.system, version)
            report_unknown(self.scope, self.trial, within(path, "system"), coding.system, wanted)
            return
        if issue := self.scope.forbidden(system, within(path, "version")):
            self.trial.add(issue)
        warn(self.trial, self.value_set, path, system.header, "CodeSystem", system.header.canonical)
        number = system.number(coding.code)
        if number is None:
            issue = unknown_code(within(path, "code"), coding.code, system)
            self.trial.add(issue, tell=system.is_complete)
            return
        hit = Hit(system, number, system.designations(number), system.version)
        if not self.trial.options.membership_only:
            self.trial.see_status(system, number, path, coding.code)
        if coding.display:
            self._check_display(hit, system, coding, path)
        told.version, told.display = system.version, self._display(hit)

    def _say_not_this(self, path: str, coding: CodeOf) -> None:
        id_ = "None_of_the_provided_codes_are_in_the_value_set_one"
        named = {"codes": _named(coding), "value_set": self.value_set.name}
        at = within(path, "code")
        issue = found("information", "code-invalid", "this-code-not-in-vs", id_, at, **named)
        self.trial.add(issue, tell=False)

    def _say_none(self, codings: tuple[CodeOf, ...]) -> None:
        if self.value_set.is_internal and self.trial.has_errors:
            return
        if self.kind == "CodeableConcept":
            id_, at = "TX_GENERAL_CC_ERROR_MESSAGE", ""
        else:
            id_, at = "None_of_the_provided_codes_are_in_the_value_set_one", within(_PATHS[self.kind], "code")
        system = self.inferred
        codes = ", ".join(_named(replace(each, system=each.system or system)) for each in codings)
        named = {"codes": codes, "value_set": self.value_set.name}
        self.trial.add(found("error", "code-invalid", "not-in-vs", id_, at, **named))

    def _soften(self, codings: tuple[CodeOf, ...], results: list[Result]) -> None:
        """What could not be looked up does not matter, where another coding is in the value set."""
        for n, coding in enumerate(codings):
            if not results[n]:
                named = {"system": f"{coding.system}|{coding.version}" if coding.version else coding.system}
                id_ = "UNKNOWN_CODESYSTEM_CODING_NOT_CHECKED"
                instead = found("warning", "not-found", "not-found", id_, **named)
                self.trial.soften(f"CodeableConcept.coding[{n}].system", _UNKNOWN, instead)

    def _told(self, result: Result) -> Validation:
        trial, told = self.trial, self.matched
        if told is None and self.kind != "CodeableConcept":
            told = self.first
        is_inactive, status = self._status(told)
        valid = result is True and not trial.has_errors
        coding = told.coding if told else CodeOf("", "")
        return Validation(
            valid,
            result,
            tuple(trial.issues),
            "; ".join(sorted(trial.messages)),
            coding.system,
            coding.code,
            (told.version or coding.version) if told else "",
            told.display if told else "",
            trial.normalised,
            is_inactive,
            status,
            tuple(trial.unknown),
        )

    def _status(self, told: _Told | None) -> tuple[bool, str]:
        """Whether the coding that is told of is inactive, and its status."""
        status = self.trial.status
        if status is None or (not status.is_inactive and status.value.lower() != "deprecated"):
            return False, ""
        if status.is_inactive:
            value = (
                status.value
                if status.value in ("inactive", "DISCOURAGED")
                else f"{status.value} and inactive"
            )
            id_, at = "INACTIVE_CONCEPT_FOUND", status.path or "code"
        else:
            value, id_, at = status.value, "DEPRECATED_CONCEPT_FOUND", status.path or "code"
        named = {"status": value, "code": status.code}
        self.trial.add(found("warning", "business-rule", "code-comment", id_, at, **named))
        if told is None or (self.kind == "CodeableConcept" and told.path != status.path):
            return False, ""
        return status.is_inactive, "" if status.value == "inactive" else status.value


def _named(coding: CodeOf) -> str:
    version = f"|{coding.version}" if coding.version else ""
    display = f" ('{coding.display}')" if coding.display else ""
    return f"'{coding.system}{version}#{coding.code}{display}'"
