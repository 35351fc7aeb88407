"""Parameters resources that operations answer with.

https://hl7.org/fhir/R4/parameters.html
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from exchange.fhirjson import dumps
from exchange.interactions.request import Response, instant_text
from exchange.outcome import operation_outcome
from terminology.issue import Issue

Resource = dict[str, Any]
Part = dict[str, Any]


def part(name: str, value: str | bool | int | float | datetime | None) -> list[Part]:
    """A parameter of that name; none where there is nothing to say."""
    if value is None or value == "":
        return []
    if isinstance(value, bool):
        return [{"name": name, "valueBoolean": value}]
    if isinstance(value, int):
        return [{"name": name, "valueInteger": value}]
    if isinstance(value, float):
        return [{"name": name, "valueDecimal": Decimal(repr(round(value, 6)))}]
    if isinstance(value, datetime):
        return [{"name": name, "valueInstant": instant_text(value)}]
    return [{"name": name, "valueString": value}]


def parts(name: str, *listed: Sequence[Part]) -> Part:
    """A parameter made of parts."""
    return {"name": name, "part": [each for some in listed for each in some]}


def patient(name: str, id_: str | None) -> list[Part]:
    """A reference to a Patient."""
    return [{"name": name, "valueReference": {"reference": f"Patient/{id_}"}}] if id_ else []


def outcome(name: str, diagnostics: str) -> Part:
    """An OperationOutcome of success."""
    told = operation_outcome([Issue("information", "informational", diagnostics)])
    return {"name": name, "resource": told}


def told(parameters: Iterable[Part], status: int = 200) -> Response:
    """The answer."""
    listed = list(parameters)
    resource: Resource = {"resourceType": "Parameters"}
    if listed:
        resource["parameter"] = listed
    return Response(status, dumps(resource))
