"""The properties of concepts that the standard itself defines, and those that a code system does.

https://hl7.org/fhir/R4/codesystem-concept-properties.html
"""

from collections.abc import Mapping
from typing import Any, Final

BASE: Final = "http://hl7.org/fhir/concept-properties#"
STANDARD: Final[Mapping[str, str]] = {
    "inactive": "boolean",
    "deprecated": "dateTime",
    "deprecationDate": "dateTime",
    "notSelectable": "boolean",
    "parent": "code",
    "child": "code",
    "partOf": "code",
    "synonym": "code",
    "comment": "string",
    "itemWeight": "decimal",
    "status": "code",
    "effectiveDate": "dateTime",
    "retirementDate": "dateTime",
    "label": "string",
    "order": "integer",
}
# What every code system is asked by, whether it has such a property or not.
_ALWAYS: Final[Mapping[str, str]] = {
    "concept": "code",
    "code": "code",
    "display": "string",
    "definition": "string",
}


def property_type(system: Mapping[str, Any] | None, name: str) -> str | None:
    """Of a property or filter of a code system by its code; None if there is none."""
    for declared in (system or {}).get("property", ()):
        if declared.get("code") == name:
            return str(declared.get("type"))
    if any(declared.get("code") == name for declared in (system or {}).get("filter", ())):
        return "filter"
    return _ALWAYS.get(name) or STANDARD.get(name)


def operators_of(system: Mapping[str, Any] | None, name: str) -> tuple[str, ...]:
    """Those that a code system allows with a filter of its own; none where it has no such filter, or a
    property of that name, which may be asked for otherwise."""
    given = system or {}
    if any(one.get("code") == name for one in given.get("property", ())):
        return ()
    return tuple(
        operator
        for one in given.get("filter", ())
        if one.get("code") == name
        for operator in one.get("operator", ())
    )
