"""`$import`: NDJSON files of others, loaded as a job.

https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md
"""

from collections.abc import Mapping
from typing import Any, Final

from exchange.bulk.fetching import require_allowed
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.interactions.job import kicked_off
from exchange.interactions.request import Request, Response, preference
from exchange.jobs.job import Kickoff
from exchange.outcome import FhirError

KIND: Final = "import"
FORMATS: Final = frozenset(("application/fhir+ndjson", "application/ndjson", "ndjson"))
MOST_INPUTS: Final = 1000

Manifest = Mapping[str, Any]


async def import_system(hub: Hub, request: Request) -> Response:
    """Takes a Parameters resource or a JSON manifest. Any type may stand in the files, so the caller must be
    one who may create and update any."""
    for letter in "cu":
        request.grant.require("*", letter)
    if not preference(request.headers.get("prefer")).respond_async:
        raise FhirError("invalid", "$import answers later: send Prefer: respond-async", "Prefer")
    manifest = _manifest(request)
    if manifest.get("inputFormat", "ndjson") not in FORMATS:
        raise FhirError("invalid", "Files to import are NDJSON", "inputFormat")
    inputs = manifest.get("input")
    if not isinstance(inputs, list) or not 0 < len(inputs) <= MOST_INPUTS:
        raise FhirError("invalid", f"An import has 1 to {MOST_INPUTS} inputs", "input")
    listed = [_input(hub, each, f"input[{n}]") for n, each in enumerate(inputs)]
    wanted = {"url": f"{request.base}/$import", "input": listed}
    return await kicked_off(hub, request, Kickoff(KIND, request.grant, wanted))


def _input(hub: Hub, given: Any, expression: str) -> dict[str, str]:
    if not isinstance(given, dict) or not isinstance(given.get("url"), str):
        raise FhirError("invalid", "An input has a url", f"{expression}.url")
    kind = given.get("type")
    if kind is not None and kind not in hub.definitions.resource_types:
        raise FhirError("invalid", "An input's type is a resource type of R4", f"{expression}.type")
    require_allowed(given["url"], hub.settings.import_prefixes, f"{expression}.url")
    return {"url": given["url"], **({"type": kind} if kind else {})}


def _manifest(request: Request) -> Manifest:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = loads(request.body) if media == "application/json" and request.resource is None else None
    if body is None:
        body = request.read_body()
    if body.get("resourceType") != "Parameters":
        return body
    parameters = body.get("parameter")
    if not isinstance(parameters, list):
        raise FhirError("invalid", "An operation takes a Parameters resource", "Parameters.parameter")
    manifest: dict[str, Any] = {"input": []}
    for each in parameters:
        name, value = _pair(each)
        if name == "input":
            manifest["input"].append(dict(map(_pair, value if isinstance(value, list) else ())))
        else:
            manifest[name] = value
    return manifest


def _pair(parameter: Any) -> tuple[str, Any]:
    """Name and value, or parts."""
    if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
        for name, value in parameter.items():
            if name == "part" or name.startswith("value"):
                return parameter["name"], value
    raise FhirError("invalid", "A parameter has a name and a value", "Parameters.parameter")
