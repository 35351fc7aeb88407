"""Whose numbers are these, and who could this be: many callers ask on few connections. Named SQL.

https://profiles.ihe.net/ITI/PIXm/ITI-83.html · https://profiles.ihe.net/ITI/PDQm/ITI-119.html

Many connections do not answer sooner than two on as many cores, and one that has not asked before takes ten
times as long: it plans.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from exchange.fhirjson import loads
from exchange.store.coalesce import Coalescer
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_number
from mpi.matching import Match, matches_of_several
from mpi.normalisation.demographics import Identify

Resource = dict[str, Any]
Numbers = frozenset[tuple[str, str]]
"""System and value of identifiers, as the index keeps them."""

LANES: Final = 2
GROUP: Final = 32
# To weigh a person takes a millisecond and more, for which nobody else gets a turn.
WEIGHED: Final = 8

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


@dataclass(frozen=True, slots=True)
class Identity:
    """A person by its enterprise Patient, or a Patient that nobody linked; `by` are the Patients that have
    the identifier asked for."""

    id: str
    patient: Resource
    by: tuple[str, ...]


class Lookups:
    """Asks for whoever has no transaction."""

    def __init__(
        self, pool: asyncpg.Pool, parameters: Callable[[], Sequence[int]], identify: Identify
    ) -> None:
        """`parameters`: under which search parameters a Patient's identifiers are indexed."""
        self.parameters = parameters
        self._pool, self._identify = pool, identify
        self._identities: Coalescer[Numbers, list[Identity]] = Coalescer(self._found, None, LANES, GROUP)
        self._matches: Coalescer[tuple[Mapping[str, Any], frozenset[str]], list[Match] | None] = Coalescer(
            self._matched, None, LANES, WEIGHED
        )

    async def identities(self, numbers: Numbers) -> list[Identity]:
        """Who has one of these identifiers, without what was merged away; each person once."""
        return await self._identities.ask(numbers)

    async def matches(self, patient: Mapping[str, Any], known: frozenset[str]) -> list[Match] | None:
        """`mpi.matching.matches`."""
        return await self._matches.ask((patient, known))

    async def _found(self, asked: Sequence[Numbers]) -> list[list[Identity]]:
        async with self._pool.acquire() as connection:
            return await identified(connection, self.parameters(), asked)

    async def _matched(
        self, asked: Sequence[tuple[Mapping[str, Any], frozenset[str]]]
    ) -> list[list[Match] | None]:
        async with self._pool.acquire() as connection:
            return await matches_of_several(connection, asked, self._identify)


async def identified(
    connection: Connection, parameters: Sequence[int], asked: Sequence[Numbers]
) -> list[list[Identity]]:
    """For each asker who has one of its identifiers."""
    everything: Numbers = frozenset().union(*asked)
    if not everything:
        return [[] for _ in asked]
    values = sorted({value for _, value in everything})
    systems = sorted({system for system, _ in everything})
    rows = await connection.fetch(IDENTITIES, type_number("Patient"), values, systems, list(parameters))
    standing = [row for row in rows if not row["merged"]]
    return [_persons(standing, numbers) for numbers in asked]


def _persons(rows: Sequence[asyncpg.Record], numbers: Numbers) -> list[Identity]:
    found: dict[str, Identity] = {}
    for row in rows:
        if (row["system"], row["value"]) not in numbers:
            continue
        known = found.get(row["identity"])
        by = (*known.by, row["id"]) if known else (row["id"],)
        patient = known.patient if known else loads(unpack(row["body"]))
        found[row["identity"]] = Identity(row["identity"], patient, by)
    return [found[id_] for id_ in sorted(found)]
