"""Validation of resources against R4 and profiles. https://hl7.org/fhir/R4/validation.html"""

from profiles.validator.context import Context, TypeRule, TypeRules
from profiles.validator.options import Options
from profiles.validator.scope import Resolved, ResolveReference
from profiles.validator.validator import Validator

__all__ = ("Context", "Options", "ResolveReference", "Resolved", "TypeRule", "TypeRules", "Validator")
