"""The parameters of operations on identities: by name, each as often as it may be.

https://hl7.org/fhir/R4/operations.html#request
"""

from collections.abc import Mapping
from typing import Any, Final

from exchange.interactions.request import FORM_PARAMETERS, Request, valid_id
from exchange.operations.given import Given, given
from exchange.outcome import FhirError

ONE: Final = 1
MANY: Final = 100


class Asked:
    """What a request gives, of the names that the operation knows, each at most so often."""

    __slots__ = ("_given",)

    def __init__(self, request: Request, known: Mapping[str, int]) -> None:
        self._given: dict[str, list[Given]] = {}
        for each in given(request):
            if each.name in FORM_PARAMETERS:
                continue
            if each.name not in known:
                raise FhirError("invalid", "There is no such parameter here", each.name[:64])
            found = self._given.setdefault(each.name, [])
            found.append(each)
            if len(found) > known[each.name]:
                raise FhirError("invalid", f"{each.name} is given too often", each.expression)

    def all(self, name: str) -> list[Given]:
        return self._given.get(name, [])

    def one(self, name: str) -> Given | None:
        return next(iter(self.all(name)), None)

    def text(self, name: str) -> str | None:
        """A text; raises FhirError for anything else."""
        found = self.one(name)
        return None if found is None else _text(found)

    def required_text(self, name: str) -> str:
        found = self.text(name)
        if not found:
            raise FhirError("invalid", f"{name} is required", name)
        return found

    def patient(self, name: str) -> str | None:
        """The id of a Patient: a Reference, or `Patient/1`, or `1`."""
        found = self.one(name)
        return None if found is None else patient_id(found)

    def required_patient(self, name: str) -> str:
        found = self.patient(name)
        if found is None:
            raise FhirError("invalid", f"{name} is required", name)
        return found


def patient_id(told: Given) -> str:
    """The id that a Reference names, or a text."""
    value: Any = told.value
    if isinstance(value, dict):
        value = value.get("reference")
    if not isinstance(value, str) or not value:
        raise FhirError("invalid", f"{told.name} is a reference to a Patient", told.expression)
    kind, _, id_ = value.rpartition("/")
    if kind and not (kind == "Patient" or kind.endswith("/Patient")):
        raise FhirError("invalid", f"{told.name} refers to a Patient", told.expression)
    return valid_id(id_)


def _text(told: Given) -> str:
    if not isinstance(told.value, str):
        raise FhirError("invalid", f"{told.name} is a text", told.expression)
    return told.value
