"""`$expunge`: superseded versions and deleted resources, removed for good. A scope of its own permits it,
which no wildcard includes.

https://hapifhir.io/hapi-fhir/docs/server_jpa/configuration.html (whose parameters these are)
"""

import logging
from dataclasses import dataclass
from typing import Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response
from exchange.operations.given import given, truth, whole_number
from exchange.outcome import FhirError
from exchange.search.own import store as own_store
from exchange.store.connection import Connection
from exchange.store.expunge import (
    expunge_deleted,
    expunge_deleted_one,
    expunge_versions,
    expunge_versions_of,
)
from exchange.store.fetch import vread
from exchange.trust.scopes import EXPUNGE

LIMIT: Final = 1000
MOST: Final = 100_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to go, and how much at most."""

    deleted: bool
    versions: bool
    limit: int


async def expunge(hub: Hub, request: Request) -> Response:
    """Of the whole system, a type, a resource, or one superseded version; tells how much is gone."""
    request.grant.require(EXPUNGE, "d")
    asked = _asked(request)
    async with hub.pool.acquire() as connection, connection.transaction():
        count = await _expunged(hub, connection, request, asked)
        if count:
            await own_store.move(connection)
    _log.info("client %s expunged %d under %s", request.grant.client_id, count, request.path.get("type", "*"))
    told = {"resourceType": "Parameters", "parameter": [{"name": "count", "valueInteger": count}]}
    return Response(200, dumps(told))


async def _expunged(hub: Hub, connection: Connection, request: Request, asked: Asked) -> int:
    path = request.path
    if "id" not in path:
        types = [request.type] if "type" in path else hub.definitions.resource_types
        count = await expunge_deleted(connection, types, asked.limit) if asked.deleted else 0
        if asked.versions and count < asked.limit:
            count += await expunge_versions(connection, types, asked.limit - count)
        return count
    if "vid" in path:
        return await _version(connection, request)
    count = await expunge_deleted_one(connection, request.type, request.id) if asked.deleted else 0
    if asked.versions:
        count += await expunge_versions_of(connection, request.type, request.id)
    return count


async def _version(connection: Connection, request: Request) -> int:
    vid = request.path["vid"]
    version = int(vid) if vid.isascii() and vid.isdecimal() and len(vid) < 10 else 0
    count = await expunge_versions_of(connection, request.type, request.id, version)
    if not count:
        name = f"{request.type}/{request.id}/_history/{vid[:64]}"
        require_there(await vread(connection, request.type, request.id, version), name)
        raise FhirError("rule", f"{name} is the current version", "Parameters")
    return count


def _asked(request: Request) -> Asked:
    deleted = versions = False
    limit = LIMIT
    for parameter in given(request):
        match parameter.name:
            case "expungeDeletedResources":
                deleted = truth(parameter)
            case "expungePreviousVersions":
                versions = truth(parameter)
            case "limit":
                limit = whole_number(parameter, 1, MOST)
            case _:
                raise FhirError("invalid", "$expunge does not support this parameter", parameter.name[:64])
    if not (deleted or versions or "vid" in request.path):
        raise FhirError(
            "invalid", "Say expungeDeletedResources or expungePreviousVersions: true", "Parameters"
        )
    return Asked(deleted, versions, limit)
