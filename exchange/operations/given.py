"""The parameters of an operation: those of the URL, and those of a Parameters resource or a form in the body.

https://hl7.org/fhir/R4/operations.html#request
"""

from dataclasses import dataclass
from typing import Any

from exchange.interactions.request import Request
from exchange.interactions.search_type import FORM_TYPE, form_parameters
from exchange.outcome import FhirError


@dataclass(frozen=True, slots=True)
class Given:
    """`value` is text from the URL; from the body a value as JSON has it, a resource, or the list of parts.
    `expression` is where it stands."""

    name: str
    value: Any
    expression: str


def given(request: Request) -> list[Given]:
    """All of them; raises FhirError for a body that is no Parameters resource."""
    parameters = request.parameters
    if request.headers.get("content-type", "").startswith(FORM_TYPE):
        return [Given(name, value, name) for name, value in parameters + form_parameters(request)]
    listed = [Given(name, value, name) for name, value in parameters]
    if request.method == "POST" and (request.body or request.resource):
        body = request.read_body()
        posted = body.get("parameter", [])
        if body.get("resourceType") != "Parameters" or not isinstance(posted, list):
            raise FhirError("invalid", "An operation takes a Parameters resource", "resourceType")
        listed += [_given(each, f"Parameters.parameter[{n}]") for n, each in enumerate(posted)]
    return listed


def _given(parameter: Any, expression: str) -> Given:
    if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
        values = [
            value
            for name, value in parameter.items()
            if name in ("resource", "part") or (name.startswith("value") and name != "value")
        ]
        if len(values) == 1:
            return Given(parameter["name"], values[0], expression)
    raise FhirError("invalid", "A parameter has a name and one value", expression)


def whole_number(parameter: Given, least: int, most: int) -> int:
    """A number between the two; one that is greater is taken as the greatest."""
    value = parameter.value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 9:
        value = int(value)
    if type(value) is not int or value < least:
        raise FhirError("invalid", f"{parameter.name} is a number from {least}", parameter.expression)
    return min(value, most)


def truth(parameter: Given) -> bool:
    """`true` or `false`, be it as text."""
    value = {"true": True, "false": False}.get(parameter.value, parameter.value)
    if type(value) is not bool:
        raise FhirError("invalid", f"{parameter.name} is true or false", parameter.expression)
    return value
