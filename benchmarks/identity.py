"""The online decision about records of made-up residents, one after another, in memory.

    python -m benchmarks.identity [--residents 20000] [--seed 1] [--population N] [--twins 0.011]
        [--namesakes 0] [--bare 0] [--borrowed 0.03]

First by the model as it is set by hand for a province, then by one trained on these records without labels.
`--population`: of how many residents the trained model takes them to be (default: as many as there are, a
closed city). The last four plant what is rare (`residents.Mix`). Every record is decided against the persons
that share a key with it, as `mpi.registration` does, without a database. Wilson intervals of 95 %. Review is
told of all records, of ordinary ones, and of those that are planted: of twins, of namesakes, of nothing but
name, birth date and sex, which no evidence can decide.
"""

import argparse
import random
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt

from benchmarks.residents import CITY, Mix, Resident, Visit, residents, visits
from conformance.linkage_figures import figures
from mpi.blocking import blocking_keys
from mpi.linkage.online import trained_on
from mpi.neighbourhood import Neighbourhood
from mpi.weigh import SCALE, Scale, scale

ORDERS = 5


@dataclass(slots=True)
class Outcome:
    """What came of each record: its person at the end, the rule, and the persons to be asked about."""

    near: Neighbourhood
    found: list[int] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    review: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def person(self, record: int) -> int:
        return self.near.standing(self.found[record])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--residents", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--population", type=int)
    for name in ("twins", "namesakes", "bare", "borrowed"):
        parser.add_argument(f"--{name}", type=float, default=getattr(CITY, name))
    given = parser.parse_args()
    seed, mix = given.seed, Mix(given.twins, given.namesakes, given.bare, given.borrowed)
    people = residents(given.residents, seed, mix)
    told = visits(people, 4.0, seed + 1, mix)
    population = given.population or len(people)
    print(f"{len(people)} residents, {len(told)} records")
    run(people, told, "set by hand, a province", SCALE, seed)
    start = time.process_time()
    model = trained_on([visit.demographics for visit in told], population)
    print(f"\ntrained without labels in {time.process_time() - start:.1f} s of CPU")
    run(people, told, f"trained, a population of {population}", scale(model), seed)


def run(people: list[Resident], told: list[Visit], name: str, by: Scale, seed: int) -> None:
    start = time.process_time()
    outcome = arrived(told, range(len(told)), by)
    spent = time.process_time() - start
    print(f"model: {name}; {spent / len(told) * 1e6:.0f} CPU us a record")
    _orders(told, outcome, by, seed)
    _report(people, told, outcome)


def arrived(told: Sequence[Visit], order: Sequence[int], by: Scale) -> Outcome:
    """The records decided in this order; a person's number is that of its first record in it."""
    outcome = Outcome(Neighbourhood(by))
    for number, at in enumerate(order):
        record = told[at].demographics
        keys = [key.key for key in blocking_keys(record)]
        person, decision = outcome.near.arrive(number, record, keys, number)
        outcome.found.append(person)
        outcome.rules.append(decision.rule)
        if decision.review:
            outcome.review[number] = decision.review
    return outcome


def _orders(told: list[Visit], first: Outcome, by: Scale, seed: int) -> None:
    """How alike the persons are when the same records arrive in other orders."""
    persons = [first.person(record) for record in range(len(told))]
    for number in range(1, ORDERS):
        order = list(range(len(told)))
        random.Random(seed + 100 * number).shuffle(order)
        other = arrived(told, order, by)
        there = {at: other.person(place) for place, at in enumerate(order)}
        alike = figures([there[at] for at in range(len(told))], persons, [0] * len(told))
        print(f"order {number + 1} against the first: {alike.f1:.6f} of pairs alike", flush=True)


def cubed(found: Sequence[Hashable], truth: Sequence[Hashable]) -> float:
    """B-cubed F1 (Bagga, Baldwin 1998): the mean over records of how far their clusters are alike."""
    both, ours, theirs = Counter(zip(found, truth, strict=True)), Counter(found), Counter(truth)
    precision = sum(n * n / ours[person] for (person, _), n in both.items()) / len(found)
    recall = sum(n * n / theirs[person] for (_, person), n in both.items()) / len(found)
    return 2 * precision * recall / (precision + recall)


def _report(people: list[Resident], told: list[Visit], outcome: Outcome) -> None:
    truth = [visit.resident for visit in told]
    persons = [outcome.person(record) for record in range(len(told))]
    what = figures(persons, truth, [0] * len(truth))
    print(f"pairs: precision {what.precision:.6f}, recall {what.recall:.5f}, F1 {what.f1:.5f}")
    print(f"clusters: F1 {cubed(persons, truth):.5f} (B-cubed), of whole persons {what.persons:.5f}")
    plain = [n for n, visit in enumerate(told) if not _is_planted(people[visit.resident], visit)]
    ordinary = cubed([persons[n] for n in plain], [truth[n] for n in plain])
    print(f"clusters of ordinary records: F1 {ordinary:.5f} (B-cubed)")
    linked = [number for number, rule in enumerate(outcome.rules) if outcome.found[number] != number]
    wrong = {number for number in linked if truth[number] != truth[outcome.found[number]]}
    _share("links that are right", len(linked) - len(wrong), len(linked))
    twins = {person.number: person.twin for person in people if person.twin >= 0}
    merged = [number for number in wrong if twins.get(truth[number]) == truth[outcome.found[number]]]
    _share("records of twins merged", len(merged), sum(number in twins for number in truth))
    _share(
        "pairs of twins merged",
        len({frozenset((truth[n], twins[truth[n]])) for n in merged}),
        len(twins) // 2,
    )
    borrowed = {number for number, visit in enumerate(told) if _is_borrowed(people[truth[number]], visit)}
    _share("records under the mother's id merged into her", len(borrowed & wrong), len(borrowed))
    alone = {number for number, visit in enumerate(told) if _is_bare(visit)}
    _share("records of name, birth date and sex alone linked to strangers", len(alone & wrong), len(alone))
    _strangers(told, outcome)
    by_rule: dict[str, list[int]] = defaultdict(list)
    for number in linked:
        by_rule[outcome.rules[number]].append(number)
    for rule, numbers in sorted(by_rule.items()):
        _share(f"  wrong by {rule}", sum(number in wrong for number in numbers), len(numbers))
    for whose, records, asked in _asked(people, told, outcome):
        _share(f"{whose} for review", len(asked), records)
        true = sum(any(truth[person] == truth[n] for person in outcome.review[n]) for n in asked)
        _share("  of them true", true, len(asked))


def _asked(
    people: list[Resident], told: list[Visit], outcome: Outcome
) -> Iterator[tuple[str, int, list[int]]]:
    """What a share is of, how many records there are of it, and those for review: all; of ordinary residents,
    asked about ordinary records; and what is planted, or is asked because of it."""
    planted = {number for number, visit in enumerate(told) if _is_planted(people[visit.resident], visit)}
    because = {
        number
        for number, asked in outcome.review.items()
        if number in planted or not _about(outcome, asked, number).isdisjoint(planted)
    }
    yield "records", len(told), list(outcome.review)
    ordinary = [number for number in outcome.review if number not in because]
    yield "ordinary records", len(told) - len(planted), ordinary
    yield "planted records, or because of one,", len(planted), sorted(because)


def _about(outcome: Outcome, asked: Sequence[int], before: int) -> set[int]:
    """The records that these persons had when it was asked about them."""
    members = (outcome.near.members[outcome.near.standing(person)] for person in asked)
    return {member.record for each in members for member in each if member.record < before}


def _is_planted(person: Resident, visit: Visit) -> bool:
    return person.twin >= 0 or person.namesake >= 0 or person.has_namesake or _is_bare(visit)


def _strangers(told: list[Visit], outcome: Outcome) -> None:
    """Records of two residents of one name, birth date and sex that came to one person."""
    groups: dict[tuple[object, ...], set[int]] = defaultdict(set)
    for number, visit in enumerate(told):
        known = visit.demographics
        groups[known.names, known.birth_date, known.gender].add(number)
    shared = [group for group in groups.values() if len({told[one].resident for one in group}) > 1]
    merged = 0
    for group in shared:
        whose: dict[int, set[int]] = defaultdict(set)
        for number in group:
            whose[outcome.person(number)].add(told[number].resident)
        merged += any(len(residents_) > 1 for residents_ in whose.values())
    _share("names and birth dates of strangers merged", merged, len(shared))


def _is_borrowed(person: Resident, visit: Visit) -> bool:
    return bool(person.mother) and person.mother in visit.demographics.citizen_ids


def _is_bare(visit: Visit) -> bool:
    known = visit.demographics
    return not (known.citizen_ids or known.cards or known.phones or known.addresses)


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
