"""A reviewed sheet into force: a new version of each concept map that it speaks of; or only what it would do.

https://hl7.org/fhir/R4/conceptmap.html
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from exchange.hub import Hub
from exchange.local_codes import store, stored
from exchange.local_codes.concept_map import Approval, Change, change_of, elements_of, merged, next_version
from exchange.local_codes.review import Fault, Review, Target, reviewed
from exchange.local_codes.sheet import Row, rows_of
from exchange.local_codes.sighting import Key
from exchange.local_codes.store import Decision, LocalCode
from exchange.store.connection import Connection
from exchange.store.transact import transact
from terminology.canonical import split
from terminology.library import Library

# One at a time makes the next version of a map.
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('local codes: ' || $1, 0))"
STATES: Final = {"ignored": "ignored", "open": "open"}


@dataclass(frozen=True, slots=True)
class Made:
    """A new version of a map; `codes` are those that it says something else of than the one before."""

    canonical: str
    change: Change
    codes: Sequence[Key]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What an upload did, or would do. `resources` is how many stored ones have a code that is understood
    otherwise now, as far as the index tells."""

    faults: Sequence[Fault]
    made: Sequence[Made]
    decided: int
    resources: int

    @property
    def codes(self) -> list[Key]:
        return [key for each in self.made for key in each.codes]


async def checked(hub: Hub, sheet: bytes, within: str) -> tuple[Review, Mapping[Key, LocalCode]]:
    """The review that a sheet holds, of systems that begin with `within`. Raises UnusableSheet."""
    rows = await asyncio.to_thread(rows_of, sheet)
    keys = sorted({_key(row) for row in rows})
    async with hub.pool.acquire() as connection:
        known = await store.these(connection, keys)
    mine = {key: each for key, each in known.items() if key.system.startswith(within)}
    library = hub.terminology.library

    def display(system: str, code: str) -> str | None:
        return display_of(library, system, code)

    return await asyncio.to_thread(reviewed, rows, mine, hub.local_codes.systems, display), mine


def display_of(library: Library, url: str, code: str) -> str | None:
    """Raises LookupError for a system of which the codes are not known."""
    system = library.code_system(*split(url))
    if system is None or system.header.content in ("not-present", "example"):
        raise LookupError(url)
    number = system.number(code)
    if number is not None:
        return system.displays[number]
    if not system.is_complete:
        raise LookupError(url)
    return None


async def rehearsed(hub: Hub, review: Review, approval: Approval) -> Uploaded:
    """What would be."""
    await hub.terminology.refresh()
    made = [one for system in review.systems if (one := _next(hub, review, system, approval, {})[0])]
    return await _told(hub, review, made)


async def uploaded(
    hub: Hub, review: Review, known: Mapping[Key, LocalCode], approval: Approval, actor: str
) -> Uploaded:
    """Everything or nothing; `known` are the codes as they were met."""
    made: list[Made] = []
    async with hub.pool.acquire() as connection, connection.transaction():
        for system in review.systems:
            await connection.execute(LOCK, system)
        await hub.terminology.refresh()
        displays = {key: each.sighting.display for key, each in known.items()}
        for system in review.systems:
            one, resource = _next(hub, review, system, approval, displays)
            if one is not None:
                await transact(connection, [hub.write("create", resource)], hub.clock())
                made.append(one)
        await _decide(hub, connection, review, actor)
    await hub.terminology.refresh()
    return await _told(hub, review, made)


def _next(
    hub: Hub, review: Review, system: str, approval: Approval, displays: Mapping[Key, str]
) -> tuple[Made | None, dict[str, object]]:
    """None if the last version says the same from no later on."""
    systems, maps = hub.local_codes.systems, hub.local_codes.maps
    latest = maps.latest(system, systems.map_of(system))
    before = elements_of(latest.entry.resource, system) if latest else {}
    said: dict[str, list[Target]] = {
        key.code: targets for key, targets in review.mapped.items() if key.system == system
    }
    codes = [Key(system, code) for code, targets in said.items() if before.get(code) != targets]
    if not codes and latest is not None and latest.start <= approval.effective:
        return None, {}
    number = max(latest.rank[0], 0) + 1 if latest else 1
    named = {key.code: display for key, display in displays.items() if key.system == system}
    elements = merged(before, said)
    resource = next_version(systems, system, elements, named, number, approval)
    canonical = f"{resource['url']}|{number}"
    return Made(canonical, change_of(before, said), codes or [Key(system, code) for code in said]), resource


async def _decide(hub: Hub, connection: Connection, review: Review, actor: str) -> None:
    mapped = Decision("mapped", actor, reason="")
    await store.decide(connection, sorted(review.mapped), mapped, hub.clock())
    for key, (state, reason) in sorted(review.decided.items()):
        await store.decide(connection, [key], Decision(STATES[state], actor, reason=reason), hub.clock())


async def _told(hub: Hub, review: Review, made: Sequence[Made]) -> Uploaded:
    codes = [key for each in made for key in each.codes]
    async with hub.pool.acquire() as connection:
        known = await store.these(connection, codes)
        places = {key: each.sighting.places for key, each in known.items()}
        number = await stored.number(connection, stored.whereabouts(hub.search.registry, places))
    return Uploaded(review.faults, made, len(review.decided), number)


def _key(row: Row) -> Key:
    return Key(row.text("system"), row.text("code"))
