"""The records of one part decided one after another, as if each had come to the index when its turn was.

Pure. What comes out is how things stand at the end: an identity that was given up on the way, because a later
record showed that it is somebody known, gets no enterprise id, and its question is not asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from mpi.decide import Finding
from mpi.explain import probability, strongest
from mpi.neighbourhood import Neighbourhood
from mpi.normalisation.demographics import Demographics
from mpi.provisional import BRIDGED
from mpi.weigh import Scale

# As many records of a question are weighed (`mpi.ranking`).
_CONCERNED = 200


class Told(msgspec.Struct, frozen=True):
    """A record in its turn; records and persons are numbered alike."""

    record: int
    patient_id: str
    demographics: Demographics
    keys: list[int]

    def __repr__(self) -> str:
        # Who the patient is must stand in no log.
        return f"Told(record={self.record})"


class Linked(msgspec.Struct, frozen=True):
    """A record and its person, which has the number of its first record."""

    record: int
    person: int
    rule: str
    weight: float | None
    reason: str


class Asked(msgspec.Struct, frozen=True):
    """A question for a human, and what it is worth."""

    record: int
    persons: tuple[int, ...]
    findings: tuple[Finding, ...]
    bits: float | None = None
    probability: float = 0.0
    priority: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    links: list[Linked]
    questions: list[Asked]

    @property
    def persons(self) -> list[int]:
        return sorted({link.person for link in self.links})


def decided(told: Sequence[Told], by: Scale) -> Outcome:
    near = Neighbourhood(by)
    links: dict[int, Linked] = {}
    waiting: dict[int, Asked] = {}
    for each in told:
        whose, decision = near.arrive(each.record, each.demographics, each.keys, each.record)
        weight = decision.weight if decision.rule == "demographics" else None
        links[each.record] = Linked(each.record, whose, decision.rule, weight, "")
        # A provisional identity has one record, and its number.
        for record in decision.taken:
            links[record] = Linked(record, whose, BRIDGED, None, f"Patient/{each.patient_id} matches both")
            waiting.pop(record, None)
        if decision.taken:
            _answer(near, whose, frozenset(decision.taken))
        if asked := {*decision.review} - {*decision.taken}:
            waiting[each.record] = Asked(each.record, (*asked, whose), decision.findings)
    standing = [
        link if (person := near.standing(link.person)) == link.person else replace(link, person=person)
        for link in links.values()
    ]
    questions = [left for each in waiting.values() if (left := _standing(near, each))]
    return Outcome(standing, questions)


def _answer(near: Neighbourhood, whose: int, records: frozenset[int]) -> None:
    """What was asked about these records is known now."""
    near.members[whose] = [
        replace(member, asked=False) if member.record in records else member for member in near.members[whose]
    ]


def _standing(near: Neighbourhood, asked: Asked) -> Asked | None:
    """The question as it is when all have come, and what it is worth; None if it has answered itself."""
    persons = tuple(sorted({near.standing(person) for person in asked.persons}))
    if len(persons) < 2:
        return None
    findings = tuple(replace(each, person=near.standing(each.person)) for each in asked.findings)
    concerned = [(person, member) for person in persons for member in near.members[person]][:_CONCERNED]
    own = next(person for person in persons if any(m.record == asked.record for m in near.members[person]))
    others = [member.demographics for person, member in concerned if person != own]
    facts = next(member for member in near.members[own] if member.record == asked.record).demographics
    bits = strongest(facts, others, near.by)
    sure = probability(bits) if bits is not None else 0.0
    return Asked(asked.record, persons, findings, bits, sure, sure * len(concerned))
