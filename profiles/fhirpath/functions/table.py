"""All functions by name."""

from collections.abc import Mapping
from typing import Final

from profiles.fhirpath.functions import (
    conversion,
    existence,
    fhir,
    iteration,
    numbers,
    precision,
    strings,
    subsets,
    tree,
    utility,
)
from profiles.fhirpath.invocation import Function

FUNCTIONS: Final[Mapping[str, Function]] = {
    **existence.FUNCTIONS,
    **iteration.FUNCTIONS,
    **subsets.FUNCTIONS,
    **conversion.FUNCTIONS,
    **strings.FUNCTIONS,
    **numbers.FUNCTIONS,
    **precision.FUNCTIONS,
    **tree.FUNCTIONS,
    **utility.FUNCTIONS,
    **fhir.FUNCTIONS,
}
