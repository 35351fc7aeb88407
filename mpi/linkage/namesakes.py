"""How many residents have a stranger of their name, birth date and sex, beyond what chance gives.

Chance is what the frequencies of names and the days of a year give (`OnlineModel.strangers`). Where a
region's records show more, by citizen ids that differ, name, birth date and sex alone are evidence of little.
Whoever shares a telephone or an address with the namesake is not counted: a twin, or a slip in the id.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import exp, sqrt
from typing import Final

from mpi.normalisation.citizen_id import is_number_of
from mpi.normalisation.demographics import Demographics
from mpi.online_model import SAME_DAY_AND_SEX, Names

_WHOLE_DAY: Final = len("yyyy-mm-dd")
_MISJUDGED: Final = 1.5
_SURE: Final = 0.999
# Of so many the normal distribution tells as well.
_MANY: Final = 200.0
# Of a citizen id: its length, and the digit that tells the sex.
_DIGITS: Final = 18
_SEX: Final = 16

Triple = tuple[str, str, str]


def namesakes_among(records: Iterable[Demographics], names: Names) -> float:
    """The share of residents beyond what chance could give."""
    residents: dict[str, list[Demographics]] = defaultdict(list)
    for record in records:
        if record.citizen_ids and all(_triple(record)) and _is_own(record):
            residents[record.citizen_ids[0]].append(record)
    groups: dict[Triple, list[list[Demographics]]] = defaultdict(list)
    for told in residents.values():
        groups[_commonest([_triple(record) for record in told])].append(told)
    shared = sum(_strangers(group) for group in groups.values() if len(group) > 1)
    chance = len(residents) * SAME_DAY_AND_SEX
    expected = sum(
        min(names.share(name) * chance, 1.0) * len(group) for (name, _, _), group in groups.items()
    )
    return float(f"{_excess(shared, expected, len(residents)):.3g}")


def _commonest(triples: Sequence[Triple]) -> Triple:
    first = triples[0]
    return first if triples.count(first) == len(triples) else Counter(triples).most_common(1)[0][0]


def _is_own(record: Demographics) -> bool:
    """Whether the id, which is valid, is the record's own, not a mother's: it tells the same birth date and
    sex. A number of another scheme for life tells nothing."""
    number = record.citizen_ids[0]
    if len(number) != _DIGITS or not is_number_of(number, record.birth_date):
        return False
    return record.gender == ("male" if number[_SEX] in "13579" else "female")


def _triple(record: Demographics) -> Triple:
    """Name, birth date and sex; three empty texts if one is missing or the day is the default one."""
    born = record.birth_date
    if not record.names or not record.gender or len(born) < _WHOLE_DAY or born.endswith("-01-01"):
        return "", "", ""
    return record.names[0], born, record.gender


def _strangers(group: Sequence[Sequence[Demographics]]) -> int:
    """How many residents of a group share no telephone and no address with another of it."""
    holders: Counter[str] = Counter()
    known = [{fact for record in told for fact in (*record.phones, *record.addresses)} for told in group]
    for facts in known:
        holders.update(facts)
    apart = sum(all(holders[fact] == 1 for fact in facts) for facts in known)
    return apart if apart > 1 else 0


def _excess(shared: int, expected: float, residents: int) -> float:
    """What is above chance, which may give half as much again as the shares of names say."""
    return max(0.0, shared - 2 * _by_chance(_MISJUDGED * expected / 2)) / max(residents, 1)


def _by_chance(expected: float) -> float:
    """As many pairs as chance gives at most, but for once in a thousand times (Poisson): one pair of
    strangers tells nothing of a region."""
    if expected > _MANY:
        return expected + 3.1 * sqrt(expected)
    count, one = 0, exp(-expected)
    below = one
    while below < _SURE:
        count += 1
        one *= expected / count
        below += one
    return count
