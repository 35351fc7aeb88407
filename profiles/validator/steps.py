"""The steps of a type's elements. https://hl7.org/fhir/R4/fhirpath.html#polymorphism"""

from profiles.element import CHOICE, Element
from profiles.validator.at import Step


def step(element: Element, name: str, code: str) -> Step:
    """From an object to the value of one of its properties."""
    if element.is_choice:
        stem = element.name.removesuffix(CHOICE)
        return Step(f".{stem}.ofType({code})", element.name, name, code)
    return Step(f".{name}", name, name, _home(element, code))


def _home(element: Element, code: str) -> str:
    if element.content_reference:
        return element.content_reference
    return element.path if code in ("BackboneElement", "Element") else code
