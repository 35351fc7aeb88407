"""The rules of single types, by the name of a resource type, a data type or a path."""

from collections.abc import Mapping, Sequence
from typing import Final

from profiles.validator.canonical_types import CANONICAL_TYPES
from profiles.validator.context import TypeRule, TypeRules
from profiles.validator.special.bundle import bundle
from profiles.validator.special.canonical_resource import canonical_resource
from profiles.validator.special.capability_statement import capability_statement
from profiles.validator.special.code_system import code_system
from profiles.validator.special.concept_map import concept_map
from profiles.validator.special.identifier import identifier
from profiles.validator.special.implementation_guide import implementation_guide
from profiles.validator.special.markdown import markdown
from profiles.validator.special.measure import measure
from profiles.validator.special.measure_report import measure_report
from profiles.validator.special.narrative import language, narrative
from profiles.validator.special.operation_definition import operation_definition
from profiles.validator.special.questionnaire import questionnaire
from profiles.validator.special.questionnaire_response import questionnaire_response
from profiles.validator.special.search_parameter import search_parameter
from profiles.validator.special.signature import signature
from profiles.validator.special.structure_definition import structure_definition
from profiles.validator.special.value_set import value_set
from profiles.validator.special.vital_signs import vital_sign

_OWN: Final[Mapping[str, Sequence[TypeRule]]] = {
    "Bundle": (bundle,),
    "CapabilityStatement": (capability_statement,),
    "CodeSystem": (code_system,),
    "ConceptMap": (concept_map,),
    "Identifier": (identifier,),
    "ImplementationGuide": (implementation_guide,),
    "Measure": (measure,),
    "MeasureReport": (measure_report,),
    "Observation": (vital_sign,),
    "Narrative": (language, narrative),
    "OperationDefinition": (operation_definition,),
    "Questionnaire": (questionnaire,),
    "QuestionnaireResponse": (questionnaire_response,),
    "SearchParameter": (search_parameter,),
    "Signature": (signature,),
    "StructureDefinition": (structure_definition,),
    "ValueSet": (value_set,),
    "markdown": (markdown,),
}
_DEFINITIONS: Final[Mapping[str, Sequence[TypeRule]]] = dict.fromkeys(CANONICAL_TYPES, (canonical_resource,))
RULES: Final[TypeRules] = {
    name: (*_DEFINITIONS.get(name, ()), *_OWN.get(name, ())) for name in {**_DEFINITIONS, **_OWN}
}
