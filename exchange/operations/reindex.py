"""`$reindex`: indexes what is stored again, by one search parameter's types or all.

POST [base]/SearchParameter/[id]/$reindex after that SearchParameter was stored; POST [base]/$reindex when the
product's own extraction has changed. A job that tells its progress, and goes on where it stood.

https://hl7.org/fhir/R4/async.html
"""

from typing import Any, Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.job import kicked_off
from exchange.interactions.request import Request, Response
from exchange.jobs.job import Job, Kickoff, Tell
from exchange.outcome import FhirError
from exchange.search.index import reindex
from exchange.search.own import store as own_store
from exchange.search.own.parameter import types_of
from exchange.store.types import RESOURCE_TYPES, type_number

KIND: Final = "reindex"


async def reindex_all(hub: Hub, request: Request) -> Response:
    """Everything."""
    request.grant.require("SearchParameter", "u")
    return await kicked_off(hub, request, Kickoff(KIND, request.grant, {}))


async def reindex_parameter(hub: Hub, request: Request) -> Response:
    """The types that a search parameter is for."""
    request.grant.require("SearchParameter", "u")
    if request.id not in {each.id for each in hub.parameters.own}:
        raise FhirError("not-found", f"SearchParameter/{request.id} is not in force here")
    return await kicked_off(hub, request, Kickoff(KIND, request.grant, {"parameter": request.id}))


async def reindexing(hub: Hub, job: Job, tell: Tell) -> bytes:
    """The work of a job."""
    progress = await reindexed(hub, job.request.get("parameter"), job.progress, tell)
    return dumps({"resourceType": "Parameters", "parameter": list(_told(progress))})


async def reindexed(
    hub: Hub, parameter: str | None, progress: dict[str, Any] | None, tell: Tell
) -> dict[str, Any]:
    """Begins, or goes on with `progress`, which says which type it is at, and how far; gives back its end."""
    await hub.parameters.refresh()
    await hub.parameters.known_everywhere()
    progress = progress or await _beginning(hub, parameter)
    while progress["types"]:
        done = await reindex.reindex_batch(
            hub.pool, hub.extraction, progress["types"][0], progress["reached"]
        )
        if done.reached is None:
            progress |= {"types": progress["types"][1:], "reached": 0}
        else:
            progress["reached"] = done.reached
            progress["done"] += done.count
            progress["failed"] += done.failed
        await tell(progress, f"{progress['done']} of {progress['total']} resources")
    await _ended(hub, progress)
    return progress


async def _beginning(hub: Hub, parameter: str | None) -> dict[str, Any]:
    """What there is to do; `parameters` are those that will be indexed then, in the versions of now."""
    own = [each for each in hub.parameters.own if parameter in (None, each.id)]
    if parameter is not None and not own:
        raise FhirError("not-found", f"SearchParameter/{parameter} is not in force any more")
    names = RESOURCE_TYPES if parameter is None else types_of(own[0].parameter, hub.definitions)
    types = sorted(type_number(name) for name in names)
    async with hub.pool.acquire() as connection:
        total = await reindex.count(connection, types)
    parameters = [[each.id, each.version] for each in own]
    return {"types": types, "reached": 0, "done": 0, "failed": 0, "total": total, "parameters": parameters}


async def _ended(hub: Hub, progress: dict[str, Any]) -> None:
    indexed = [] if progress["failed"] else [(id_, n) for id_, n in progress["parameters"]]
    async with hub.pool.acquire() as connection, connection.transaction():
        await own_store.mark_indexed(connection, indexed)
    await hub.parameters.refresh()


def _told(progress: dict[str, Any]) -> Any:
    for name in ("total", "done", "failed"):
        yield {"name": name, "valueInteger": progress[name]}
