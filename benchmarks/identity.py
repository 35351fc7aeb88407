"""The online decision about records of made-up residents, one after another, in memory.

Run as `python -m benchmarks.identity [RESIDENTS] [SEED]`. Every record is decided against the persons that
share a key with it, as `mpi.registration` does, without a database. Wilson intervals of 95 %.
"""

import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from math import sqrt

from benchmarks.residents import Resident, Visit, residents, visits
from conformance.linkage_figures import figures
from mpi.blocking import blocking_keys
from mpi.decide import Cluster, Member, decide
from mpi.demographics import Demographics

ORDERS = 5


@dataclass(slots=True)
class Index:
    """Persons by key, and what came of each record."""

    persons: dict[int, list[Member]] = field(default_factory=dict)
    keys: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    found: list[int] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    review: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def register(self, record: Demographics) -> None:
        keys = [key.key for key in blocking_keys(record)]
        near = sorted({person for key in keys for person in self.keys[key]})
        decision = decide(record, [Cluster(person, tuple(self.persons[person])) for person in near])
        number = len(self.found)
        person = number if decision.person is None else decision.person
        self.persons.setdefault(person, []).append(Member(number, record))
        for key in keys:
            self.keys[key].add(person)
        self.found.append(person)
        self.rules.append(decision.rule)
        if decision.review:
            self.review[number] = decision.review


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    people = residents(size, seed)
    told = visits(people, 4.0, seed + 1)
    index, start = Index(), time.process_time()
    for visit in told:
        index.register(visit.demographics)
    spent = time.process_time() - start
    _orders(told, index, seed)
    print(f"{len(people)} residents, {len(told)} records, {spent / len(told) * 1e6:.0f} CPU us a record")
    _report(people, told, index)


def _orders(told: list[Visit], first: Index, seed: int) -> None:
    """How alike the persons are when the same records arrive in other orders."""
    for number in range(1, ORDERS):
        order = list(range(len(told)))
        random.Random(seed + 100 * number).shuffle(order)
        other = Index()
        for at in order:
            other.register(told[at].demographics)
        persons = dict(zip(order, other.found, strict=True))
        alike = figures([persons[at] for at in range(len(told))], first.found, [0] * len(told))
        print(f"order {number + 1} against the first: {alike.f1:.6f} of pairs alike", flush=True)


def _report(people: list[Resident], told: list[Visit], index: Index) -> None:
    truth = [visit.resident for visit in told]
    what = figures(index.found, truth, [0] * len(truth))
    linked = [number for number, rule in enumerate(index.rules) if index.found[number] != number]
    first = {person: truth[person] for person in set(index.found)}
    wrong = [number for number in linked if truth[number] != first[index.found[number]]]
    twins = {person.number: person.twin for person in people if person.twin >= 0}
    merged = [number for number in wrong if twins.get(truth[number]) == first[index.found[number]]]
    print(f"pairs: precision {what.precision:.6f}, recall {what.recall:.4f}, F1 {what.f1:.4f}")
    print(f"whole persons: F1 {what.persons:.4f}")
    _share("links that are right", len(linked) - len(wrong), len(linked))
    _share("records of twins merged", len(merged), sum(number in twins for number in truth))
    borrowed = {number for number, visit in enumerate(told) if _is_borrowed(people[truth[number]], visit)}
    _share("records under the mother's id merged into her", len(borrowed & set(wrong)), len(borrowed))
    by_rule: dict[str, list[int]] = defaultdict(list)
    for number in linked:
        by_rule[index.rules[number]].append(number)
    for rule, numbers in sorted(by_rule.items()):
        _share(f"  wrong by {rule}", sum(number in set(wrong) for number in numbers), len(numbers))
    true = sum(
        any(first[person] == truth[number] for person in asked if person in first)
        for number, asked in index.review.items()
    )
    _share("records for review", len(index.review), len(told))
    questions = {
        frozenset((index.found[number], person)) for number, asked in index.review.items() for person in asked
    }
    _share("  different questions (two persons)", len(questions), len(told))
    _share("  of them true", true, len(index.review))


def _is_borrowed(person: Resident, visit: Visit) -> bool:
    return bool(person.mother) and person.mother in visit.demographics.citizen_ids


def _share(what: str, count: int, total: int) -> None:
    low, high = wilson(count, total)
    print(f"{what}: {count} of {total}, {count / max(total, 1):.4%} ({low:.4%} to {high:.4%})")


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share. Wilson, JASA 22 (1927)."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, count / total
    middle = share + z * z / (2 * total)
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max((middle - half) / (1 + z * z / total), 0.0), min((middle + half) / (1 + z * z / total), 1.0)


if __name__ == "__main__":
    main()
