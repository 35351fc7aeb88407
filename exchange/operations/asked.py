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
    """What a request gives, of the names that the operation knows, each at most so often. `named`: where it
    names each Patient that was asked for."""

    __slots__ = ("_base", "_given", "named")

    def __init__(self, request: Request, known: Mapping[str, int]) -> None:
        self._base = f"{request.base}/"
        self.named: dict[str, str] = {}
        self._given: dict[str, list[Given]] = {}
        for each in given(request):
            if each.name in FORM_PARAMETERS:
                continue
            if each.name not in known:
                raise FhirError("invalid", "There is no such parameter here", each.expression[:64])
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
        return None if found is None else self._patient(found)

    def patients(self, name: str) -> list[str]:
        """The ids of all of them, sorted."""
        return sorted({self._patient(each) for each in self.all(name)})

    def required_patient(self, name: str) -> str:
        found = self.patient(name)
        if found is None:
            raise FhirError("invalid", f"{name} is required", name)
        return found

    def _patient(self, told: Given) -> str:
        id_ = _patient_id(told, self._base)
        self.named.setdefault(id_, told.expression)
        return id_


def _patient_id(told: Given, base: str) -> str:
    """The id that a Reference names, or a text."""
    value: Any = told.value
    if isinstance(value, dict):
        value = value.get("reference")
    if not isinstance(value, str) or not value:
        raise FhirError("invalid", f"{told.name} is a reference to a Patient", told.expression)
    if "://" in value and not value.startswith(base):
        raise FhirError("rule", f"{told.name} refers to another server", told.expression)
    kind, _, id_ = value.rpartition("/")
    if kind and not (kind == "Patient" or kind.endswith("/Patient")):
        raise FhirError("invalid", f"{told.name} refers to a Patient", told.expression)
    return valid_id(id_)


def _text(told: Given) -> str:
    if not isinstance(told.value, str):
        raise FhirError("invalid", f"{told.name} is a text", told.expression)
    return told.value
