"""`$meta`, `$meta-add` and `$meta-delete`: profiles, tags and security labels of one resource.

https://hl7.org/fhir/R4/resource-operation-meta.html
"""

from collections.abc import Callable
from typing import Any, Final

from exchange.fhirjson import dumps, loads
from exchange.hub import Hub
from exchange.interactions.conflict import refuse_conflict
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response
from exchange.interactions.written import committed
from exchange.operations.given import given
from exchange.outcome import FhirError
from exchange.store.fetch import Stored, vread

Meta = dict[str, Any]
Change = Callable[[Meta, Meta], Meta]

ATTEMPTS: Final = 5
CODINGS: Final = ("security", "tag")


async def meta(hub: Hub, request: Request) -> Response:
    """Those of the current version, or of the version that the URL names."""
    request.grant.require(request.type, "r")
    stored = await _stored(hub, request)
    return told(stored.version, loads(stored.body or b"").get("meta", {}))


async def meta_add(hub: Hub, request: Request) -> Response:
    """What is there already stays as it is."""
    return await _changed(hub, request, added)


async def meta_delete(hub: Hub, request: Request) -> Response:
    """What is not there is no error."""
    return await _changed(hub, request, removed)


def added(there: Meta, more: Meta) -> Meta:
    """All of both; a coding is known by its system and code."""
    made = dict(there)
    if "profile" in more:
        made["profile"] = list(dict.fromkeys([*there.get("profile", ()), *more["profile"]]))
    for name in CODINGS:
        if name in more:
            listed = [*there.get(name, ()), *more[name]]
            made[name] = list({_key(coding): coding for coding in reversed(listed)}.values())[::-1]
    return made


def removed(there: Meta, less: Meta) -> Meta:
    """What is not named by the other."""
    made = {name: value for name, value in there.items() if name != "profile" and name not in CODINGS}
    if profiles := [url for url in there.get("profile", ()) if url not in less.get("profile", ())]:
        made["profile"] = profiles
    for name in CODINGS:
        gone = {_key(coding) for coding in less.get(name, ())}
        if codings := [coding for coding in there.get(name, ()) if _key(coding) not in gone]:
            made[name] = codings
    return made


def _key(coding: dict[str, Any]) -> tuple[Any, Any]:
    return coding.get("system"), coding.get("code")


async def _changed(hub: Hub, request: Request, change: Change) -> Response:
    """A new version, unless nothing changes; done again if another writer came between."""
    request.grant.require(request.type, "u")
    asked = _asked(hub, request)
    for _ in range(ATTEMPTS):
        stored = await _stored(hub, request)
        resource = loads(stored.body or b"")
        made = change(resource.get("meta", {}), asked)
        if made == resource.get("meta", {}):
            return told(stored.version, made)
        resource["meta"] = made
        written = await committed(hub, request.grant, hub.write("update", resource, stored.version), resource)
        if written.status != "conflict":
            return told(written.version, loads(written.body or b"").get("meta", {}))
    refuse_conflict(f"{request.type}/{request.id}", written)
    raise AssertionError("a conflict is refused")


def _asked(hub: Hub, request: Request) -> Meta:
    """The one parameter, `meta`."""
    parameters = given(request)
    if len(parameters) != 1 or parameters[0].name != "meta" or not isinstance(parameters[0].value, dict):
        raise FhirError("invalid", "The operation takes one parameter, meta, of type Meta", "Parameters")
    value: Meta = parameters[0].value
    found = hub.check({"resourceType": "Basic", "code": {"text": "-"}, "meta": value})
    if found:
        raise FhirError("invalid", found[0].diagnostics, f"{parameters[0].expression}.valueMeta")
    return value


async def _stored(hub: Hub, request: Request) -> Stored:
    name = f"{request.type}/{request.id}"
    vid = request.path.get("vid")
    if vid is None:
        return require_there(await hub.reader.read(request.type, request.id), name)
    version = int(vid) if vid.isascii() and vid.isdecimal() and len(vid) < 10 else 0
    async with hub.pool.acquire() as connection:
        stored = await vread(connection, request.type, request.id, version)
    return require_there(stored, f"{name}/_history/{vid[:64]}")


def told(version: int | None, value: Meta) -> Response:
    """The Meta as the operations return it."""
    made = {
        "resourceType": "Parameters",
        "parameter": [{"name": "return", "valueMeta": value}],
    }
    return Response(200, dumps(made), version)
