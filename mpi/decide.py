"""Which person a record belongs to: decided against whole clusters, under guards that no rule overrides.

Pure. A record that matches two persons never merges them: that is for a human to decide.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from mpi.compare import compare
from mpi.demographics import Demographics

# Evidence by strength; the stronger outweighs any number of the weaker.
_STRENGTH: Final = MappingProxyType({"citizen-id": 4, "card": 3, "demographics": 2, "likely": 1})
_RULES: Final = MappingProxyType({strength: evidence for evidence, strength in _STRENGTH.items()})
# Evidence that makes no link; where something conflicts too, nobody need look.
_LIKELY: Final = 1


@dataclass(frozen=True, slots=True)
class Member:
    """A record of a cluster.

    `forbidden`: somebody said that it is not the person of the record in hand. `merged`: its hospital merged
    it into another record, which speaks for the person now; what it said is evidence but no objection.
    """

    record: int
    demographics: Demographics
    forbidden: bool = False
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """A person with the records that are linked to it."""

    person: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a person was or was not taken: the member, what is shared, what conflicts."""

    person: int
    record: int
    evidence: tuple[str, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """`link` to `person`; `new`: a person of its own; `review`: a person of its own until a human decides.

    `rule` is the evidence that decided (`citizen-id`, `card`, `demographics`, `first`, `review`). `review`
    names the persons that a human should look at, also beside a link. `findings` explain the decision.
    """

    kind: Literal["link", "new", "review"]
    rule: str
    person: int | None = None
    review: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Verdict:
    person: int
    strength: int
    conflicting: bool


def decide(record: Demographics, candidates: Sequence[Cluster]) -> Decision:
    """Link to the one person that the strongest evidence names, if nothing speaks against it.

    The order of candidates and of their members makes no difference.
    """
    findings = tuple(
        finding
        for cluster in sorted(candidates, key=lambda cluster: cluster.person)
        for finding in examine(record, cluster)
    )
    verdicts = [
        verdict
        for verdict in _verdicts(findings)
        if verdict.strength > (_LIKELY if verdict.conflicting else 0)
    ]
    if not verdicts:
        return Decision("new", "first", findings=findings)
    strongest = max(verdict.strength for verdict in verdicts)
    best = [verdict for verdict in verdicts if verdict.strength == strongest]
    persons = tuple(verdict.person for verdict in verdicts)
    if len(best) > 1 or best[0].conflicting or strongest == _LIKELY:
        return Decision("review", "review", review=persons, findings=findings)
    rest = tuple(person for person in persons if person != best[0].person)
    return Decision("link", _RULES[strongest], best[0].person, review=rest, findings=findings)


def examine(record: Demographics, cluster: Cluster) -> Iterable[Finding]:
    """One finding for each member that shares something with the record or conflicts with it."""
    for member in sorted(cluster.members, key=lambda member: member.record):
        comparison = compare(record, member.demographics)
        conflicts = set() if member.merged else set(comparison.conflicts)
        if member.forbidden:
            conflicts.add("do-not-link")
        if comparison.evidence or conflicts:
            yield Finding(
                cluster.person,
                member.record,
                tuple(sorted(comparison.evidence)),
                tuple(sorted(conflicts)),
            )


def conflicts(record: Demographics, cluster: Cluster) -> tuple[Finding, ...]:
    """The findings that speak against a record's staying in the cluster it is in."""
    return tuple(finding for finding in examine(record, cluster) if finding.conflicts)


def _verdicts(findings: Iterable[Finding]) -> list[_Verdict]:
    strength: dict[int, int] = {}
    conflicting: set[int] = set()
    for finding in findings:
        found = max((_STRENGTH[evidence] for evidence in finding.evidence), default=0)
        strength[finding.person] = max(strength.get(finding.person, 0), found)
        if finding.conflicts:
            conflicting.add(finding.person)
    return [_Verdict(person, strength[person], person in conflicting) for person in strength]
