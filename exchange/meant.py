"""Which Patients hospitals mean that tell of them by an identifier (a conditional update).

https://profiles.ihe.net/ITI/PIXm/ITI-104.html#2310441-add-or-revise-patient

Of several that are told of together, each must mean the same Patient as if it came alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from exchange.hub import Hub
from exchange.interactions.conditional import asked_identifiers, find, lock, locks, one
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from exchange.store.told import Told

Matches = Mapping[int, Sequence[str]]


class Entangled(Exception):
    """What one of several asks for is told by another of them."""


def asked(several: Mapping[int, Told]) -> list[list[Any]]:
    """The arguments of `identified` (migration 0026), by the numbers that the caller gave them."""
    return asked_identifiers(
        (at, told.write.type, told.condition.identifiers)
        for at, told in several.items()
        if told.condition is not None
    )


def meant(hub: Hub, several: Mapping[int, Told], matches: Matches) -> dict[int, Told]:
    """Each as the write of the Patient that its criteria mean, or of a new one. Those are left out that are
    to be refused, or decided after another."""
    found: dict[int, Told] = {}
    ids: set[str] = set()
    met = _met(several)
    for at, told in several.items():
        known = matches.get(at, ())
        if at in met or not _is_fit(told, known):
            continue
        final = as_match(hub, told, known[0]) if known else told
        if final.write.id not in ids:
            ids.add(final.write.id)
            found[at] = final
    return found


def as_match(hub: Hub, told: Told, match: str) -> Told:
    """The same, told of the Patient that the criteria found."""
    if told.condition is None or told.patient is None or told.write.id == match:
        return told
    resource = told.patient | {"id": match}
    write = hub.write_own("update", resource, told.write.if_match, told.condition.rest)
    return replace(told, write=write, patient=resource)


def as_found(several: Mapping[int, Told], matches: Matches) -> dict[str, Any]:
    """The arguments of `identified_as_found`, if some of these ask by criteria."""
    conditions = [told.condition for told in several.values() if told.condition is not None]
    if not conditions:
        return {}
    made = [(told.write.type, told.write.row.identifiers) for told in several.values() if told.condition]
    keys = locks([condition.query for condition in conditions], made)
    names = ("asked", "asked_types", "asked_params", "asked_systems", "asked_numbers")
    return dict(zip(names, asked(several), strict=True)) | {
        "criteria_locks": list(keys),
        "criteria_alone": list(keys.values()),
        "found": [f"{at} {id_}" for at in sorted(several) for id_ in matches.get(at, ())],
    }


async def meant_locked(hub: Hub, connection: Connection, several: Sequence[Told]) -> list[Told]:
    """The same under the locks of the criteria, until the transaction ends. Raises FhirError for what is to
    be refused, and Entangled."""
    numbered = dict(enumerate(several))
    conditions = {at: told.condition for at, told in numbered.items() if told.condition is not None}
    if not conditions:
        return [*several]
    if _met(numbered):
        raise Entangled
    made = [(told.write.type, told.write.row.identifiers) for told in several if told.condition]
    await lock(connection, [each.query for each in conditions.values()], made)
    matches = await find(connection, {each.criteria: each.query for each in conditions.values()})
    return [
        _required(hub, told, one(told.condition.criteria, matches[told.condition.criteria]))
        if told.condition
        else told
        for told in several
    ]


def _required(hub: Hub, told: Told, match: str | None) -> Told:
    if match is None:
        return told
    if not _is_fit(told, [match]):
        raise FhirError("invalid", f"The body's id is not the URL's, {match}", "Patient.id")
    return as_match(hub, told, match)


def _is_fit(told: Told, matches: Sequence[str]) -> bool:
    """Whether these could be meant: one that is called as the client calls it, or none."""
    own = told.write.id if told.condition and told.condition.own_id else None
    return not matches or (len(matches) == 1 and own in (None, matches[0]))


def _met(several: Mapping[int, Told]) -> set[int]:
    """Those who ask for what another of them has."""
    having: dict[str, list[tuple[str, int]]] = {}
    for at, told in several.items():
        for _, system, value in told.write.row.identifiers:
            having.setdefault(value, []).append((system, at))
    return {
        at
        for at, told in several.items()
        if told.condition is not None
        for sought, value in told.condition.identifiers.identifiers
        for system, other in having.get(value, ())
        if other != at and sought in (None, system)
    }
