"""A message that comes after newer ones: what a resource was by then, and what it is now. Pure.

What later messages say is told again on top of it, so that in whatever order messages come, what is stored is
as if they had come in theirs. Where that cannot be known (somebody else wrote the resource, too much came
since), the late message only completes: what is there stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.merge import merged
from adapters.translation import Entry
from exchange.fhirjson import dumps, loads

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """A resource around a message's place. `base` is what it was before; `newer` is what later messages say
    of it, in their order, `rows` their numbers in the inbox. `is_sure` if nobody else is known to have
    written it since; `was_told` if this message told of it before."""

    base: Resource | None
    newer: tuple[Entry, ...] = ()
    rows: tuple[int, ...] = ()
    is_sure: bool = False
    was_told: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """`then` is what the message made of the resource at its time, None if nothing new; `now` is current."""

    then: Resource | None
    now: Resource


def placed(current: Resource | None, entries: Sequence[Entry], chain: Chain) -> Placed:
    """The resource with what a late message says of it put in its place."""
    then = told(chain.base, entries)
    if then is None or current is None:
        return Placed(None, told(current, entries) or {})
    now = told(then, chain.newer) or then
    if not _is_exact(current, chain):
        now = _completed(current, entries)
    says_nothing = is_same(then, chain.base) or is_same(then, now)
    if says_nothing or (chain.was_told and is_same(now, current)):
        return Placed(None, now)
    return Placed(then, now)


def told(resource: Resource | None, entries: Sequence[Entry]) -> Resource | None:
    """The resource after these, one after the other."""
    for entry in entries:
        resource = merged(resource, entry)
    return resource


def is_same(one: Resource | None, other: Resource | None) -> bool:
    """The same content; `meta` is left out, for the hub adds to it."""
    return _plain(one) == _plain(other)


def _is_exact(current: Resource, chain: Chain) -> bool:
    if not chain.is_sure:
        return False
    return chain.was_told or is_same(told(chain.base, chain.newer), current)


def _completed(current: Resource, entries: Sequence[Entry]) -> Resource:
    """What the message says where nothing is said yet, with what is said."""
    older = told(None, [replace(entry, mode="merge") for entry in entries]) or {}
    return merged({name: value for name, value in older.items() if name not in current}, Entry(current))


def _plain(resource: Resource | None) -> Resource | None:
    """As it would be read again: numbers of one kind, the order of members aside."""
    if resource is None:
        return None
    return loads(dumps({name: value for name, value in resource.items() if name != "meta"}))
