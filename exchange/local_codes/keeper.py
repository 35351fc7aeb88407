"""What a running hub knows of hospitals' own codes: it translates them, and counts them without a write for
each.

A code that this process has not met before is written in the transaction of the message that brought it, so
that none goes missing; how often the others come is added up in memory and written every few seconds.

https://hl7.org/fhir/R4/terminology-service.html
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from exchange.local_codes import store
from exchange.local_codes.maps import LocalMaps
from exchange.local_codes.rewriting import Allowed, Met, Remembered, Rewriting
from exchange.local_codes.sighting import Key, Sighting, counted, kept, together
from exchange.local_codes.systems import Systems
from exchange.store.connection import Connection
from exchange.terminology.keeper import TerminologyKeeper
from profiles.definitions import Definitions
from terminology.checks import Check, CodeOf

FLUSH_SECONDS: Final = 5.0
# So many codes are written by one statement: nobody waits long for a row.
AT_ONCE: Final = 1_000
# So many codes are known to be in the database; then they are found out again.
MOST_KNOWN: Final = 500_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A resource as the maps have it, what was met in it, and by which versions it was changed."""

    resource: dict[str, Any]
    met: Sequence[Met]
    versions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Noted:
    """What a transaction has written of what was met, and what is to be counted once it is committed."""

    written: Sequence[Sighting]
    others: Sequence[Sighting]


class LocalCodes:
    """Translates by the library of now; `reconciled` are the maps by which states were set last."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        systems: Systems,
        terminology: TerminologyKeeper,
        definitions: Definitions,
        clock: Callable[[], datetime],
    ) -> None:
        self.systems = systems
        self._prefix = systems.prefix.encode()
        self._pool, self._terminology, self._definitions, self._clock = pool, terminology, definitions, clock
        self.reconciled: dict[str, frozenset[str]] = {}
        self._known: set[int] = set()
        self._remembered: tuple[LocalMaps | None, Remembered] = (None, {})
        self._tally: dict[Key, Sighting] = {}

    @property
    def maps(self) -> LocalMaps:
        library = self._terminology.library
        return library.remembered("local-maps", lambda: LocalMaps(library, self.systems.prefix))

    def rewritten(self, resource: dict[str, Any], when: datetime) -> Rewritten:
        """`when` is the event's time, which says what version of a map holds."""
        maps = self.maps
        if self._remembered[0] is not maps:
            self._remembered = maps, {}
        work = Rewriting(self.systems, maps, when, self._allowed(), remembered=self._remembered[1])
        made = work.resource(resource)
        return Rewritten(made, work.met, tuple(work.versions))

    def may_stand_in(self, text: bytes | None) -> bool:
        """Whether a resource of this text may name a hospital's own system; None: the text is not known."""
        return text is None or self._prefix in text

    def _allowed(self) -> Allowed:
        checks, definitions = self._terminology.checks, self._definitions

        def allowed(path: str, coding: CodeOf) -> bool:
            element = definitions.element(path)
            binding = element.binding if element else None
            if binding is None or binding.strength != "required":
                return False
            [answer] = checks.check([Check("code", (coding,), binding.value_set)])
            return answer.result is True

        return allowed

    async def write_new(self, connection: Connection, sightings: Iterable[Sighting]) -> Noted:
        """Writes those of codes that this process has not met, as the last thing of a transaction."""
        listed = [made for each in counted(sightings).values() if (made := kept(each))]
        written = [each for each in listed if hash(each.key) not in self._known]
        await store.add(connection, self.systems, written, self._clock())
        return Noted(written, [each for each in listed if hash(each.key) in self._known])

    def count(self, noted: Noted) -> None:
        """The transaction is committed."""
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        self._known.update(hash(each.key) for each in noted.written)
        for each in noted.others:
            known = self._tally.get(each.key)
            self._tally[each.key] = together(known, each) if known else each

    async def flush(self) -> None:
        """What was counted is in the database when this returns."""
        tally, self._tally = self._tally, {}
        left = sorted(tally.values(), key=lambda each: each.key)
        try:
            while left:
                async with self._pool.acquire() as connection:
                    await store.add(connection, self.systems, left[:AT_ONCE], self._clock())
                del left[:AT_ONCE]
        finally:
            self._tally = counted((*left, *self._tally.values()))

    async def keep_flushing(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("codes cannot be counted: %s", type(error).__name__)


@asynccontextmanager
async def kept_local_codes(codes: LocalCodes) -> AsyncIterator[LocalCodes]:
    """Counts are written meanwhile, and at the end."""
    flushing = asyncio.create_task(codes.keep_flushing())
    try:
        yield codes
    finally:
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
        try:
            await codes.flush()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("the last codes were not counted: %s", type(error).__name__)
