"""https://hl7.org/fhir/R4/operation-encounter-everything.html

What is in the Encounter's compartment, and, unless `_type` leaves the Encounter out, what it names: a search
of the compartment, whose pages go on as one.
"""

from dataclasses import replace
from typing import Final

from exchange.hub import Hub
from exchange.interactions.compartment import compartment_all
from exchange.interactions.read import require_there
from exchange.interactions.request import FORM_PARAMETERS, Request, Response
from exchange.operations.given import given
from exchange.outcome import FhirError

COUNT: Final = "200"
NAMED: Final = ("_include", "Encounter:*")


async def encounter_everything(hub: Hub, request: Request) -> Response:
    """`_since`, `_type` and `_count` as in a patient's `$everything`."""
    request.grant.require("Encounter", "r")
    require_there(await hub.reader.read("Encounter", request.path["id"]), f"Encounter/{request.path['id']}")
    parameters: list[tuple[str, str]] = []
    for each in given(request):
        if each.name not in _KNOWN or type(each.value) not in (str, int):
            raise FhirError("invalid", "$everything does not support this parameter", each.name[:64])
        if each.name == "_since":
            parameters.append(("_lastUpdated", f"ge{each.value}"))
        else:
            parameters.append((each.name, str(each.value)))
    asked = dict(parameters)
    if "_count" not in asked:
        parameters.append(("_count", COUNT))
    if "Encounter" in asked.get("_type", "Encounter").split(","):
        parameters.append(NAMED)
    path = {"type": "Encounter", "id": request.path["id"]}
    search = replace(request, method="GET", path=path, parameters=tuple(parameters), query="", body=b"")
    return await compartment_all(hub, replace(search, resource=None))


_KNOWN: Final = frozenset(("_since", "_type", "_count")) | FORM_PARAMETERS
