"""What R4 itself asks of a type beyond its structure, compiled to closures.

https://hl7.org/fhir/R4/resourcelist.html
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from profiles.validator.at import At
from profiles.validator.run import Run

if TYPE_CHECKING:
    from profiles.validator.validator import Validator

Check = Callable[[Any, At, Run], None]


class TypePlans:
    """One plan for each type, made when it is first needed."""

    def __init__(self, validator: "Validator") -> None:
        self._validator = validator

    def resource(self, value: dict[str, Any], at: At, run: Run, profiles: Sequence[str] = ()) -> None:
        """A resource of any type: as R4 has it, and by its profiles."""
        run.enter(value, at)
