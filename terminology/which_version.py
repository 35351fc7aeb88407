"""In which version of a code system a coding is looked for, and what to say when it names another one.

https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/
"""

from terminology.canonical import latest, matches
from terminology.checks import CodeOf
from terminology.code_system import CodeSystem
from terminology.issue import Severity
from terminology.reports import report_unknown
from terminology.scope import Scope
from terminology.texts import found
from terminology.trial import Trial, within
from terminology.value_set import Part, ValueSet


def picked(scope: Scope, value_set: ValueSet, coding: CodeOf) -> str:
    """Of several versions included, the newest that knows the code, when none is asked for."""
    versions = {p.version for p in value_set.included if p.system == coding.system and p.version}
    if coding.version or len(versions) < 2:
        return ""
    knowing = [version for version in versions if _knows(scope, coding, version)]
    if len(knowing) == len(versions):
        return ""
    return latest(knowing or versions)


def newest_of(value_set: ValueSet, system: str) -> str:
    """The newest version of a system that the value set names."""
    return latest(p.version for p in value_set.included if p.system == system and p.version)


def _knows(scope: Scope, coding: CodeOf, version: str) -> bool:
    system = scope.code_system(coding.system, version)
    number = system.number(coding.code) if system else None
    if system is None or number is None:
        return False
    return not coding.display or any(e.value == coding.display for e in system.designations(number))


def determined(scope: Scope, trial: Trial, path: str, part: Part, coding: CodeOf) -> str:
    """The version to look in; says so where it is not the one that the coding names."""
    wanted = scope.chosen(part.system, part.version)
    if not coding.version:
        return wanted
    if wanted and wanted != coding.version and matches(wanted, coding.version):
        wanted = coding.version
    known = scope.library.versions("CodeSystem", part.system)
    if not wanted and any(matches(coding.version, each) for each in known):
        wanted = coding.version
    system = scope.code_system(part.system, wanted)
    if system is not None and not matches(coding.version, system.version):
        _mismatch(scope, trial, path, part, coding, wanted, system)
    elif system is None and wanted != coding.version:
        named = {"system": part.system, "version": wanted, "asked": coding.version}
        at = within(path, "version")
        trial.add(found("error", "invalid", "vs-invalid", "VALUESET_VALUE_MISMATCH", at, **named))
    return wanted


def _mismatch(
    scope: Scope, trial: Trial, path: str, part: Part, coding: CodeOf, wanted: str, system: CodeSystem
) -> None:
    named = {"system": part.system, "asked": coding.version, "included": part.version, "version": wanted}
    is_default = not wanted
    if is_default:
        id_, named["version"] = "VALUESET_VALUE_MISMATCH_DEFAULT", system.version
    else:
        id_ = "VALUESET_VALUE_MISMATCH" if wanted == part.version else "VALUESET_VALUE_MISMATCH_CHANGED"
    severity: Severity = "warning" if is_default else "error"
    issue = found(severity, "invalid", "vs-invalid", id_, within(path, "version"), **named)
    trial.add(issue, tell=not is_default)
    if scope.plain(part.system, coding.version) is None:
        report_unknown(scope, trial, within(path, "system"), part.system, coding.version)
