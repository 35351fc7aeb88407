"""The model of the online decision, trained on the records of the index and on what humans said of pairs.

The same levels as `mpi.weigh` finds, for whole columns at once; m, u and the prior by `mpi.linkage.estimate`.
Citizen ids and cards take part in training, for they tell best who is one person, and are no part of the
model.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec
import numpy as np

from mpi.linkage.crowded import crowded_among
from mpi.linkage.estimate import Told, train
from mpi.linkage.model import Comparison, Level, Model
from mpi.linkage.namesakes import namesakes_among
from mpi.linkage.table import Column, Table, encoded
from mpi.linkage.templates import comparison
from mpi.linkage.weights import prior_weight
from mpi.normalisation.demographics import Demographics
from mpi.normalisation.surnames import name_parts
from mpi.online_model import HAND_SET, Chances, Names, OnlineModel

# What a model keeps of frequencies; the least of them stands for any other.
_KEPT: Final = 20_000
_FEWEST_RECORDS: Final = 1000
# Candidates that tell the share of matches to a thousandth of it.
_PAIRS: Final = 500_000

# The online names of the levels of a trained comparison.
_LEVELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("equal", "sound", "near", "else"),
        "birth-date": ("equal", "as-far-as-known", "default-day", "swapped", "slip", "lunar", "else"),
        "gender": ("equal", "else"),
        "phone": ("equal", "else"),
        "address": ("equal", "else"),
    }
)
_RULES: Final = (
    ("citizen-id",),
    ("card",),
    ("name", "birth-date"),
    ("name", "phone"),
    ("name", "address"),
    ("phone", "birth-date"),
    ("address", "birth-date"),
)


# The places of two records, and whether they are one person.
Judged = tuple[int, int, bool]


class TooFewRecords(ValueError):
    """A model cannot be trained on so few records."""


def table_of(records: Sequence[Demographics], crowded: Collection[str] = ()) -> Table:
    """The first value of each fact, as columns, without the telephones and addresses that are `crowded`."""
    columns: dict[str, Column] = {
        "name": encoded(_first(each.names) for each in records),
        "birth-date": encoded(each.birth_date for each in records),
        "gender": encoded(each.gender for each in records),
        "phone": encoded(_first(each.phones, crowded) for each in records),
        "address": encoded(_first(each.addresses, crowded) for each in records),
        "citizen-id": encoded(_first(each.citizen_ids) for each in records),
        "card": encoded(
            f"{each.cards[0].system}|{each.cards[0].number}" if each.cards else "" for each in records
        ),
    }
    return Table(columns, np.zeros(len(records), np.int8))


def trained_on(
    records: Sequence[Demographics],
    population: int,
    before: OnlineModel = HAND_SET,
    seed: int = 0,
    told: Sequence[Judged] = (),
) -> OnlineModel:
    """A model of these records; thresholds stay as they were before. `told` are pairs of them, by their
    places, that humans judged. Raises TooFewRecords."""
    model = estimated(records, population, before, seed, told)
    names = names_of(encoded(_first(each.names) for each in records))
    return msgspec.structs.replace(model, names=names, namesakes=namesakes_among(records, names))


def estimated(
    records: Sequence[Demographics],
    population: int,
    before: OnlineModel = HAND_SET,
    seed: int = 0,
    told: Sequence[Judged] = (),
    share: float = 1.0,
) -> OnlineModel:
    """The same without how frequent names are, and namesakes. `share`: of all records that these are. Raises
    TooFewRecords."""
    if len(records) < _FEWEST_RECORDS:
        raise TooFewRecords(f"{len(records)} records are too few: {_FEWEST_RECORDS} are needed")
    crowded = crowded_among(records, share)
    model = train(table_of(records, frozenset(crowded)), untrained(before), seed, _told(told), _PAIRS)
    return OnlineModel(
        population=population,
        prior=round(prior_weight(model), 3),
        link_at=before.link_at,
        review_at=before.review_at,
        strangers_at_most=before.strangers_at_most,
        crowded=crowded,
        levels={each.column: _chances(each) for each in model.comparisons if each.column in _LEVELS},
        trained_on=len(records),
    )


def _told(judged: Sequence[Judged]) -> Told:
    one, other, is_match = zip(*judged, strict=True) if judged else ((), (), ())
    pairs = np.asarray(one, np.int32), np.asarray(other, np.int32)
    return Told(pairs, np.asarray(is_match, np.bool_))


def untrained(before: OnlineModel) -> Model:
    """What training starts from: the m of an earlier model."""
    comparisons = [
        Comparison(
            field, field, tuple(Level(test, 0, before.levels[field][_online(test)].m) for test in tests)
        )
        for field, tests in _LEVELS.items()
    ]
    comparisons += [comparison("citizen-id", "citizen-id"), comparison("card", "identifier")]
    return Model(tuple(comparisons), _RULES, 2.0**before.prior)


def names_of(column: Column) -> Names:
    """The shares of names, surnames and given names among the records that have a name."""
    counts = np.bincount(column.codes, minlength=len(column.values)).tolist()
    return names_of_counts(dict(zip(column.values[1:], counts[1:], strict=True)))


def names_of_counts(counts: Mapping[str, int]) -> Names:
    """The same of how many records have each name."""
    surnames: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for name, count in counts.items():
        parts = name_parts(name)
        surnames[parts.surname] += count
        given[parts.given] += count
    total = max(sum(counts.values()), 1)
    return Names(*(_shares(each, total) for each in (Counter(counts), surnames, given)))


def _online(test: str) -> str:
    return "different" if test == "else" else test


def _chances(found: Comparison) -> dict[str, Chances]:
    return {
        _online(level.test): Chances(float(f"{level.m:.4g}"), float(f"{level.u:.4g}"))
        for level in found.levels
    }


def _shares(counts: Counter[str], total: int) -> dict[str, float]:
    kept = [(text, count) for text, count in counts.most_common(_KEPT) if text and count]
    least = kept[-1][1] if len(kept) >= _KEPT - 1 else 1
    return {"": least / total} | {text: float(f"{count / total:.4g}") for text, count in kept}


def _first(values: Sequence[str], without: Collection[str] = ()) -> str:
    if without:
        values = [value for value in values if value not in without]
    return values[0] if values else ""
