"""Where the naive search reads each parameter: written by hand, element by element.

https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]
Values = Callable[[Resource], list[Any]]

BASE = "http://hub.example/fhir"


@dataclass(frozen=True)
class Parameter:
    """kind: how values are compared; texts: what is written beside them, if not what is usual."""

    kind: str
    values: Values


@dataclass(frozen=True)
class Part:
    """Of a composite; `of_resource`: read from the resource, not from the element that holds the others."""

    kind: str
    values: Values
    of_resource: bool = False


@dataclass(frozen=True)
class Composite:
    contexts: Values
    parts: tuple[Part, ...]
    single: bool = False  # there is one such element at most
    kind: str = "composite"

    def values(self, resource: Resource) -> list[tuple[list[Any], ...]]:
        """For each element the values of its parts, all of which are there and can be compared."""
        found = []
        for element in self.contexts(resource):
            parts = tuple(part.values(resource if part.of_resource else element) for part in self.parts)
            alone = self.single or element is resource
            if all(values and (alone or any(map(is_comparable, values))) for values in parts):
                found.append(parts)
        return found


def is_comparable(value: Any) -> bool:
    """Not a concept that is only written, nor a reference that only says who is meant."""
    if not isinstance(value, dict) or not set(value) & {
        "coding",
        "text",
        "reference",
        "display",
        "identifier",
    }:
        return True
    return "reference" in value or any("code" in coding for coding in value.get("coding", ()))


def at(*names: str) -> Values:
    """The values at a path of property names, lists flattened."""

    def values(resource: Resource) -> list[Any]:
        found: list[Any] = [resource]
        for name in names:
            found = [v for each in found if name in each for v in listed(each[name])]
        return found

    return values


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def several(*getters: Values) -> Values:
    return lambda resource: [value for getter in getters for value in getter(resource)]


def itself(resource: Resource) -> list[Resource]:
    return [resource]


def name_parts(resource: Resource) -> list[str]:
    found = []
    for name in resource.get("name", []):
        for part in ("family", "given", "prefix", "suffix", "text"):
            found += listed(name[part]) if part in name else []
        whole = name.get("family", "") + "".join(name.get("given", []))
        if all("\u4e00" <= character <= "\u9fff" or character in "·•" for character in whole):
            found.append(whole)
    return found


def patients_only(values: Values) -> Values:
    return lambda resource: [v for v in values(resource) if "Patient/" in v.get("reference", "")]


def dead(resource: Resource) -> list[bool]:
    return [bool(resource.get("deceasedBoolean")) or "deceasedDateTime" in resource]


def with_value(values: Values) -> Values:
    return lambda resource: [v for v in values(resource) if "value" in v]


EVERY = {
    "_id": Parameter("id", at("id")),
    "_lastUpdated": Parameter("date", at("meta", "lastUpdated")),
    "_tag": Parameter("token", at("meta", "tag")),
    "_profile": Parameter("uri", at("meta", "profile")),
}
CODE, COMPONENTS = Part("token", at("code")), at("component")
QUANTITY = Part("quantity", at("valueQuantity"))
CONCEPT = Part("token", at("valueCodeableConcept"))
OBSERVATION = {
    "identifier": Parameter("token", at("identifier")),
    "status": Parameter("token", at("status")),
    "category": Parameter("token", at("category")),
    "code": Parameter("token", at("code")),
    "component-code": Parameter("token", at("component", "code")),
    "combo-code": Parameter("token", several(at("code"), at("component", "code"))),
    "subject": Parameter("reference", at("subject")),
    "patient": Parameter("reference", patients_only(at("subject"))),
    "performer": Parameter("reference", at("performer")),
    "encounter": Parameter("reference", at("encounter")),
    "has-member": Parameter("reference", at("hasMember")),
    "date": Parameter(
        "date",
        several(
            at("effectiveDateTime"), at("effectivePeriod"), at("effectiveTiming"), at("effectiveInstant")
        ),
    ),
    "value-date": Parameter("date", several(at("valueDateTime"), at("valuePeriod"))),
    "value-string": Parameter("string", several(at("valueString"), at("valueCodeableConcept", "text"))),
    "value-concept": Parameter("token", at("valueCodeableConcept")),
    "value-quantity": Parameter("quantity", several(at("valueQuantity"), at("valueSampledData"))),
    "component-value-quantity": Parameter("quantity", at("component", "valueQuantity")),
    "combo-value-quantity": Parameter(
        "quantity", several(at("valueQuantity"), at("valueSampledData"), at("component", "valueQuantity"))
    ),
    "code-value-quantity": Composite(itself, (CODE, QUANTITY)),
    "code-value-concept": Composite(itself, (CODE, CONCEPT)),
    "code-value-string": Composite(itself, (CODE, Part("string", at("valueString")))),
    "code-value-date": Composite(
        itself, (CODE, Part("date", several(at("valueDateTime"), at("valuePeriod"))))
    ),
    "component-code-value-quantity": Composite(COMPONENTS, (CODE, QUANTITY)),
    "component-code-value-concept": Composite(COMPONENTS, (CODE, CONCEPT)),
    "combo-code-value-quantity": Composite(several(itself, COMPONENTS), (CODE, QUANTITY)),
    "combo-code-value-concept": Composite(several(itself, COMPONENTS), (CODE, CONCEPT)),
}
PATIENT = {
    "identifier": Parameter("token", at("identifier")),
    "active": Parameter("token", at("active")),
    "name": Parameter("string", name_parts),
    "family": Parameter("string", at("name", "family")),
    "given": Parameter("string", at("name", "given")),
    "gender": Parameter("token", at("gender")),
    "birthdate": Parameter("date", at("birthDate")),
    "death-date": Parameter("date", at("deceasedDateTime")),
    "deceased": Parameter("token", dead),
    "phone": Parameter("token", lambda r: [t for t in r.get("telecom", []) if t.get("system") == "phone"]),
    "telecom": Parameter("token", at("telecom")),
    "address-city": Parameter("string", at("address", "city")),
    "address": Parameter(
        "string", several(at("address", "city"), at("address", "line"), at("address", "text"))
    ),
    "organization": Parameter("reference", at("managingOrganization")),
    "general-practitioner": Parameter("reference", at("generalPractitioner")),
    "link": Parameter("reference", at("link", "other")),
}
ENCOUNTER = {
    "status": Parameter("token", at("status")),
    "class": Parameter("token", at("class")),
    "type": Parameter("token", at("type")),
    "subject": Parameter("reference", at("subject")),
    "patient": Parameter("reference", patients_only(at("subject"))),
    "date": Parameter("date", at("period")),
    "location": Parameter("reference", at("location", "location")),
    "location-period": Parameter("date", at("location", "period")),
    "service-provider": Parameter("reference", at("serviceProvider")),
    "part-of": Parameter("reference", at("partOf")),
    "length": Parameter("quantity", at("length")),
}
AUDIT_EVENT = {
    "patient": Parameter("reference", patients_only(several(at("agent", "who"), at("entity", "what")))),
    "agent": Parameter("reference", at("agent", "who")),
    "entity": Parameter("reference", at("entity", "what")),
    "date": Parameter("date", at("recorded")),
    "type": Parameter("token", at("type")),
    "policy": Parameter("uri", at("agent", "policy")),
}
RISK = {
    "probability": Parameter(
        "number", several(at("prediction", "probabilityDecimal"), at("prediction", "probabilityRange"))
    ),
    "subject": Parameter("reference", at("subject")),
    "patient": Parameter("reference", patients_only(at("subject"))),
    "date": Parameter("date", at("occurrenceDateTime")),  # R4 leaves the Period out
}
ORGANIZATION = {
    "name": Parameter("string", several(at("name"), at("alias"))),
    "identifier": Parameter("token", at("identifier")),
    "partof": Parameter("reference", at("partOf")),
}
LOCATION = {
    "name": Parameter("string", several(at("name"), at("alias"))),
    "near": Parameter("near", at("position")),
    "partof": Parameter("reference", at("partOf")),
    "organization": Parameter("reference", at("managingOrganization")),
    "operational-status": Parameter("token", at("operationalStatus")),
}
SERVICE_REQUEST = {
    "occurrence": Parameter(
        "date", several(at("occurrenceDateTime"), at("occurrencePeriod"), at("occurrenceTiming"))
    ),
    "instantiates-canonical": Parameter("reference", at("instantiatesCanonical")),
    "instantiates-uri": Parameter("uri", at("instantiatesUri")),
    "patient": Parameter("reference", patients_only(at("subject"))),
}
CONTEXT_TYPE = Part("token", at("code"))
PLAN_DEFINITION = {
    "url": Parameter("uri", at("url")),
    "title": Parameter("string", at("title")),
    "version": Parameter("token", at("version")),
    "context": Parameter("token", at("useContext", "valueCodeableConcept")),
    "context-type": Parameter("token", at("useContext", "code")),
    "context-quantity": Parameter(
        "quantity", several(at("useContext", "valueQuantity"), at("useContext", "valueRange"))
    ),
    "context-type-quantity": Composite(
        at("useContext"), (CONTEXT_TYPE, Part("quantity", several(at("valueQuantity"), at("valueRange"))))
    ),
    "context-type-value": Composite(at("useContext"), (CONTEXT_TYPE, CONCEPT)),
}
GROUP = {
    "characteristic": Parameter("token", at("characteristic", "code")),
    "exclude": Parameter("token", at("characteristic", "exclude")),
    "value": Parameter(
        "token", several(at("characteristic", "valueCodeableConcept"), at("characteristic", "valueBoolean"))
    ),
    "characteristic-value": Composite(
        at("characteristic"),
        (CODE, Part("token", several(at("valueCodeableConcept"), at("valueBoolean")))),
    ),
    "member": Parameter("reference", at("member", "entity")),
}
DOCUMENT_REFERENCE = {
    "patient": Parameter("reference", patients_only(at("subject"))),
    "relatesto": Parameter("reference", at("relatesTo", "target")),
    "relation": Parameter("token", at("relatesTo", "code")),
    "relationship": Composite(at("relatesTo"), (Part("token", at("code")), Part("reference", at("target")))),
}
MOLECULAR_SEQUENCE = {
    "patient": Parameter("reference", patients_only(at("patient"))),
    "chromosome": Parameter("token", at("referenceSeq", "chromosome")),
    "variant-start": Parameter("number", at("variant", "start")),
    "variant-end": Parameter("number", at("variant", "end")),
    "chromosome-variant-coordinate": Composite(
        at("variant"),
        (
            Part("token", at("referenceSeq", "chromosome"), of_resource=True),
            Part("number", at("start")),
            Part("number", at("end")),
        ),
    ),
    "chromosome-window-coordinate": Composite(
        at("referenceSeq"),
        (Part("token", at("chromosome")), Part("number", at("windowStart")), Part("number", at("windowEnd"))),
        single=True,
    ),
}
INVOICE = {
    "patient": Parameter("reference", patients_only(at("subject"))),
    "totalgross": Parameter("quantity", at("totalGross")),
    "date": Parameter("date", at("date")),
}
CONDITION = {
    "patient": Parameter("reference", patients_only(at("subject"))),
    "code": Parameter("token", at("code")),
    "onset-age": Parameter("quantity", several(at("onsetAge"), at("onsetRange"))),
    "onset-date": Parameter("date", several(at("onsetDateTime"), at("onsetPeriod"))),
}
PARAMETERS: Mapping[str, Mapping[str, Parameter | Composite]] = {
    "Observation": EVERY | OBSERVATION,
    "Patient": EVERY | PATIENT,
    "Encounter": EVERY | ENCOUNTER,
    "AuditEvent": EVERY | AUDIT_EVENT,
    "RiskAssessment": EVERY | RISK,
    "Organization": EVERY | ORGANIZATION,
    "Location": EVERY | LOCATION,
    "ServiceRequest": EVERY | SERVICE_REQUEST,
    "PlanDefinition": EVERY | PLAN_DEFINITION,
    "Group": EVERY | GROUP,
    "DocumentReference": EVERY | DOCUMENT_REFERENCE,
    "MolecularSequence": EVERY | MOLECULAR_SEQUENCE,
    "Invoice": EVERY | INVOICE,
    "Condition": EVERY | CONDITION,
}

# What a type's own hierarchy is: the parameter that tells what a resource is part of.
PART_OF = {"Organization": "partof", "Location": "partof", "Encounter": "part-of"}
