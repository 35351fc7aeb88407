"""A validation as an R4 Parameters resource.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from typing import Any

from terminology.checks import Kind
from terminology.validation import Validation
from terminology.wire.outcome import outcome_of


def parameters_of(validation: Validation, kind: Kind, codeable_concept: Any = None) -> dict[str, Any]:
    """`codeable_concept` is repeated as it was sent."""
    listed: list[dict[str, Any]] = [{"name": "result", "valueBoolean": validation.result}]
    said = (
        ("system", "valueUri", validation.system),
        ("normalized-code", "valueCode", validation.normalised),
        ("code", "valueCode", validation.code),
        ("version", "valueString", validation.version),
        ("display", "valueString", validation.display if validation.code else ""),
        ("inactive", "valueBoolean", validation.is_inactive or None),
        ("status", "valueCode", validation.status),
        ("message", "valueString", validation.message),
    )
    listed += [{"name": name, kind_: value} for name, kind_, value in said if value]
    listed += [
        {"name": _unknown(validation), "valueCanonical": each}
        for each in validation.unknown
        if not validation.result
    ]
    if kind == "CodeableConcept":
        listed.append({"name": "codeableConcept", "valueCodeableConcept": codeable_concept})
    if validation.issues:
        listed.append({"name": "issues", "resource": outcome_of(validation.issues)})
    return {"resourceType": "Parameters", "parameter": listed}


def accepted(system: str, code: str, version: str, display: str) -> dict[str, Any]:
    """The same of a code of which only good is to be said."""
    listed: list[dict[str, Any]] = [
        {"name": "result", "valueBoolean": True},
        {"name": "system", "valueUri": system},
        {"name": "code", "valueCode": code},
    ]
    if version:
        listed.append({"name": "version", "valueString": version})
    if display:
        listed.append({"name": "display", "valueString": display})
    return {"resourceType": "Parameters", "parameter": listed}


def _unknown(validation: Validation) -> str:
    return "x-unknown-system" if validation.decided is False else "x-caused-by-unknown-system"
