"""Persons in memory with the keys that lead to them: where many records are decided one after another.

What the database decides for one record, this decides for the records of a batch or of a first load, by the
same rules. Pure; persons and records are numbers that the caller gives.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from mpi.blocking import OVERSIZED
from mpi.decide import FIRST, Cluster, Decision, Member, decide, strength
from mpi.normalisation.demographics import Demographics
from mpi.weigh import SCALE, Scale


@dataclass(slots=True)
class Neighbourhood:
    """`oversized`: a key that so many persons share leads nowhere; those of more facts do. `questions`: about
    which others of a person a human was asked, and on what evidence. `apart`: the records that somebody keeps
    apart from one."""

    by: Scale = SCALE
    oversized: int = OVERSIZED
    members: dict[int, list[Member]] = field(default_factory=dict)
    persons: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    replaced: dict[int, int] = field(default_factory=dict)
    questions: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    apart: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def know(self, cluster: Cluster, keys: Iterable[int]) -> None:
        """A person that is there already."""
        self.members[cluster.person] = list(cluster.members)
        for key in keys:
            self.persons[key].add(cluster.person)

    def around(self, keys: Sequence[int]) -> list[Cluster]:
        """The persons that share a key."""
        found: set[int] = set()
        for key in keys:
            near = self.persons.get(key, ())
            if len(near) <= self.oversized:
                found.update(near)
        if not found.isdisjoint(self.replaced):
            found = set(map(self.standing, found))
        return [Cluster(person, tuple(self.members[person])) for person in sorted(found)]

    def arrive(
        self, record: int, demographics: Demographics, keys: Sequence[int], person: int
    ) -> tuple[int, Decision]:
        """Whose the record is: somebody's that is known, or `person`, who is new. Whether two persons are one
        is asked once, and again only on stronger evidence."""
        found = self.around(keys)
        decision = decide(demographics, self._seen_by(record, found), self.by) if found else FIRST
        whose = person if decision.person is None else decision.person
        for taken in decision.taken:
            self.members[whose] += self.members.pop(taken)
            self.replaced[taken] = whose
            self._answer(taken)
        if decision.review:
            decision = self._ask(whose, decision)
        asked = decision.kind == "review"
        self.members.setdefault(whose, []).append(Member(record, demographics, asked=asked))
        persons = self.persons
        for key in keys:
            persons[key].add(whose)
        return whose, decision

    def _seen_by(self, record: int, found: list[Cluster]) -> list[Cluster]:
        forbidden = self.apart.get(record)
        if forbidden is None:
            return found
        return [
            Cluster(
                each.person,
                tuple(replace(member, forbidden=member.record in forbidden) for member in each.members),
            )
            for each in found
        ]

    def _ask(self, whose: int, decision: Decision) -> Decision:
        known = self.questions.get(whose, {})
        found = {person: strength(decision.findings, person) for person in decision.review}
        fresh = {person: worth for person, worth in found.items() if worth > known.get(person, 0)}
        for person, worth in fresh.items():
            self.questions[whose][person] = self.questions[person][whose] = worth
        return replace(decision, review=tuple(fresh)) if len(fresh) < len(found) else decision

    def _answer(self, taken: int) -> None:
        """An identity that was given up is not asked about any more."""
        for person in self.questions.pop(taken, {}):
            self.questions[person].pop(taken, None)

    def standing(self, person: int) -> int:
        """Who stands for the person now."""
        while person in self.replaced:
            person = self.replaced[person]
        return person
