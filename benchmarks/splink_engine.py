"""Splink as an engine beside ours: comparisons by kind of column, our blocking rules, no labels.

It compares the pairs that ours compares: a rule is a column with the number of a record's block, empty where
ours leaves the block out as too large. It trains by the rules as SQL, of which Splink reads the columns that
agree: those of few pairs first, none of more than a few million.
What training leaves without a number (a prior of NaN where a rule brings no two alike, a level that never
occurred) is as if it had not been trained: Splink then takes its own default.
https://moj-analytical-services.github.io/splink/
"""

import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow
import splink.comparison_library as library
from numpy.typing import NDArray
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from mpi.linkage.candidates import GROUP, rules_for
from mpi.linkage.columns import Map, map_from_document
from mpi.linkage.keys import key_column
from mpi.linkage.table import Table, table

Records = Mapping[str, Sequence[str]]
Pair = tuple[int, int]
Blocks = NDArray[np.int64]

LEAST: Final = 0.01
PRIOR: Final = 1e-4
RULES: Final = 6
TRAINED: Final = 3_000_000
"""Pairs that a rule brings at most, of those trained by."""

_COMPARISONS: dict[str, Callable[[str], Any]] = {
    "name": lambda name: library.NameComparison(name).configure(term_frequency_adjustments=True),
    "text": lambda name: library.JaroWinklerAtThresholds(name, [0.9, 0.7]).configure(
        term_frequency_adjustments=True
    ),
    "address": lambda name: library.JaroWinklerAtThresholds(name, [0.9, 0.7]),
    "date": lambda name: library.DamerauLevenshteinAtThresholds(name, [1, 2]),
    "identifier": lambda name: library.DamerauLevenshteinAtThresholds(name, [1, 2]),
    "phone": lambda name: library.DamerauLevenshteinAtThresholds(name, [1, 2]),
    "postcode": lambda name: library.DamerauLevenshteinAtThresholds(name, [1, 2]),
    "category": library.ExactMatch,
    "sex": library.ExactMatch,
}
_RULE: Final = "rule_{0}"
_SQL: Final = {
    "": "{0}",
    "4": "substr({0}, 1, 4)",
    "sound": "substr({0}, 1, 3)",
    "year": "substr({0}, 1, 4)",
    "month-day": "substr({0}, 6)",
    "last": "substr({0}, -4)",
    "word": "split_part({0}, ' ', 1)",
}


@dataclass(frozen=True, slots=True)
class Predicted:
    """The probability of each pair that the blocking rules brought."""

    linker: Linker
    frame: Any
    pairs: Mapping[Pair, float]
    size: int

    def persons(self, at: float) -> list[int]:
        """The person of each record, pairs of this probability linked."""
        found = self.linker.clustering.cluster_pairwise_predictions_at_threshold(
            self.frame, threshold_match_probability=at
        )
        rows = found.as_record_list()
        numbers = {cluster: number for number, cluster in enumerate({row["cluster_id"] for row in rows})}
        persons = [-1 - record for record in range(self.size)]
        for row in rows:
            persons[row["unique_id"]] = numbers[row["cluster_id"]]
        return persons

    def for_review(self, persons: Sequence[int], link_at: float, review_at: float) -> int:
        """How many records are in doubt as ours are: none of their own person is sure, or one outside of it
        is worth a look, which is asked of the one whose person has fewer records."""
        inside, outside = [-1.0] * self.size, [-1.0] * self.size
        sizes = Counter(persons)
        for pair, probability in self.pairs.items():
            within = persons[pair[0]] == persons[pair[1]]
            asked = min(pair, key=lambda record: (sizes[persons[record]], -record))
            best = inside if within else outside
            for record in pair if within else (asked,):
                best[record] = max(best[record], probability)
        both = zip(inside, outside, strict=True)
        return sum(0 <= own < link_at or other >= review_at for own, other in both)


class SplinkEngine:
    """As the judge of `conformance.linkage` takes pairs."""

    def pairs(self, records: Records, pairs: Sequence[Pair], columns: Mapping[str, Any]) -> list[str]:
        told = map_from_document(columns)
        size = len(next(iter(records.values())))
        raw = {name: records.get(source, [""] * size) for name, source in told.sources.items()}
        found = predicted(table(raw, told.kinds, [0] * size), told).pairs
        chances = (found.get((min(pair), max(pair)), 0.0) for pair in pairs)
        return [_kind(chance, told.options.link_at, told.options.review_at) for chance in chances]


def _kind(chance: float, link_at: float, review_at: float) -> str:
    return "link" if chance >= link_at else "review" if chance >= review_at else "new"


def predicted(made: Table, columns: Map) -> Predicted:
    rules = rules_for(made, columns.kinds)
    blocks = [_blocks(made, rule) for rule in rules]
    frames = _frames(made, columns, blocks)
    settings = SettingsCreator(
        link_type="link_only" if made.source.any() else "dedupe_only",
        comparisons=[_COMPARISONS[told.kind](name) for name, told in columns.columns.items()],
        blocking_rules_to_generate_predictions=[block_on(_RULE.format(at)) for at in range(len(rules))],
        probability_two_random_records_match=PRIOR,
    )
    linker = Linker(frames, settings, log_level="ERROR")
    _train(linker, _cheapest(rules, blocks))
    linker = Linker(frames, _numbers_only(linker.misc.save_model_to_json()), log_level="ERROR")
    frame = linker.inference.predict(threshold_match_probability=LEAST)
    pairs = {
        (min(pair), max(pair)): float(row["match_probability"])
        for row in frame.as_record_list()
        if (pair := (row["unique_id_l"], row["unique_id_r"]))
    }
    return Predicted(linker, frame, pairs, len(made))


def _blocks(made: Table, rule: Sequence[str]) -> Blocks:
    """The number of each record's block by this rule; -1 where a key is missing."""
    joint, missing = np.zeros(len(made), np.int64), np.zeros(len(made), np.bool_)
    for key in rule:
        column = key_column(made, key)
        missing |= column.codes == 0
        _, joint = np.unique(joint * len(column.values) + column.codes, return_inverse=True)
    return np.where(missing, -1, joint)


def _sizes(blocks: Blocks) -> Blocks:
    """How many records stand in each record's block."""
    _, of, sizes = np.unique(blocks, return_inverse=True, return_counts=True)
    return np.asarray(np.where(blocks < 0, 0, sizes[of]), np.int64)


def _cheapest(rules: Sequence[Sequence[str]], blocks: Sequence[Blocks]) -> list[Any]:
    costs = (int((_sizes(each) - 1).clip(0).sum()) // 2 for each in blocks)
    ranked = sorted((cost, rule) for cost, rule in zip(costs, rules, strict=True) if cost <= TRAINED)
    return [block_on(*map(_sql, rule)) for _, rule in ranked]


def _train(linker: Linker, rules: Sequence[Any]) -> None:
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in rules[:RULES]:
        try:
            _maximise(linker, rule)
        except Exception as error:  # one that brings no pairs, or no two that differ, trains nothing
            print(f"  splink left out a rule: {type(error).__name__}: {str(error)[:60]}", file=sys.stderr)


def _maximise(linker: Linker, rule: Any) -> None:
    """Where a rule brings matches only, the prior among its pairs becomes NaN: then it is fixed."""
    train = linker.training.estimate_parameters_using_expectation_maximisation
    try:
        train(rule)
    except ValueError:
        train(rule, fix_probability_two_random_records_match=True)


def _numbers_only(model: dict[str, Any]) -> dict[str, Any]:
    if not _is_chance(model.get("probability_two_random_records_match")):
        model["probability_two_random_records_match"] = PRIOR
    for comparison in model["comparisons"]:
        for level in comparison["comparison_levels"]:
            for name in ("m_probability", "u_probability"):
                if name in level and not _is_chance(level[name]):
                    del level[name]
    return model


def _is_chance(number: object) -> bool:
    return isinstance(number, float | int) and math.isfinite(number) and 0 < number <= 1


def _frames(made: Table, columns: Map, blocks: Sequence[Blocks]) -> Any:
    data: dict[str, Any] = {
        name: [made.columns[name].values[code] or None for code in made.columns[name].codes.tolist()]
        for name in columns.columns
    }
    for at, each in enumerate(blocks):
        left_out = (each < 0) | (_sizes(each) > GROUP)
        data[_RULE.format(at)] = pyarrow.array(each, mask=left_out)
    whole = pyarrow.table({**data, "unique_id": list(range(len(made)))})
    split = int((made.source == 0).sum())
    parts = [whole.slice(0, split), whole.slice(split)] if made.source.any() else [whole]
    api = DuckDBAPI()
    frames = [api.register(part) for part in parts]
    return frames if len(frames) > 1 else frames[0]


def _sql(key: str) -> str:
    name, _, form = key.partition(":")
    return _SQL[form].format(name)
