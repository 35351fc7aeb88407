"""What is said of code systems and codes that are not known, and of definitions that are not quite ready.

https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/
"""

from collections.abc import Mapping
from typing import Any, Final

from terminology.canonical import listed
from terminology.checks import TxIssue
from terminology.code_system import CodeSystem, Header
from terminology.scope import Scope
from terminology.status import warning_of
from terminology.texts import found
from terminology.trial import Trial
from terminology.value_set import ValueSet

_LEVELS: Final = {
    "deprecated": "MSG_DEPRECATED",
    "withdrawn": "MSG_WITHDRAWN",
    "retired": "MSG_RETIRED",
    "experimental": "MSG_EXPERIMENTAL",
    "draft": "MSG_DRAFT",
}


def report_unknown(scope: Scope, trial: Trial, path: str, system: str, version: str) -> None:
    """That a code system is not known, or is not one at all."""
    trial.unknown[system] = None
    if scope.library.find("ValueSet", system):
        id_ = "Terminology_TX_System_ValueSet2"
        trial.add(found("error", "invalid", "invalid-data", id_, path, system=system))
        return
    plain = scope.plain(system, version)
    if plain is not None and plain.header.content == "supplement":
        id_, named = "CODESYSTEM_CS_NO_SUPPLEMENT", {"system": plain.header.canonical}
        trial.add(found("error", "invalid", "invalid-data", id_, path, **named))
        return
    del trial.unknown[system]
    _report_version(scope, trial, path, system, version)


def _report_version(scope: Scope, trial: Trial, path: str, system: str, version: str) -> None:
    known = scope.library.versions("CodeSystem", system)
    name, id_ = system, "UNKNOWN_CODESYSTEM"
    if version:
        id_ = "UNKNOWN_CODESYSTEM_VERSION" if known else "UNKNOWN_CODESYSTEM_VERSION_NONE"
        name = f"{system}|{version}" if known else system
    named = {"system": system, "version": version, "known": listed(known)}
    issue = found("error", "not-found", "not-found", id_, path, **named)
    if name not in trial.unknown or not version:
        trial.add(issue)
    trial.tell(issue.text)
    trial.unknown[name] = None


def warn(
    trial: Trial, value_set: ValueSet, path: str, used: Header | Mapping[str, Any], kind: str, canonical: str
) -> None:
    """That something stands on what is deprecated, or only a draft."""
    warning = warning_of(used, value_set.resource)
    if warning and (warning not in ("experimental", "draft") or not value_set.is_internal):
        issue = found(
            "information",
            "business-rule",
            "status-check",
            _LEVELS[warning],
            kind=kind,
            canonical=canonical,
        )
        trial.add(issue, tell=False)


def unknown_code(path: str, code: str, system: CodeSystem) -> TxIssue:
    named = {"code": code, "system": system.url, "version": system.version}
    if not system.is_complete:
        return found("warning", "code-invalid", "invalid-code", "UNKNOWN_CODE_IN_FRAGMENT", path, **named)
    id_ = "Unknown_Code_in_Version" if system.version else "Unknown_Code_in"
    return found("error", "code-invalid", "invalid-code", id_, path, **named)
