"""Whose identifier is this, and what else is that person called? Named SQL.

https://profiles.ihe.net/ITI/PIXm/ITI-83.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchange.domains import Domains
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.search.criteria.asked import numbers_of
from exchange.search.value.token import identifier_value
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_number

Resource = dict[str, Any]

# The Patients that have one of these identifiers, each with the identity that stands for it now, and that
# identity's Patient. What a hospital merged into another record does not answer any more. An enterprise
# Patient has its hospitals' identifiers too: it counts by its own only. $1: type; $2 to $4: value, systems
# and parameters of the index. Each step is fenced (OFFSET 0), so that none begins with all Patients.
IDENTITIES: Final = """
WITH found AS MATERIALIZED (
    SELECT DISTINCT r.id, i.value, i.system
    FROM (
        SELECT rid, value, system FROM identifier_index
        WHERE value = ANY($2::text[]) AND param = ANY($4::smallint[]) AND system = ANY($3::text[]) OFFSET 0
    ) i
    CROSS JOIN LATERAL (
        SELECT id FROM resource WHERE rid = i.rid AND type = $1 AND body IS NOT NULL OFFSET 0
    ) r
), held AS (
    SELECT f.id, f.system, f.value, p.enterprise_id, m.merged_into IS NOT NULL AS merged
    FROM found f
    JOIN mpi_record m ON m.patient_id = f.id
    JOIN mpi_link l ON l.record = m.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
    JOIN mpi_person p ON p.person = l.person
    UNION ALL
    SELECT f.id, f.system, f.value, (
        WITH RECURSIVE chain AS (
            SELECT person, enterprise_id, replaced_by FROM mpi_person WHERE enterprise_id = f.id
            UNION
            SELECT p.person, p.enterprise_id, p.replaced_by
            FROM chain c JOIN mpi_person p ON p.person = c.replaced_by
        )
        SELECT enterprise_id FROM chain WHERE replaced_by IS NULL
    ), false
    FROM found f
    WHERE NOT EXISTS (SELECT FROM mpi_record m WHERE m.patient_id = f.id)
      AND (f.value = f.id OR NOT EXISTS (SELECT FROM mpi_person p WHERE p.enterprise_id = f.id))
)
SELECT h.id, h.system, h.value, h.merged, coalesce(h.enterprise_id, h.id) AS identity, r.body
FROM held h
CROSS JOIN LATERAL (
    SELECT body FROM resource WHERE type = $1 AND id = coalesce(h.enterprise_id, h.id) OFFSET 0
) r
"""

# Domains that somebody has given numbers in.
USED: Final = "SELECT system FROM mpi_domain WHERE system = ANY($1::text[])"
USE: Final = "INSERT INTO mpi_domain (system) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Identity:
    """A person by its enterprise Patient, or a Patient that nobody linked; `by` are the Patients that have
    the identifier asked for."""

    id: str
    patient: Resource
    by: tuple[str, ...]


async def identities(hub: Hub, connection: Connection, asked: Iterable[tuple[str, str]]) -> list[Identity]:
    """Who has one of these identifiers (system, value), without what was merged away; each person once."""
    wanted = {
        (system, identifier_value(value))
        for named, value in asked
        for system in hub.domains.aliases(named)
        if value
    }
    if not wanted:
        return []
    values = sorted({value for _, value in wanted})
    systems = sorted({system for system, _ in wanted})
    numbers = numbers_of(hub.search.registry.of("Patient").parameters["identifier"], "identifier")
    rows = await connection.fetch(IDENTITIES, type_number("Patient"), values, systems, list(numbers))
    found: dict[str, Identity] = {}
    for row in rows:
        if row["merged"] or (row["system"], row["value"]) not in wanted:
            continue
        known = found.get(row["identity"])
        by = (*known.by, row["id"]) if known else (row["id"],)
        patient = known.patient if known else loads(unpack(row["body"]))
        found[row["identity"]] = Identity(row["identity"], patient, by)
    return [found[id_] for id_ in sorted(found)]


async def is_known_domain(hub: Hub, connection: Connection, system: str) -> bool:
    """Whether the hub knows of a domain: listed, shared by all, or with numbers that somebody gave."""
    domains = hub.domains
    if (
        system in hub.seen_domains
        or domains.of(system)
        or domains.identify(system)[0]
        or system in (hub.base, f"{domains.base}/sid/enterprise-id")
    ):
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
