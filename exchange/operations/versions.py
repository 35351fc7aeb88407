"""`$versions`: the versions of FHIR that the hub speaks.

https://hl7.org/fhir/R4/capabilitystatement-operation-versions.html
"""

from typing import Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.request import Request, Response

FHIR_VERSION: Final = "4.0"


async def versions(hub: Hub, request: Request) -> Response:
    """The one."""
    told = [{"name": name, "valueCode": FHIR_VERSION} for name in ("version", "default")]
    return Response(200, dumps({"resourceType": "Parameters", "parameter": told}))
