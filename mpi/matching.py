"""Who could this be? The online decision about somebody who is not registered by it.

https://hl7.org/fhir/R4/valueset-match-grade.html
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mpi.blocking import blocking_keys
from mpi.decide import Cluster, Decision, decide, examine
from mpi.demographics import Demographics, Identify, demographics_from_patient
from mpi.explain import probability, strongest
from mpi.models import active_scale
from mpi.rows import CANDIDATES, Connection, clusters, enterprise_ids
from mpi.weigh import Scale

Grade = Literal["certain", "probable", "possible"]
PROBABLE = 0.9
POSSIBLE = 0.01

PERSONS = "SELECT person FROM mpi_person WHERE enterprise_id = ANY($1::text[]) AND replaced_by IS NULL"


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
    told = demographics_from_patient(patient, identify)
    keys = [key.key for key in blocking_keys(told)]
    if not keys and not known:
        return [] if patient.get("identifier") else None
    rows = await connection.fetch(CANDIDATES, keys)
    named = {row["person"] for row in await connection.fetch(PERSONS, list(known))} if known else set()
    around = await clusters(connection, {row["person"] for row in rows} | named, None)
    names = await enterprise_ids(connection, [cluster.person for cluster in around])
    _, by = await active_scale(connection)
    decision = decide(told, around, by)
    graded = [_graded(told, cluster, names[cluster.person], decision, named, by) for cluster in around]
    found = [each for each in graded if each is not None]
    return sorted(found, key=lambda each: (each.grade != "certain", -each.probability, each.enterprise_id))


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
