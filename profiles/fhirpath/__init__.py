"""FHIRPath N1 with R4's additions. http://hl7.org/fhirpath/N1/ and https://hl7.org/fhir/R4/fhirpath.html"""

from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.evaluation import Environment
from profiles.fhirpath.expression import Expression, compile_expression
from profiles.fhirpath.frame import Services
from profiles.fhirpath.node import Node

__all__ = ("Environment", "Expression", "FhirPathError", "Node", "Services", "compile_expression")
