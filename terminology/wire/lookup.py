"""What is known of a concept as an R4 Parameters resource.

https://hl7.org/fhir/R4/codesystem-operation-lookup.html
"""

from typing import Any

from terminology.designations import Designation
from terminology.lookup import Lookup, Told


def parameters_of(lookup: Lookup) -> dict[str, Any]:
    header = lookup.system.header
    said = (
        ("name", "valueString", header.name or header.title or header.url),
        ("version", "valueString", header.version),
        ("display", "valueString", lookup.display),
        ("code", "valueCode", lookup.code),
        ("system", "valueUri", header.url),
        ("definition", "valueString", lookup.definition),
    )
    listed: list[dict[str, Any]] = [{"name": name, kind: value} for name, kind, value in said if value]
    listed.append({"name": "abstract", "valueBoolean": lookup.is_abstract})
    listed += [{"name": "designation", "part": _designation(each)} for each in lookup.designations]
    listed += [{"name": "property", "part": _property(each)} for each in lookup.properties]
    return {"resourceType": "Parameters", "parameter": listed}


def _designation(given: Designation) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if given.language:
        parts.append({"name": "language", "valueCode": given.language})
    if given.use:
        parts.append({"name": "use", "valueCoding": dict(given.use)})
    return [*parts, {"name": "value", "valueString": given.value}]


def _property(given: Told) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"name": "code", "valueCode": given.code}]
    parts.append({"name": "value", given.kind: given.value})
    if given.description:
        parts.append({"name": "description", "valueString": given.description})
    return parts
