"""What is known around a late message: read from the store, and what later messages say told again.

Their bytes are in the inbox, and telling them again by today's maps costs only who comes late.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.translation import Entry
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.inbound.inbox import Pending
from exchange.inbound.late import Chain, Resource, told
from exchange.inbound.telling import MOST, Telling, earlier
from exchange.inbound.texts import Texts
from exchange.inbound.work import Lateness, Reference, Work, is_declaration, said_by
from exchange.search.value.token import reference_hash
from exchange.store.connection import Connection
from exchange.store.fetch import fetch, vread

Reread = Callable[[Pending], Work]

# Messages that were processed, by their numbers.
PROCESSED: Final = """
SELECT id, received, channel, charset, raw FROM inbox WHERE id = ANY($1::bigint[]) AND state = 'processed'"""


@dataclass(frozen=True, slots=True)
class _Around:
    """The messages before and after a place, and what each says."""

    before: Sequence[Telling]
    after: Sequence[Telling]
    said: Mapping[int, Mapping[Reference, list[Entry]]]


def hashed(reference: Reference) -> int:
    """A subject, or a resource, as tellings know it."""
    return reference_hash("/".join(reference))


async def lateness(
    connection: Connection, hub: Hub, work: Work, after: Sequence[Telling], reread: Reread
) -> Lateness:
    """What a message needs to be put in its place. `after` is what stands behind it."""
    numbers = frozenset(each.message for each in after)
    refs = {hashed(reference): reference for reference in work.references}
    if len(after) > MOST or not all(each.refs for each in after):
        unsure = {reference: Chain(None) for reference in refs.values()}
        return Lateness(numbers, unsure)
    after = [each for each in after if not refs.keys().isdisjoint(each.refs)]
    touched = {ref: refs[ref] for each in after for ref in each.refs if ref in refs}
    subjects = {hashed(("Patient", id_)) for id_ in work.patients} | touched.keys()
    before = await earlier(connection, sorted(subjects), work.place) if touched else []
    works = await _reread(connection, after, before, touched, reread)
    said = {}
    for number, each in works.items():
        said[number] = said_by(each, hub, [], Texts())
        await asyncio.sleep(0)
    around = _Around(before, after, said)
    chains = {
        reference: await _chain(connection, work, reference, ref, around)
        for ref, reference in touched.items()
    }
    newer = [works[each.message] for each in after if each.message in works]
    again = any(is_declaration(each) and len(each.patients & work.patients) > 1 for each in newer)
    return Lateness(numbers, chains, again)


async def _reread(
    connection: Connection,
    after: Sequence[Telling],
    before: Sequence[Telling],
    touched: Mapping[int, Reference],
    reread: Reread,
) -> dict[int, Work]:
    """Later messages, and earlier ones behind which no version is known, by their numbers."""
    wanted = {each.message for each in after}
    for ref in touched:
        wanted |= {each.message for each in _unseen(before, ref)}
    found = {}
    for record in await connection.fetch(PROCESSED, sorted(wanted)):
        found[record["id"]] = reread(Pending(**record))
        await asyncio.sleep(0)
    return found


def _unseen(before: Iterable[Telling], ref: int) -> list[Telling]:
    """Those nearest the place that told of the resource, up to one whose version is known; oldest first."""
    unseen: list[Telling] = []
    for each in before:
        if ref in each.refs:
            if each.version(ref):
                break
            unseen.insert(0, each)
    return unseen


async def _chain(
    connection: Connection, work: Work, reference: Reference, ref: int, around: _Around
) -> Chain:
    before = [each for each in around.before if each.place != work.place and ref in each.refs]
    after = [each for each in around.after if ref in each.refs]
    unseen = _unseen(before, ref)
    seen = next((each for each in before if each.version(ref)), None)
    base = await _version(connection, reference, seen.version(ref)) if seen is not None else None
    base = told(base, _entries(unseen, reference, around))
    [stored] = await fetch(connection, [reference])
    told_again = all(each.message in around.said for each in (*unseen, *after))
    return Chain(
        base=base,
        newer=tuple(_entries(after, reference, around)),
        rows=tuple(each.message for each in after),
        is_sure=told_again and stored is not None and after[-1].version(ref) == stored.version,
        was_told=any(each.place == work.place and ref in each.refs for each in around.before),
    )


def _entries(tellings: Iterable[Telling], reference: Reference, around: _Around) -> list[Entry]:
    return [entry for each in tellings for entry in around.said.get(each.message, {}).get(reference, ())]


async def _version(connection: Connection, reference: Reference, version: int) -> Resource | None:
    stored = await vread(connection, *reference, version)
    return loads(stored.body) if stored is not None and stored.body is not None else None
