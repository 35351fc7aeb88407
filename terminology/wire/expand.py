"""An expansion as an R4 ValueSet; what only later versions have stands in their extensions.

https://hl7.org/fhir/R4/valueset.html#expansion
"""

from collections.abc import Mapping
from typing import Any, Final

from terminology.designations import STANDARDS_STATUS, Designation
from terminology.expansion import Expansion
from terminology.members import Member

R5: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion."
_HEAD: Final = ("purpose", "compose", "description", "contact", "copyright", "publisher", "extension", "text")
_LEFT_OUT: Final = frozenset((*_HEAD, "contained", "id", "meta", "implicitRules"))
_KEPT: Final = frozenset(
    "http://hl7.org/fhir/StructureDefinition/" + name
    for name in ("coding-sctdescid", "rendering-style", "rendering-xhtml", "codesystem-alternate")
) | {STANDARDS_STATUS}


def value_set_of(expansion: Expansion, identifier: str, timestamp: str) -> dict[str, Any]:
    """`identifier` is a `urn:uuid:`, `timestamp` an instant."""
    definition = expansion.value_set.resource
    left_out = frozenset(("id", "meta", "text")) if expansion.options.include_definition else _LEFT_OUT
    made = {name: value for name, value in definition.items() if name not in left_out and name != "expansion"}
    made = {"resourceType": "ValueSet", **made}
    told: dict[str, Any] = {}
    extension = [*expansion.extension, *(_declared(*each) for each in expansion.properties.items())]
    if extension:
        told["extension"] = extension
    told |= {"identifier": identifier, "timestamp": timestamp}
    if expansion.total is not None:
        told["total"] = expansion.total
    if expansion.options.offset is not None:
        told["offset"] = expansion.options.offset
    if expansion.parameters:
        told["parameter"] = [{"name": name, kind: value} for name, kind, value in expansion.parameters]
    if expansion.contains:
        told["contains"] = [contained(each) for each in expansion.contains]
    return {**made, "expansion": told}


def _declared(code: str, uri: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"url": "code", "valueCode": code}]
    if uri:
        parts.append({"url": "uri", "valueUri": uri})
    return {"extension": parts, "url": R5 + "property"}


def contained(member: Member) -> dict[str, Any]:
    made: dict[str, Any] = {}
    extension = [*member.extension, *(_property(*each) for each in member.properties)]
    if extension:
        made["extension"] = extension
    said = {
        "system": member.system,
        "abstract": member.is_abstract,
        "inactive": member.is_inactive,
        "version": member.version,
        "code": member.code,
        "display": member.display,
    }
    made |= {name: value for name, value in said.items() if value}
    if member.designations:
        made["designation"] = [designation(each) for each in member.designations]
    if member.contains:
        made["contains"] = [contained(each) for each in member.contains]
    return made


def _property(code: str, kind: str, value: Any) -> dict[str, Any]:
    parts = [{"url": "code", "valueCode": code}, {"url": "value", kind: value}]
    return {"extension": parts, "url": R5 + "contains.property"}


def designation(given: Designation) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if extension := [each for each in given.extension if each.get("url") in _KEPT]:
        made["extension"] = extension
    if given.language:
        made["language"] = given.language
    if given.use:
        made["use"] = _plain(given.use)
    return {**made, "value": given.value}


def _plain(use: Mapping[str, Any]) -> dict[str, Any]:
    return dict(use)
