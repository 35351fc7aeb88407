"""What is compared of a response: without narrative and meta, in R5's form, messages in their order.

https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/r4.html
"""

from typing import Any, Final

R5: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion."
Resource = dict[str, Any]


def as_r5(resource: Resource) -> Resource:
    made = {name: value for name, value in resource.items() if name not in ("text", "meta")}
    if made.get("resourceType") == "ValueSet" and "expansion" in made:
        made["expansion"] = _expansion(made["expansion"])
    if made.get("resourceType") == "Parameters":
        made["parameter"] = [_parameter(each) for each in made.get("parameter", ())]
    return made


def _parameter(given: Resource) -> Resource:
    if isinstance(given.get("resource"), dict):
        return {**given, "resource": as_r5(given["resource"])}
    if given.get("name") == "message" and "; " in given.get("valueString", ""):
        return {**given, "valueString": in_order(given["valueString"])}
    return given


def in_order(message: str) -> str:
    return "; ".join(sorted(message.split("; ")))


def _expansion(given: Resource) -> Resource:
    made = _properties(given, "property")
    if "contains" in made:
        made["contains"] = [_contains(each) for each in made["contains"]]
    return made


def _contains(given: Resource) -> Resource:
    made = _properties(given, "contains.property")
    if "contains" in made:
        made["contains"] = [_contains(each) for each in made["contains"]]
    return made


def _properties(given: Resource, name: str) -> Resource:
    """R5's `property`, out of the extensions that stand for it."""
    made = dict(given)
    extensions = made.pop("extension", [])
    of_r5 = [each for each in extensions if each.get("url") == R5 + name]
    others = [each for each in extensions if each.get("url") != R5 + name]
    if of_r5:
        made["property"] = [*made.get("property", ()), *(_parts(each["extension"]) for each in of_r5)]
    if others:
        made["extension"] = others
    return made


def _parts(extension: list[Resource]) -> Resource:
    made: Resource = {}
    for part in extension:
        kind = next(name for name in part if name.startswith("value"))
        made[kind if part["url"] == "value" else part["url"]] = part[kind]
    return made
