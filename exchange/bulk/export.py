"""The work of an export: page after page into files, going on where it stood.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

from exchange.bulk import scan
from exchange.bulk.plan import File, Plan, Progress, plan_from_json, progress_from_json
from exchange.bulk.scan import Place, Scope, stretch
from exchange.bulk.units import Unit, units_of
from exchange.fhirjson import dumps, identity
from exchange.hub import Hub
from exchange.interactions.request import decoded, instant_text
from exchange.jobs.files import append, folder_of
from exchange.jobs.job import Job, Tell
from exchange.search.page.execute import search
from exchange.search.query.criterion import AnyOf, Not, Patients
from exchange.search.query.parse import parse
from exchange.search.query.query import Query
from mpi.keys import patient_key
from mpi.reach import PATIENT_KEYS

PAGE: Final = 2000
SEARCH_PAGE: Final = 1000
MOST_LINES: Final = 200_000
MOST_BYTES: Final = 256 * 1024 * 1024
DELETED: Final = "Bundle"

KEYS: Final = f"SELECT k.patient_key FROM ({PATIENT_KEYS.format(keys='$1::uuid[]')}) k"  # noqa: S608 - fixed


async def export(hub: Hub, job: Job, tell: Tell) -> bytes:
    """Writes the files; gives back the manifest."""
    plan, progress = plan_from_json(job.request), progress_from_json(job.progress)
    units = units_of(plan)
    while progress.unit < len(units):
        unit = units[progress.unit]
        bodies, place = await _page(hub, plan, unit, progress.place)
        await _write(hub, job, progress, unit.type, bodies)
        progress.place = place
        if place is None:
            progress.unit += 1
        await tell(progress.as_json(), f"{progress.count} resources, {unit.type}")
    return await _manifest(hub, job, plan, progress)


async def _page(hub: Hub, plan: Plan, unit: Unit, place: Any) -> tuple[Sequence[bytes], Any]:
    async with hub.pool.acquire() as connection:
        keys = None
        if unit.patients is not None:
            named = [patient_key(id_) for id_ in unit.patients]
            keys = [record[0] for record in await connection.fetch(KEYS, named)]
        scope = Scope(plan.instant, plan.since, keys, of_patients=plan.level != "system")
        if unit.filter is not None:
            return await _matches(hub, connection, unit, scope, place)
        at = Place(**place) if place else Place()
        found = await stretch(connection, unit.type, scope, at, PAGE)
        return found.bodies, None if found.place is None else asdict(found.place)


async def _matches(
    hub: Hub, connection: Any, unit: Unit, scope: Scope, cursor: str | None
) -> tuple[Sequence[bytes], str | None]:
    """A page of what the unit's filter finds."""
    query = _query(hub, unit, scope.patients, cursor)
    page = await search(connection, query, hub.extraction)
    instant, since = instant_text(scope.instant), scope.since and instant_text(scope.since)
    now = [(body, _updated(body)) for body in page.bodies]
    later = [identity(body)[1].decode() for body, updated in now if updated > instant]
    bodies = [body for body, updated in now if updated <= instant and (not since or updated > since)]
    if later:
        bodies += await scan.as_of(connection, unit.type, later, scope)
    return bodies, page.next


def _query(hub: Hub, unit: Unit, patients: Sequence[UUID] | None, cursor: str | None) -> Query:
    """The unit's filter, without what the filters before it have found, for its patients alone."""
    query = parse(hub.search, unit.type, decoded(unit.filter or ""))
    criteria = list(query.criteria)
    for other in unit.others:
        found = parse(hub.search, unit.type, decoded(other)).criteria
        criteria.append(AnyOf(tuple(Not(each) for each in found)))
    if patients is not None:
        criteria.append(Patients(tuple(patients), several=True))
    return replace(query, criteria=tuple(criteria), count=SEARCH_PAGE, cursor=cursor, total="none")


def _updated(body: bytes) -> str:
    """`meta.lastUpdated` of a stored body, which `split` began."""
    return body[body.index(_UPDATED) + len(_UPDATED) :].partition(b'"')[0].decode()


async def _write(hub: Hub, job: Job, progress: Progress, type_: str, lines: Sequence[bytes]) -> None:
    """Appends to the type's file, or begins another one; durable when it returns."""
    if not lines:
        return
    own = [file for file in progress.files if file.type == type_]
    file = own[-1] if own else None
    if file is None or file.count >= MOST_LINES or file.bytes >= MOST_BYTES:
        file = File(type_, len(own) + 1)
        progress.files.append(file)
    folder = folder_of(hub.settings, job.id)
    file.bytes = await asyncio.to_thread(append, folder, file.name, list(lines), file.bytes)
    file.count += len(lines)


async def _manifest(hub: Hub, job: Job, plan: Plan, progress: Progress) -> bytes:
    told = [
        {"type": file.type, "url": f"{hub.base}/$job/{job.id}/{file.name}", "count": file.count}
        for file in progress.files
    ]
    return dumps(
        {
            "transactionTime": instant_text(plan.instant),
            "request": plan.url,
            "requiresAccessToken": True,
            "output": told,
            "deleted": await _deleted(hub, job, plan),
            "error": [],
        }
    )


async def _deleted(hub: Hub, job: Job, plan: Plan) -> list[dict[str, Any]]:
    """What was deleted since then, as transactions that would delete it."""
    if plan.since is None or plan.level != "system":
        return []  # whose patient a deleted resource was, nobody knows any more
    async with hub.pool.acquire() as connection:
        gone = await scan.deleted(connection, plan.types, Scope(plan.instant, plan.since))
    if not gone:
        return []
    lines = [dumps(_deletion(gone[n : n + SEARCH_PAGE])) for n in range(0, len(gone), SEARCH_PAGE)]
    name = f"{DELETED}-0.ndjson"
    await asyncio.to_thread(append, folder_of(hub.settings, job.id), name, lines, 0)
    return [{"type": DELETED, "url": f"{hub.base}/$job/{job.id}/{name}", "count": len(lines)}]


def _deletion(gone: Sequence[tuple[str, str]]) -> dict[str, Any]:
    entries = [{"request": {"method": "DELETE", "url": f"{kind}/{id_}"}} for kind, id_ in gone]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


_UPDATED: Final = b'"lastUpdated":"'
