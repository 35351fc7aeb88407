"""`$find-matches` from its parameters to an R4 Parameters resource.

https://hl7.org/fhir/R4/codesystem-operation-find-matches.html
"""

from collections.abc import Sequence
from typing import Any

from terminology.checks import CodeOf
from terminology.code_system import CodeSystem
from terminology.designations import preferred
from terminology.find_matches import Found, Wanted, find_matches
from terminology.lookup import known_system
from terminology.options import Given, first, text
from terminology.scope import Scope
from terminology.wire.subject import refused


def matched(scope: Scope, given: Sequence[Given]) -> dict[str, Any]:
    """`compositional` has nothing to add: no concept here is put together of others."""
    if not text(given, "system"):
        raise refused(400, "required", "A code system is named by system", "system")
    system = known_system(scope, CodeOf(text(given, "system"), "", text(given, "version")))
    wanted = [_property(value) for name, value in given if name == "property"]
    if not wanted:
        raise refused(400, "required", "At least one property says what is looked for", "property")
    exact, _ = _truth(given, "exact"), _truth(given, "compositional")
    found = find_matches(system, wanted, exact=exact)
    told = [{"name": "match", "part": _match(scope, system, each)} for each in found]
    return {"resourceType": "Parameters", **({"parameter": told} if told else {})}


def _truth(given: Sequence[Given], name: str) -> bool:
    value = first(given, name)
    if value not in (None, True, False, "true", "false"):
        raise refused(400, "invalid", f"{name} is true or false", name)
    return value in (True, "true")


def _property(parts: Any) -> Wanted:
    listed = parts if isinstance(parts, list) else []
    said = {each.get("name"): each for each in listed if isinstance(each, dict)}
    if "subproperty" in said:
        text_ = "subproperty is not supported: properties here have none"
        raise refused(400, "not-supported", text_, "property")
    code, value = said.get("code", {}).get("valueCode"), said.get("value", {})
    kind = next((name for name in value if name.startswith("value")), "")
    if not isinstance(code, str) or not kind:
        raise refused(400, "invalid", "A property has the parts code and value", "property")
    return Wanted(code, kind, value[kind])


def _match(scope: Scope, system: CodeSystem, found: Found) -> list[dict[str, Any]]:
    names = system.designations(found.number)
    shown = preferred(names, scope.options.languages) or preferred(names, None)
    coding = {"system": system.url, "version": system.version, "code": system.codes[found.number]}
    coding |= {"display": shown.value} if shown else {}
    parts: list[dict[str, Any]] = [
        {"name": "code", "valueCoding": {name: value for name, value in coding.items() if value}}
    ]
    parts += [{"name": "unmatched", "part": _unmatched(each)} for each in found.unmatched]
    if found.comment:
        parts.append({"name": "comment", "valueString": found.comment})
    return parts


def _unmatched(wanted: Wanted) -> list[dict[str, Any]]:
    return [{"name": "code", "valueCode": wanted.code}, {"name": "value", wanted.kind: wanted.value}]
