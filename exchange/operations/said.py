"""What a request about hospitals' own codes says, and of which systems it may speak.

https://hl7.org/fhir/R4/operations.html#request
"""

from exchange.hub import Hub
from exchange.interactions.request import Request
from exchange.operations.given import Given, given, truth, whole_number
from exchange.outcome import FhirError


class Said:
    """The parameters of one request. `within` is what the systems begin with that it may speak of: those of
    the caller's hospital, or of the one that is named."""

    def __init__(self, hub: Hub, request: Request) -> None:
        self._given: list[Given] = given(request)
        own, asked = request.grant.hospital, self.text("hospital")
        if own and asked not in ("", own):
            raise FhirError("forbidden", "This caller may speak of its own hospital only", "hospital")
        hospital = own or asked
        self.within = hub.local_codes.systems.of_hospital(hospital) if hospital else ""

    def system(self) -> str:
        """The one that is named, which the caller may speak of; empty if none is."""
        return next(iter(self.systems()), "")

    def systems(self) -> list[str]:
        found = self.texts("system")
        if any(not each.startswith(self.within) for each in found):
            raise FhirError("forbidden", "This caller may speak of its own hospital's systems only", "system")
        return found

    def texts(self, name: str) -> list[str]:
        found = [each for each in self._given if each.name == name]
        for each in found:
            if not isinstance(each.value, str):
                raise FhirError("invalid", f"{name} is a text", each.expression)
        return [each.value for each in found]

    def text(self, name: str) -> str:
        return next(iter(self.texts(name)), "")

    def needed(self, name: str) -> str:
        if not (text := self.text(name)):
            raise FhirError("invalid", f"{name} is missing", name)
        return text

    def number(self, name: str, least: int, otherwise: int, most: int) -> int:
        found = next((each for each in self._given if each.name == name), None)
        return otherwise if found is None else whole_number(found, least, most)

    def truth(self, name: str) -> bool:
        found = next((each for each in self._given if each.name == name), None)
        return found is not None and truth(found)
