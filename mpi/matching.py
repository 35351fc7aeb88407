"""Who could this be? The online decision about somebody who is not registered by it.

https://hl7.org/fhir/R4/valueset-match-grade.html
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from asyncpg import Record as Row

from mpi.blocking import OVERSIZED, blocking_keys
from mpi.decide import Cluster, Decision, Member, decide, examine
from mpi.explain import probability, strongest
from mpi.models import scale_of
from mpi.normalisation.demographics import (
    Demographics,
    Identify,
    demographics_from_json,
    demographics_from_patient,
)
from mpi.normalisation.implied import of_holder
from mpi.rows import Connection
from mpi.weigh import Scale

Grade = Literal["certain", "probable", "possible"]
PROBABLE = 0.9
POSSIBLE = 0.01

# For each asker ($1) the records of the persons that share one of its keys ($2), unless $4 records or more
# do, and of the persons $3, by enterprise id; with the active model. Each step is fenced, so that it begins
# with the keys.
AROUND: Final = """
SELECT asker.at, a.person, a.enterprise_id, a.named, a.record, a.demographics, a.merged, a.settled, a.asked,
       active.digest AS model
FROM unnest($1::integer[], $2::text[], $3::text[]) AS asker (at, keys, named)
CROSS JOIN LATERAL (
WITH near AS MATERIALIZED (
    SELECT w.key, f.record FROM unnest(asker.keys::bigint[]) AS w (key)
    CROSS JOIN LATERAL (SELECT k.record FROM mpi_key k WHERE k.key = w.key LIMIT $4) f
), persons AS MATERIALIZED (
    SELECT l.person
    FROM (SELECT DISTINCT record FROM near
          WHERE key NOT IN (SELECT key FROM near GROUP BY key HAVING count(*) >= $4)) n
    CROSS JOIN LATERAL (SELECT person FROM mpi_link
                        WHERE record = n.record AND valid_to IS NULL AND recorded_to IS NULL OFFSET 0) l
    UNION
    SELECT person FROM mpi_person
    WHERE enterprise_id = ANY (string_to_array(asker.named, ' ')) AND replaced_by IS NULL
)
SELECT s.person, p.enterprise_id, p.enterprise_id = ANY (string_to_array(asker.named, ' ')) AS named,
       l.record, r.demographics::text AS demographics, r.merged_into IS NOT NULL AS merged,
       l.actor <> 'hub' AS settled, l.rule = 'review' AS asked
FROM persons s
CROSS JOIN LATERAL (SELECT enterprise_id FROM mpi_person WHERE person = s.person OFFSET 0) p
CROSS JOIN LATERAL (SELECT record, actor, rule FROM mpi_link
                    WHERE person = s.person AND valid_to IS NULL AND recorded_to IS NULL OFFSET 0) l
CROSS JOIN LATERAL (SELECT demographics, merged_into FROM mpi_record WHERE record = l.record OFFSET 0) r
) a
LEFT JOIN (SELECT digest FROM mpi_activation ORDER BY activation DESC LIMIT 1) active ON true
"""


@dataclass(frozen=True, slots=True)
class Match:
    """A person; `certain` is one that a record would be linked to without asking anybody."""

    enterprise_id: str
    probability: float
    grade: Grade


async def matches(
    connection: Connection, patient: Mapping[str, Any], identify: Identify, known: Collection[str] = ()
) -> list[Match] | None:
    """The persons that the Patient may be, the likeliest first; None if it says too little to tell.

    `known` are the enterprise ids of those who have a number of the Patient that its hospital gave.
    """
    (found,) = await matches_of_several(connection, [(patient, known)], identify)
    return found


async def matches_of_several(
    connection: Connection, asked: Sequence[tuple[Mapping[str, Any], Collection[str]]], identify: Identify
) -> list[list[Match] | None]:
    """`matches` of several Patients, each with those who are known of it, by one statement."""
    # Who asks by a number alone asks for its holder.
    told = [of_holder(demographics_from_patient(patient, identify)) for patient, _ in asked]
    keys = [[str(key.key) for key in blocking_keys(facts)] for facts in told]
    looking = [at for at, (_, known) in enumerate(asked) if keys[at] or known]
    found: list[list[Match] | None] = [[] if patient.get("identifier") else None for patient, _ in asked]
    rows: dict[int, list[Row]] = {at: [] for at in looking}
    if looking:
        near = [f"{{{','.join(keys[at])}}}" for at in looking]
        named = [" ".join(asked[at][1]) for at in looking]
        for row in await connection.fetch(AROUND, looking, near, named, OVERSIZED):
            rows[row["at"]].append(row)
    for at, around in rows.items():
        found[at] = (
            _likely(told[at], around, await scale_of(connection, around[0]["model"])) if around else []
        )
    return found


def _likely(told: Demographics, rows: Sequence[Row], by: Scale) -> list[Match]:
    members: dict[int, list[Member]] = {}
    for row in rows:
        facts = demographics_from_json(row["demographics"])
        member = Member(row["record"], facts, False, row["merged"], row["settled"], row["asked"])
        members.setdefault(row["person"], []).append(member)
    around = [Cluster(person, tuple(found)) for person, found in members.items()]
    names = {row["person"]: row["enterprise_id"] for row in rows}
    named = {row["person"] for row in rows if row["named"]}
    decision = decide(told, around, by)
    graded = [_graded(told, cluster, names[cluster.person], decision, named, by) for cluster in around]
    likely = [each for each in graded if each is not None]
    return sorted(likely, key=lambda each: (each.grade != "certain", -each.probability, each.enterprise_id))


def _graded(
    told: Demographics, cluster: Cluster, name: str, decision: Decision, named: Collection[int], by: Scale
) -> Match | None:
    bits = strongest(told, (member.demographics for member in cluster.members), by)
    sure = probability(bits) if bits is not None else 0.0
    conflicting = any(finding.conflicts for finding in examine(told, cluster, by))
    if decision.person == cluster.person or (cluster.person in named and not conflicting):
        return Match(name, max(sure, 0.99), "certain")
    if cluster.person in named or (sure >= PROBABLE and not conflicting):
        return Match(name, max(sure, 0.5) if cluster.person in named else sure, "probable")
    return Match(name, sure, "possible") if sure >= POSSIBLE else None
