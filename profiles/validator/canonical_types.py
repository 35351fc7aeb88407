"""The types of R4 whose resources are known by a canonical URL. https://hl7.org/fhir/R4/resource.html#canonical

Definitions of R5, among them those of the pack of extensions for R4, name them all at once: CanonicalResource
and MetadataResource are R5's abstract types of them.
"""

from typing import Final

CANONICAL_TYPES: Final = (
    "ActivityDefinition",
    "CapabilityStatement",
    "ChargeItemDefinition",
    "CodeSystem",
    "CompartmentDefinition",
    "ConceptMap",
    "EffectEvidenceSynthesis",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "GraphDefinition",
    "ImplementationGuide",
    "Library",
    "Measure",
    "MessageDefinition",
    "NamingSystem",
    "OperationDefinition",
    "PlanDefinition",
    "Questionnaire",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "RiskEvidenceSynthesis",
    "SearchParameter",
    "StructureDefinition",
    "StructureMap",
    "TerminologyCapabilities",
    "TestScript",
    "ValueSet",
)
ABSTRACT: Final = ("CanonicalResource", "MetadataResource")
