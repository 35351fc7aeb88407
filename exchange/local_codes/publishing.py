"""Writes the CodeSystems of hospitals' own codes when there is something new in them, and sees what maps that
came by other ways have made of the work queue.

https://hl7.org/fhir/R4/codesystem.html
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from exchange.hub import Hub
from exchange.local_codes import store
from exchange.local_codes.code_system import code_system_of
from exchange.local_codes.sighting import Key
from exchange.local_codes.store import Decision
from exchange.operations.definitions import operation_definitions
from exchange.outcome import FhirError
from exchange.store.batch import Write
from exchange.store.connection import Connection
from exchange.store.transact import transact

SECONDS: Final = 30.0
# The system is the actor where a map decides.
MAPS: Final = "concept map"

_log = logging.getLogger(__name__)


async def publish(hub: Hub) -> list[str]:
    """The systems whose CodeSystems were written."""
    await _reconcile_changed(hub)
    async with hub.pool.acquire() as connection:
        stale = await store.stale(connection)
    for system, changed in stale:
        async with hub.pool.acquire() as connection, connection.transaction():
            codes = await store.of_system(connection, system)
            write = await asyncio.to_thread(_written, hub, system, codes)
            await transact(connection, [write], hub.clock())
            await store.mark_published(connection, system, changed)
    if stale:
        await hub.terminology.refresh()
    return [system for system, _ in stale]


def _written(hub: Hub, system: str, codes: list[store.LocalCode]) -> Write:
    return hub.write("update", code_system_of(system, codes))


async def publish_definitions(hub: Hub) -> None:
    """Those of the operations on codes and identities; what is stored as it is now gets no new version."""
    # Tables are read and judged for 0.1 s: not on the loop.
    writes = await asyncio.to_thread(lambda: [hub.write("update", each) for each in operation_definitions()])
    async with hub.pool.acquire() as connection, connection.transaction():
        await transact(connection, writes, hub.clock())


async def _reconcile_changed(hub: Hub) -> None:
    """Those systems whose maps are other ones than when this was done last."""
    before, now = hub.local_codes.reconciled, hub.local_codes.maps.fingerprints()
    for system in sorted(before.keys() | now.keys()):
        if before.get(system) != now.get(system):
            async with hub.pool.acquire() as connection, connection.transaction():
                await reconcile(hub, connection, system)
    hub.local_codes.reconciled = now


async def reconcile(hub: Hub, connection: Connection, system: str) -> None:
    """What the maps of now have is mapped; what they have no more is open again."""
    maps, now = hub.local_codes.maps, hub.clock()
    mapped: list[Key] = []
    opened: list[Key] = []
    for each in await store.of_system(connection, system):
        has = maps.mapped(*each.key, now) is not None
        if has and each.state in ("open", "assigned"):
            mapped.append(each.key)
        elif not has and each.state == "mapped" and each.actor == MAPS:
            opened.append(each.key)
    for keys, state in ((mapped, "mapped"), (opened, "open")):
        if keys:
            await store.decide(connection, keys, Decision(state, MAPS), now)


async def _keep_publishing(hub: Hub) -> None:
    """Until it is cancelled."""
    told = False
    while True:
        await asyncio.sleep(SECONDS)
        try:
            if not told:
                await publish_definitions(hub)
                told = True
            await hub.local_codes.flush()
            await publish(hub)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, FhirError) as error:
            _log.warning("code systems cannot be written: %s", type(error).__name__)


@asynccontextmanager
async def publishing(hub: Hub) -> AsyncIterator[None]:
    """What is new is published meanwhile."""
    task = asyncio.create_task(_keep_publishing(hub))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
