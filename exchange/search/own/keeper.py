"""Keeps a running hub's registry and extraction in step with the SearchParameter resources that are stored.

The registry is swapped as a whole, between two requests; nothing on the way of a request waits for it.

https://hl7.org/fhir/R4/searchparameter.html
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from exchange.following import POLL_SECONDS, following
from exchange.search.definition.leading import Further
from exchange.search.index.extract import Extraction
from exchange.search.own import store as own_store
from exchange.search.own.store import Own, State

# When a parameter has been known here for so long, every hub indexes by it.
KNOWN_EVERYWHERE_SECONDS: Final = 2 * POLL_SECONDS
CONFIRMED_AT_ONCE: Final = 5_000

# Which of these texts stand in the database.
WRITTEN: Final = "SELECT DISTINCT token FROM text_index WHERE token = ANY($1::bigint[])"


class Keeper:
    """`own` are the deployment's own parameters, as this hub uses them."""

    def __init__(self, pool: asyncpg.Pool, extraction: Extraction) -> None:
        self._pool, self._extraction = pool, extraction
        self._version: int | None = None
        extraction.unwritten.begin_anew()
        self._since = time.monotonic()
        self._left: tuple[int, ...] = ()
        self.own: tuple[Own, ...] = ()

    async def refresh(self) -> None:
        """What is stored now is in force when this returns."""
        async with self._pool.acquire() as connection, connection.transaction():
            state = await own_store.brought_up_to_date(connection, self._extraction.registry.definitions)
        self._take(state)

    def _take(self, state: State) -> None:
        if [each.parameter for each in state.own] != [each.parameter for each in self.own]:
            self._since = time.monotonic()
        self._version, self.own = state.version, state.own
        self._left += state.left
        warnings = {each.parameter.code: _warning(each) for each in state.own if not each.indexed}
        parameters = tuple(each.parameter for each in state.own)
        changed = self._extraction.registry.extend(Further(parameters, state.ids, warnings))
        self._extraction.forget(changed)

    async def known_everywhere(self) -> None:
        """Returns when other hubs, too, index by the parameters that are in force here."""
        await asyncio.sleep(max(0.0, self._since + KNOWN_EVERYWHERE_SECONDS - time.monotonic()))

    async def look(self) -> None:
        """Follows what other hubs have changed, and cleans up."""
        async with self._pool.acquire() as connection:
            current = await own_store.version(connection)
        if current != self._version:
            await self.refresh()
        await self._confirm_texts()
        if self._left:
            async with self._pool.acquire() as connection:
                await own_store.remove_left(connection, self._left)
            self._left = ()

    async def _confirm_texts(self) -> None:
        """Texts that are in the database need not be brought again."""
        unwritten = self._extraction.unwritten
        asked = list(unwritten)[:CONFIRMED_AT_ONCE]
        if asked:
            async with self._pool.acquire() as connection:
                unwritten.written([record["token"] for record in await connection.fetch(WRITTEN, asked)])


def _warning(own: Own) -> str:
    return (
        f"{own.parameter.code} does not find what was stored before SearchParameter/{own.id}: "
        f"POST [base]/SearchParameter/{own.id}/$reindex"
    )


@asynccontextmanager
async def kept(pool: asyncpg.Pool, extraction: Extraction) -> AsyncIterator[Keeper]:
    """A keeper that is up to date, and stays so meanwhile."""
    keeper = Keeper(pool, extraction)
    await keeper.refresh()
    async with following(keeper.look, "search parameters"):
        yield keeper
