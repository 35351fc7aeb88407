"""Keeps a running hub's library in step with the terminology that is stored; it is swapped as a whole.

What this hub writes is in force when the write is answered, what others write within a second.

https://hl7.org/fhir/R4/terminology-service.html
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from exchange.fhirjson import loads
from exchange.following import following
from exchange.store.packing import unpack
from exchange.terminology import stored
from exchange.terminology.core import core_library
from exchange.terminology.stored import Mark
from terminology import releases
from terminology.answering import LibraryChecks
from terminology.library import Entry, Library, entry_of, ready
from terminology.packed import assembled

AT_ONCE: Final = 200

Key = tuple[int, int]


class TerminologyKeeper:
    """`library` has what is stored above what the packages define; `checks` answers by it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._mark: Mark | None = None
        self._known: dict[Key, Entry] = {}
        self._large: dict[int, Entry] = {}
        self._looking = asyncio.Lock()
        self.library = Library(base=core_library())
        self.checks = LibraryChecks(self.library)

    async def refresh(self) -> None:
        """What is stored now is in force when this returns."""
        async with self._looking:
            async with self._pool.acquire() as connection:
                mark = await stored.mark(connection)
                if mark == self._mark:
                    return
                entries = await self._entries(connection)
                large = await self._releases(connection)
            self._known, self._large = entries, large
            self.library = Library([*large.values(), *entries.values()], core_library())
            self.checks = LibraryChecks(self.library)
            self._mark = mark

    async def _entries(self, connection: asyncpg.pool.PoolConnectionProxy) -> dict[Key, Entry]:
        """All that is stored; only what is new is read."""
        there = await stored.versions(connection)
        missing = [key for key in there if key not in self._known]
        made: dict[Key, Entry] = {}
        for start in range(0, len(missing), AT_ONCE):
            rids = [rid for rid, _ in missing[start : start + AT_ONCE]]
            records = await stored.bodies(connection, rids)
            packed = [((each["rid"], each["version"]), each["body"]) for each in records]
            made |= await asyncio.to_thread(_read, packed)
        return {key: entry for key in there if (entry := self._known.get(key) or made.get(key))}

    async def _releases(self, connection: asyncpg.pool.PoolConnectionProxy) -> dict[int, Entry]:
        """The large code systems, which are not resources; only what is new is read."""
        made: dict[int, Entry] = {}
        for each in await releases.there(connection):
            if each.release not in self._large:
                parts = await releases.parts_of(connection, each.release)
                system = await asyncio.to_thread(assembled, each.header, parts)
                made[each.release] = ready(system)
            else:
                made[each.release] = self._large[each.release]
        return made


def _read(packed: Iterable[tuple[Key, bytes]]) -> dict[Key, Entry]:
    return {key: entry_of(loads(unpack(body))) for key, body in packed}


@asynccontextmanager
async def terminology_kept(pool: asyncpg.Pool) -> AsyncIterator[TerminologyKeeper]:
    """A keeper that is up to date, and stays so meanwhile."""
    keeper = TerminologyKeeper(pool)
    await keeper.refresh()
    async with following(keeper.refresh, "terminology"):
        yield keeper
