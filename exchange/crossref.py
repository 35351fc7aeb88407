"""What else is the person called who has this identifier? Named SQL.

https://profiles.ihe.net/ITI/PIXm/ITI-83.html
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from exchange.domains import Domains
from exchange.hub import Hub
from exchange.lookups import Identity, Numbers, identified
from exchange.search.value.token import identifier_value
from exchange.store.connection import Connection

Resource = dict[str, Any]

# Domains that somebody has given numbers in.
USED: Final = "SELECT system FROM mpi_domain WHERE system = ANY($1::text[])"
USE: Final = "INSERT INTO mpi_domain (system) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"


async def identities(hub: Hub, connection: Connection, asked: Iterable[tuple[str, str]]) -> list[Identity]:
    """Who has one of these identifiers (system, value), without what was merged away; each person once."""
    (found,) = await identified(connection, hub.lookups.parameters(), [wanted(hub, asked)])
    return found


async def looked_up(hub: Hub, asked: Iterable[tuple[str, str]]) -> list[Identity]:
    """The same for a caller who has no transaction: asked together with what others ask."""
    numbers = wanted(hub, asked)
    return await hub.lookups.identities(numbers) if numbers else []


def wanted(hub: Hub, asked: Iterable[tuple[str, str]]) -> Numbers:
    """The identifiers as they are kept, in all the systems that mean the same domain."""
    return frozenset(
        (system, identifier_value(value))
        for named, value in asked
        for system in hub.domains.aliases(named)
        if value
    )


def is_remembered_domain(hub: Hub, system: str) -> bool:
    """Whether the hub knows of a domain without asking the database."""
    domains = hub.domains
    return bool(
        system in hub.seen_domains
        or domains.of(system)
        or domains.identify(system)[0]
        or system in (hub.base, f"{domains.base}/sid/enterprise-id")
    )


async def is_known_domain(hub: Hub, connection: Connection, system: str) -> bool:
    """Whether the hub knows of a domain: listed, shared by all, or with numbers that somebody gave."""
    domains = hub.domains
    if is_remembered_domain(hub, system):
        return True
    used = {row["system"] for row in await connection.fetch(USED, list(domains.aliases(system)))}
    hub.seen_domains.update(used)
    return bool(used)


async def note_domains(hub: Hub, connection: Connection, patients: Iterable[Mapping[str, Any]]) -> None:
    """Remember the domains that these patients have numbers of."""
    systems = {
        alias
        for patient in patients
        for identifier in patient.get("identifier", ())
        if isinstance(system := identifier.get("system"), str)
        for alias in hub.domains.aliases(system)
    }
    unseen = systems - hub.seen_domains
    if not unseen:
        return
    known = {row["system"] for row in await connection.fetch(USED, sorted(unseen))}
    hub.seen_domains.update(known)
    if fresh := unseen - known:
        await connection.execute(USE, sorted(fresh))


def current_identifiers(patient: Resource) -> list[Resource]:
    """Without those that were given up in a merge."""
    return [each for each in patient.get("identifier", ()) if each.get("use") != "old" and each.get("value")]


def of_domains(domains: Domains, identifiers: Sequence[Resource], systems: Sequence[str]) -> list[Resource]:
    """The identifiers of these domains; all, if none are named."""
    if not systems:
        return list(identifiers)
    wanted = {alias for system in systems for alias in domains.aliases(system)}
    return [each for each in identifiers if set(domains.aliases(each.get("system", ""))) & wanted]
