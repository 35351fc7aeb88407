"""Whether one coding is in a value set, by its rules and without expanding it, with every reason why not.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from terminology.algebra import filtered
from terminology.checks import CodeOf
from terminology.code_system import CodeSystem
from terminology.designations import STANDARDS_STATUS, Designation
from terminology.infer import inferred_systems
from terminology.reports import report_unknown, unknown_code, warn
from terminology.scope import Scope
from terminology.texts import Refusal, found
from terminology.trial import Hit, Result, Status, Trial, within
from terminology.value_set import Part, Reference, ValueSet
from terminology.which_version import determined, picked

DEPRECATED_HERE = "http://hl7.org/fhir/StructureDefinition/valueset-deprecated"


@dataclass(slots=True)
class Membership:
    """Asked of one value set, and of those that it includes."""

    scope: Scope
    trial: Trial
    value_set: ValueSet

    def holds(self, path: str, coding: CodeOf, hit: Hit) -> Result:
        """Raises Refusal for rules that are cyclic or make no sense."""
        if not coding.system and not (self.trial.options.infer_system and path == ""):
            issue = found("warning", "invalid", "invalid-data", "Coding_has_no_system__cannot_validate", path)
            self.trial.add(issue)
            return False
        if not coding.system:
            coding = self._inferred(coding, hit)
            if not coding.system:
                return False
        with self.scope.entered(self.value_set):
            if not self.value_set.included and "expansion" in self.value_set.resource:
                return self._expanded(path, coding, hit)
            result = self._included(path, coding, hit)
            if result and (self._excluded(path, coding) or self._is_inactive(path, coding, hit)):
                return False
            return result

    def _is_inactive(self, path: str, coding: CodeOf, hit: Hit) -> bool:
        """What an included value set takes may be inactive, and then not be for this one."""
        if hit.system is None or hit.number is None:
            return False
        return not self._allowed(path, coding, hit.system, hit.number)

    def _inferred(self, coding: CodeOf, hit: Hit) -> CodeOf:
        systems = inferred_systems(self.scope, self.value_set, coding.code)
        if len(systems) == 1:
            hit.inferred = systems[0]
            return CodeOf(systems[0], coding.code, coding.version, coding.display)
        id_ = (
            "Unable_to_resolve_system__value_set_has_multiple_matches"
            if systems
            else "UNABLE_TO_INFER_CODESYSTEM"
        )
        named = {"code": coding.code, "value_set": self.value_set.name, "systems": ",".join(systems)}
        self.trial.add(found("error", "not-found", "cannot-infer", id_, "code", **named))
        return coding

    def _included(self, path: str, coding: CodeOf, hit: Hit) -> Result:
        result: Result = False
        only = picked(self.scope, self.value_set, coding)
        before = self.trial.mark()
        for part in self.value_set.newest_first:
            here = self.trial.mark()
            result = self._in_part(path, part, coding, hit, only)
            if result is True:
                self.trial.forget(before, here)
            if result is not False:
                break
        return result

    def _in_part(self, path: str, part: Part, coding: CodeOf, hit: Hit, only: str) -> Result:
        result: Result = True
        if part.system:
            applies = part.system == coding.system and only in ("", part.version)
            if applies and self._is_versions(part, coding.version):
                result = self._in_system(path, part, coding, hit)
            else:
                result = False
        for canonical in part.value_sets:
            other = self._other(canonical)
            warn(
                self.trial,
                self.value_set,
                path,
                other.value_set.resource,
                "ValueSet",
                other.value_set.canonical,
            )
            if result is True:
                result = other.holds(path, coding, hit)
        return result

    def _other(self, canonical: str) -> "Membership":
        other = self.scope.value_set(canonical, self.value_set)
        if other is None:
            name = self.scope.pinned(canonical)
            id_ = "Unable_to_resolve_value_Set_"
            raise Refusal(422, found("error", "not-found", "not-found", id_, value_set=name))
        return Membership(self.scope, self.trial, other)

    def _in_system(self, path: str, part: Part, coding: CodeOf, hit: Hit) -> Result:
        version = determined(self.scope, self.trial, path, part, coding)
        system = self.scope.code_system(part.system, version)
        if system is None:
            return self._unknown(path, coding.system, version)
        if issue := self.scope.forbidden(system, within(path, "version")):
            self.trial.add(issue)
        warn(self.trial, self.value_set, path, system.header, "CodeSystem", system.header.canonical)
        if not self._in_concepts(path, part, coding, system, hit):
            return False
        hit.version = system.version
        return True

    def _unknown(self, path: str, system: str, version: str) -> Result:
        if self.trial.options.membership_only:
            return False
        report_unknown(
            self.scope, self.trial, within(path, "system"), system, self.scope.chosen(system, version)
        )
        return None

    def _is_versions(self, part: Part, version: str) -> bool:
        """Where an include is of just the version that is asked for, the others do not count."""
        if not version or part.version == version:
            return True
        return not any(each.version == version for each in self.value_set.included)

    def _in_concepts(self, path: str, part: Part, coding: CodeOf, system: CodeSystem, hit: Hit) -> bool:
        number = system.number(coding.code)
        if part.is_whole:
            return self._in_whole(path, coding, system, number, hit)
        if part.concepts:
            return self._in_list(path, part, coding, system, number, hit)
        in_all = number is not None
        for n, each in enumerate(part.filters):
            chosen = filtered(self.value_set, part, system, each, n)
            in_all = in_all and number is not None and number in chosen
        if not in_all or number is None:
            return False
        self.know(hit, system, number)
        return self._allowed(path, coding, system, number)

    def know(self, hit: Hit, system: CodeSystem, number: int) -> None:
        hit.system, hit.number = system, number
        hit.names = system.designations(number)

    def _in_whole(self, path: str, coding: CodeOf, system: CodeSystem, number: int | None, hit: Hit) -> bool:
        if number is None:
            if self.trial.options.membership_only:
                return False
            self.trial.add(unknown_code(within(path, "code"), coding.code, system), tell=system.is_complete)
            return not system.is_complete
        self.normalise(path, coding.code, system, number)
        self.know(hit, system, number)
        return self._allowed(path, coding, system, number)

    def normalise(self, path: str, code: str, system: CodeSystem, number: int) -> None:
        if system.codes[number] != code:
            self.trial.normalised = system.codes[number]
            named = {"code": code, "right": system.codes[number], "system": system.header.canonical}
            at = within(path, "code")
            issue = found("information", "business-rule", "code-rule", "CODE_CASE_DIFFERENCE", at, **named)
            self.trial.add(issue, tell=False)

    def _allowed(self, path: str, coding: CodeOf, system: CodeSystem, number: int) -> bool:
        options = self.trial.options
        if number in system.abstract and not options.abstract_ok:
            if not options.membership_only:
                named = {"system": system.url, "code": coding.code}
                at = within(path, "code")
                self.trial.add(
                    found("error", "business-rule", "code-rule", "ABSTRACT_CODE_NOT_ALLOWED", at, **named)
                )
            return False
        if (self.value_set.excludes_inactive or options.active_only) and number in system.inactive:
            at, named = within(path, "code"), {"code": coding.code}
            self.trial.add(
                found("error", "business-rule", "code-rule", "STATUS_CODE_WARNING_CODE", at, **named)
            )
            self.trial.status = Status(system.status(number), True, path, coding.code)
            return False
        self.trial.see_status(system, number, path, coding.code)
        return True

    def _in_list(
        self, path: str, part: Part, coding: CodeOf, system: CodeSystem, number: int | None, hit: Hit
    ) -> bool:
        reference = next((each for each in part.concepts if self._same(system, each.code, coding.code)), None)
        if reference is None or number is None:
            return False
        self.know(hit, system, number)
        if reference.display:
            hit.names.append(Designation(reference.display))
        hit.names += reference.designations
        if not self._allowed(path, coding, system, number):
            return False
        self._remark(path, reference, system, coding.code)
        return True

    def _same(self, system: CodeSystem, listed_code: str, code: str) -> bool:
        return listed_code == code or (
            not system.header.is_case_sensitive and listed_code.lower() == code.lower()
        )

    def _remark(self, path: str, reference: Reference, system: CodeSystem, code: str) -> None:
        said = {each.get("url"): each for each in reference.extension}
        status = said.get(STANDARDS_STATUS, {}).get("valueCode", "")
        if status not in ("withdrawn", "deprecated"):
            status = "deprecated" if DEPRECATED_HERE in said else ""
        if status:
            named = {
                "system": system.url,
                "code": code,
                "status": status,
                "value_set": self.value_set.canonical,
            }
            at, id_ = within(path, "code"), "CONCEPT_DEPRECATED_IN_VALUESET"
            self.trial.add(found("warning", "business-rule", "code-comment", id_, at, **named), tell=False)

    def _excluded(self, path: str, coding: CodeOf) -> bool:
        return any(self._is_excluded(path, part, coding) for part in self.value_set.excluded)

    def _is_excluded(self, path: str, part: Part, coding: CodeOf) -> bool:
        quiet = Trial(self.trial.options)
        excluded: Result = True
        if part.system:
            system = self.scope.expandable(part.system, part.version)
            inside = Membership(self.scope, quiet, self.value_set)
            excluded = system.url == coding.system and inside._in_concepts(path, part, coding, system, Hit())
        for canonical in part.value_sets:
            other = Membership(self.scope, quiet, self._other(canonical).value_set)
            excluded = bool(excluded) and other.holds(path, coding, Hit()) is True
        return bool(excluded)

    def _expanded(self, path: str, coding: CodeOf, hit: Hit) -> Result:
        """A value set without rules: as it was expanded before."""
        if not _contains(self.value_set.resource["expansion"], coding):
            return False
        system = self.scope.code_system(coding.system, coding.version)
        number = system.number(coding.code) if system else None
        if system is None:
            return self._unknown(path, coding.system, coding.version)
        if number is None:
            self.trial.add(unknown_code(within(path, "code"), coding.code, system))
            return False
        self.know(hit, system, number)
        hit.version = system.version
        return self._allowed(path, coding, system, number)


def _contains(expansion: Mapping[str, Any], coding: CodeOf) -> bool:
    waiting = [expansion]
    while waiting:
        for each in waiting.pop().get("contains", ()):
            same = each.get("system") == coding.system and each.get("code") == coding.code
            if same and (not coding.version or each.get("version", coding.version) == coding.version):
                return True
            waiting.append(each)
    return False
