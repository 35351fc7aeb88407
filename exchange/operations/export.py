"""`$export`: everything, everything about patients, or about the members of a Group, as files of NDJSON.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from exchange.bulk.plan import Level, Plan
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.interactions.job import kicked_off
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response, decoded, instant_of, preference, valid_id
from exchange.interactions.search_type import require_types
from exchange.jobs.job import Kickoff
from exchange.outcome import FhirError
from exchange.search.query.parse import parse

KIND: Final = "export"
MAX_PATIENTS: Final = 100_000
FORMATS: Final = frozenset(("application/fhir+ndjson", "application/ndjson", "ndjson"))


async def export_system(hub: Hub, request: Request) -> Response:
    """All types."""
    return await _export(hub, request, "system", hub.definitions.resource_types)


async def export_patient(hub: Hub, request: Request) -> Response:
    """What belongs to any patient."""
    return await _export(hub, request, "patient", _about_patients(hub))


async def export_group(hub: Hub, request: Request) -> Response:
    """What belongs to the patients that are members of the Group."""
    request.grant.require("Group", "r")
    return await _export(hub, request, "group", _about_patients(hub))


async def _export(hub: Hub, request: Request, level: Level, types: frozenset[str]) -> Response:
    if not preference(request.headers.get("prefer")).respond_async:
        raise FhirError("invalid", "$export answers later: send Prefer: respond-async", "Prefer")
    plan = await _plan(hub, request, level, types)
    return await kicked_off(hub, request, Kickoff(KIND, request.grant, plan.as_json()))


def _about_patients(hub: Hub) -> frozenset[str]:
    return frozenset({"Patient", *hub.search.registry.compartment_types})


async def _plan(hub: Hub, request: Request, level: Level, types: frozenset[str]) -> Plan:
    asked = _asked(request)
    for name in asked:
        if name not in _PARAMETERS or (name == "patient" and level == "system"):
            raise FhirError("invalid", "$export does not support this parameter", name[:64])
    formats = asked.get("_outputFormat", ["ndjson"])
    if not FORMATS.issuperset(name.replace(" ", "+") for name in formats):
        raise FhirError("invalid", "The output is NDJSON", "_outputFormat")
    chosen = _types(request, types, _listed(asked, "_type"))
    return Plan(
        level,
        f"{request.base}/{_path(request, level)}{'?' if request.query else ''}{request.query}",
        hub.clock(),
        chosen,
        _instant(asked, "_since"),
        _instant(asked, "_until"),
        _filters(hub, request, chosen, asked.get("_typeFilter", [])),
        await _patients(hub, request, level, asked.get("patient")),
    )


def _path(request: Request, level: Level) -> str:
    return {"system": "$export", "patient": "Patient/$export", "group": "Group/{id}/$export"}[level].format(
        id=request.path.get("id")
    )


def _types(request: Request, possible: frozenset[str], asked: list[str]) -> list[str]:
    """Those asked for, all of which the caller must be allowed to see; else all that the caller may see."""
    if not asked:
        return sorted(name for name in possible if all(request.grant.permits(name, each) for each in "rs"))
    for name in asked:
        if name not in possible:
            raise FhirError("invalid", f"This export has no {name[:64]}", "_type")
        request.grant.require(name, "r")
        request.grant.require(name, "s")
    return sorted(set(asked))


def _filters(hub: Hub, request: Request, types: list[str], texts: list[str]) -> dict[str, list[str]]:
    """By type; each is a search that can be answered."""
    filters: dict[str, list[str]] = {}
    for text in texts:
        name, _, query = text.partition("?")
        if name not in types or not query:
            raise FhirError("invalid", "A filter is Type?search, of a type that is exported", "_typeFilter")
        parsed = parse(hub.search, name, decoded(query))
        if parsed.inclusions or parsed.cursor is not None or parsed.sort or not parsed.criteria:
            raise FhirError("invalid", "A filter holds search parameters only", "_typeFilter")
        require_types(request.grant, parsed)
        filters.setdefault(name, []).append(query)
    return filters


async def _patients(hub: Hub, request: Request, level: Level, named: list[str] | None) -> list[str] | None:
    """The ids of the Patients that are meant: those named, of a Group's members alone."""
    ids = None if named is None else {valid_id(each.removeprefix("Patient/")) for each in named}
    if level == "group":
        members = _members(await _group(hub, request))
        ids = members if ids is None else ids & members
    if ids is not None and len(ids) > MAX_PATIENTS:
        raise FhirError("too-large", f"An export is about {MAX_PATIENTS} patients at most", "patient")
    return None if ids is None else sorted(ids)


async def _group(hub: Hub, request: Request) -> dict[str, Any]:
    stored = await hub.reader.read("Group", request.id)
    return loads(require_there(stored, f"Group/{request.id}").body or b"")


def _members(group: dict[str, Any]) -> set[str]:
    """Those that are Patients of this hub and still belong to it."""
    listed = (each for each in group.get("member", ()) if not each.get("inactive"))
    references = (each.get("entity", {}).get("reference", "") for each in listed)
    return {name.removeprefix("Patient/") for name in references if name.startswith("Patient/")}


def _instant(asked: dict[str, list[str]], name: str) -> datetime | None:
    values = asked.get(name)
    if not values:
        return None
    if len(values) > 1:
        raise FhirError("invalid", f"{name} is given twice", name)
    return instant_of(values[0], name)


def _listed(asked: dict[str, list[str]], name: str) -> list[str]:
    return [part.strip() for value in asked.get(name, []) for part in value.split(",") if part.strip()]


def _asked(request: Request) -> dict[str, list[str]]:
    """The parameters of the URL, or those of a POST as a Parameters resource."""
    asked: dict[str, list[str]] = {}
    for name, value in request.parameters:
        asked.setdefault(name, []).append(value)
    if request.method == "POST" and (request.body or request.resource):
        for name, value in _posted(request.read_body()):
            asked.setdefault(name, []).append(value)
    return asked


def _posted(body: dict[str, Any]) -> list[tuple[str, str]]:
    given = body.get("parameter")
    if body.get("resourceType") != "Parameters" or not isinstance(given, list):
        raise FhirError("invalid", "An operation takes a Parameters resource", "resourceType")
    return [_pair(each, f"Parameters.parameter[{n}]") for n, each in enumerate(given)]


def _pair(given: Any, expression: str) -> tuple[str, str]:
    if isinstance(given, dict) and isinstance(given.get("name"), str):
        for name, read in _VALUES.items():
            value = read(given.get(name))
            if value is not None:
                return given["name"], value
    raise FhirError("invalid", "A parameter has a name and a value", expression)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _reference(value: Any) -> str | None:
    return _text(value.get("reference")) if isinstance(value, dict) else None


_VALUES: Final[dict[str, Callable[[Any], str | None]]] = {
    "valueString": _text,
    "valueCode": _text,
    "valueInstant": _text,
    "valueDateTime": _text,
    "valueId": _text,
    "valueReference": _reference,
}
_PARAMETERS: Final = frozenset(
    ("_outputFormat", "_since", "_until", "_type", "_typeFilter", "patient", "_format", "_pretty")
)
