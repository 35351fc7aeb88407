"""Which person a record belongs to: decided against whole clusters, under guards that no rule overrides.

Pure. Two persons are never merged here: where a record matches several, a human decides. Only an identity
that is as yet provisional, one record that nobody verified, is decided again when a newcomer links it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from operator import attrgetter
from types import MappingProxyType
from typing import Final, Literal

import msgspec
from msgspec import structs

from mpi.compare import are_two_people, compare
from mpi.normalisation.demographics import Demographics
from mpi.normalisation.names import is_chinese
from mpi.objections import spoken_for, stands
from mpi.weigh import SCALE, Scale, is_written_otherwise, name_level

# Evidence by strength; the stronger outweighs any number of the weaker.
_STRENGTH: Final = MappingProxyType({"citizen-id": 4, "card": 3, "demographics": 2, "likely": 1})
_RULES: Final = MappingProxyType({strength: evidence for evidence, strength in _STRENGTH.items()})
_NONE: Final[frozenset[str]] = frozenset()
_FORBIDDEN: Final = frozenset(("do-not-link",))
_number: Final = attrgetter("record")
# Evidence that makes no link; where something conflicts too, nobody need look.
_LIKELY: Final = 1


class Member(msgspec.Struct, frozen=True):
    """A record of a cluster.

    `forbidden`: somebody said that it is not the person of the record in hand. `merged`: its hospital merged
    it into another record, which speaks for the person now; what it said is evidence but no objection.
    `settled`: a human or its hospital put it where it is. `asked`: a human was asked where it belongs.
    """

    record: int
    demographics: Demographics
    forbidden: bool = False
    merged: bool = False
    settled: bool = False
    asked: bool = False


class Cluster(msgspec.Struct, frozen=True):
    """A person with the records that are linked to it."""

    person: int
    members: tuple[Member, ...]

    @property
    def provisional(self) -> bool:
        """One record, put here by the machine, that no citizen id or card vouches for."""
        if len(self.members) != 1:
            return False
        (member,) = self.members
        told = member.demographics
        return not (member.settled or member.merged or told.citizen_ids or told.cards or told.newborn)


class Finding(msgspec.Struct, frozen=True):
    """Why a person was or was not taken: the member, what is shared, what conflicts, and the weight of the
    demographics."""

    person: int
    record: int
    evidence: tuple[str, ...]
    conflicts: tuple[str, ...]
    bits: float = 0.0


class Decision(msgspec.Struct, frozen=True):
    """`link` to `person`; `new`: a person of its own; `review`: a person of its own until a human decides.

    `rule` is the evidence that decided (`citizen-id`, `card`, `demographics`, `first`, `review`). `review`
    names the persons that a human should look at, also beside a link. `taken`: provisional identities whose
    record belongs to `person` too, by what the record in hand tells. `findings` explain the decision.
    """

    kind: Literal["link", "new", "review"]
    rule: str
    person: int | None = None
    review: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    taken: tuple[int, ...] = ()

    @property
    def weight(self) -> float | None:
        """Of the demographics, with the nearest record of the person that was taken."""
        return max((each.bits for each in self.findings if each.person == self.person), default=None)


FIRST: Final = Decision("new", "first")
"""Where nobody is near."""


class _Verdict(msgspec.Struct, frozen=True):
    """`speaking`: how many records share evidence that links and object to nothing. `alike`: whether some are
    alike in name and the rest."""

    cluster: Cluster
    strength: int
    conflicting: bool
    speaking: int
    alike: bool

    @property
    def person(self) -> int:
        return self.cluster.person

    @property
    def rank(self) -> tuple[int, bool]:
        """Of persons with evidence of one strength the one that more records speak for; of those the one
        where a human was asked already: what is in doubt for the same reason stays together."""
        return self.speaking, any(member.asked for member in self.cluster.members)


def decide(record: Demographics, candidates: Sequence[Cluster], by: Scale = SCALE) -> Decision:
    """Link to the one person that the strongest evidence names, if nothing speaks against it.

    The order of candidates and of their members makes no difference.
    """
    if not candidates:
        return FIRST
    examined = [
        (cluster, tuple(examine(record, cluster, by)))
        for cluster in sorted(candidates, key=lambda cluster: cluster.person)
    ]
    findings = tuple(finding for _, found in examined for finding in found)
    verdicts = [
        verdict
        for verdict in (_verdict(cluster, found) for cluster, found in examined)
        if verdict.strength > (_LIKELY if verdict.conflicting else 0)
    ]
    if not verdicts:
        return Decision("new", "first", findings=findings)
    if len(verdicts) == 1:
        return _of_one(verdicts[0], findings)
    strongest = max(verdict.strength for verdict in verdicts)
    # Whom the guards forbid is asked about, and does not keep the record from the one that they allow.
    best = [verdict for verdict in verdicts if verdict.strength == strongest and not verdict.conflicting]
    persons = tuple(verdict.person for verdict in verdicts)
    if strongest == _LIKELY or not best:
        return Decision("review", "review", review=persons, findings=findings)
    one = _one(verdicts, by)
    if (
        _is_open(best, one)
        or _is_one_of_several(record, best, one)
        or _is_named_as_another(record, verdicts, one)
    ):
        return Decision("review", "review", review=persons, findings=findings)
    kept = min(one, key=lambda cluster: (cluster.provisional, cluster.person)).person
    taken = tuple(sorted(cluster.person for cluster in one if cluster.person != kept))
    left = (each for each in verdicts if each.cluster not in one and not _is_answered(each, one))
    rest = tuple(each.person for each in left)
    return Decision("link", _RULES[strongest], kept, review=rest, findings=findings, taken=taken)


def _of_one(verdict: _Verdict, findings: tuple[Finding, ...]) -> Decision:
    """What the rules come to where one person alone is spoken for, as for most."""
    by_name = verdict.strength == _STRENGTH["demographics"]
    open_ = verdict.strength == _LIKELY or verdict.conflicting
    if open_ or (by_name and _is_of_another(verdict, [verdict.cluster])):
        return Decision("review", "review", review=(verdict.person,), findings=findings)
    return Decision("link", _RULES[verdict.strength], verdict.person, findings=findings)


def _is_open(best: Sequence[_Verdict], one: Sequence[Cluster]) -> bool:
    """Whether the foremost is none of those that are taken for one person, or another is meant as well as
    they by what is no number."""
    foremost = max(verdict.rank for verdict in best)
    if not {verdict.person for verdict in best if verdict.rank == foremost} <= {each.person for each in one}:
        return True
    return best[0].strength == _STRENGTH["demographics"] and any(_is_of_another(each, one) for each in best)


def _is_one_of_several(record: Demographics, best: Sequence[_Verdict], one: Sequence[Cluster]) -> bool:
    """Whether a name in letters is that of several persons whose names in characters are not the same."""
    if any(map(is_chinese, record.names)):
        return False
    by_name = best[0].strength == _STRENGTH["demographics"]
    meant = {each.person: each for each in (*one, *(verdict.cluster for verdict in best if by_name))}
    return any(
        is_written_otherwise(member.demographics, other.demographics)
        for left, right in combinations(meant.values(), 2)
        for member in left.members
        for other in right.members
    )


def _is_named_as_another(record: Demographics, verdicts: Sequence[_Verdict], one: Sequence[Cluster]) -> bool:
    """Whether a number tells of these and all else of somebody else: a twin with the other's card."""
    told = [member.demographics for cluster in one for member in cluster.members]
    if not all(name_level(record, each) in ("near", "different") for each in told):
        return False
    others = (verdict for verdict in verdicts if verdict.cluster not in one)
    return any(verdict.alike for verdict in others)


def examine(record: Demographics, cluster: Cluster, by: Scale = SCALE) -> Iterable[Finding]:
    """One finding for each member that shares something with the record or conflicts with it."""
    found = _compared(record, cluster, by)
    return map(_only_likely, found) if _sounds_alike(record, cluster) else found


def _sounds_alike(record: Demographics, cluster: Cluster) -> bool:
    """Whether the person has names in characters and the record's is none of them: then names in letters,
    which stand for both, tell nothing of who of two twins is meant."""
    told = [each.demographics for each in cluster.members if each.demographics.names != record.names]
    if len(told) < len(cluster.members) or not any(map(is_chinese, record.names)):
        return False
    otherwise = [each for each in told if any(map(is_chinese, each.names))]
    return bool(otherwise) and all(is_written_otherwise(record, each) for each in otherwise)


def _only_likely(finding: Finding) -> Finding:
    if "demographics" not in finding.evidence:
        return finding
    evidence = {*finding.evidence} - {"demographics"} | {"likely"}
    return structs.replace(finding, evidence=tuple(sorted(evidence)))


def _compared(record: Demographics, cluster: Cluster, by: Scale) -> Iterator[Finding]:
    members = cluster.members
    for member in sorted(members, key=_number) if len(members) > 1 else members:
        comparison = compare(record, member.demographics, by)
        conflicts = _NONE if member.merged else comparison.conflicts
        if member.forbidden:
            conflicts |= _FORBIDDEN
        if comparison.evidence or conflicts:
            evidence, against = tuple(sorted(comparison.evidence)), tuple(sorted(conflicts))
            yield Finding(cluster.person, member.record, evidence, against, round(comparison.bits, 2))


def strength(findings: Iterable[Finding], person: int) -> int:
    """Of the strongest evidence for a person among the findings; 0 if there is none."""
    shared = (_STRENGTH[each] for found in findings if found.person == person for each in found.evidence)
    return max(shared, default=0)


def conflicts(record: Demographics, cluster: Cluster, by: Scale = SCALE) -> tuple[Finding, ...]:
    """The findings that speak against a record's staying in the cluster it is in."""
    found = tuple(examine(record, cluster, by))
    return tuple(finding for finding in found if finding.conflicts) if stands(found) else ()


def _one(verdicts: Sequence[_Verdict], by: Scale) -> list[Cluster]:
    """The clusters that are one person with the record in hand: the strongest, and with it what is
    provisional, as long as nothing speaks against any two of them."""
    claims = [verdict for verdict in verdicts if verdict.strength > _LIKELY and not verdict.conflicting]
    claims.sort(key=lambda each: (each.strength, each.rank, -each.person), reverse=True)
    taken = [claims[0].cluster]
    for claim in claims[1:]:
        settled = [cluster for cluster in (*taken, claim.cluster) if not cluster.provisional]
        if len(settled) < 2 and not any(_apart(claim.cluster, cluster, by) for cluster in taken):
            taken.append(claim.cluster)
    return taken


def _apart(one: Cluster, other: Cluster, by: Scale) -> bool:
    """Whether something speaks against two clusters, of which one is provisional, being one person."""
    alone, rest = (one, other) if one.provisional else (other, one)
    (member,) = alone.members
    return bool(conflicts(member.demographics, rest, by))


def _is_answered(verdict: _Verdict, one: Sequence[Cluster]) -> bool:
    """Whether a person who only looks like the record need not be asked about: by the numbers it is somebody
    else than the one that the record is linked to."""
    return verdict.strength == _LIKELY and _is_of_another(verdict, one)


def _is_of_another(verdict: _Verdict, one: Sequence[Cluster]) -> bool:
    """Whether by the numbers a person is somebody else than the ones that are taken for the record's."""
    return any(
        are_two_people(member.demographics, other.demographics)
        for member in verdict.cluster.members
        for cluster in one
        for other in cluster.members
    )


def _verdict(cluster: Cluster, findings: Sequence[Finding]) -> _Verdict:
    alike = any("demographics" in finding.evidence for finding in findings)
    return _Verdict(
        cluster, strength(findings, cluster.person), stands(findings), spoken_for(findings), alike
    )
