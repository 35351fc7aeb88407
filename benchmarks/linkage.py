"""Our linkage and Splink's side by side: the same cleaned columns, in one run, none with labels.

Run as `python -m benchmarks.linkage FOLDER [NAME…]`: the sets that `yilian suite linkage` finds under FOLDER
and whose names contain one of the NAMEs. Splink gets its own comparisons by kind of column, our blocking
rules as SQL, and the best of several thresholds, chosen by the labels: better than one could know. Its prior
stays at 1e-4: taken from training it became NaN on one of the sets.
Needs `pip install 'yilian[dev]'`. https://moj-analytical-services.github.io/splink/
"""

import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import splink.comparison_library as library
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from conformance.linkage import Case, cases, sets
from conformance.linkage import _truth as truth_of
from conformance.linkage_figures import Figures, figures
from conformance.linkage_files import read
from mpi.linkage.candidates import rules_for
from mpi.linkage.columns import Map, map_from_document
from mpi.linkage.decisions import decided
from mpi.linkage.groups import link
from mpi.linkage.table import Table, table
from mpi.linkage.training import trained

THRESHOLDS = (0.5, 0.9, 0.95, 0.99, 0.999)

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


def main() -> None:
    warnings.simplefilter("ignore")
    folder, *names = sys.argv[1:]
    for case in cases(Path(folder)):
        told = sets()[case.kind]
        if "files" not in told or (names and not any(name in case.name for name in names)):
            continue
        _compare(case, told)


def _compare(case: Case, told: dict[str, Any]) -> None:
    files = [read(file) for file in case.files]
    key = told["truth"]["column"]
    truth = [truth_of(value, told["truth"]) for records in files for value in records[key]]
    source = [number for number, records in enumerate(files) for _ in records[key]]
    columns = map_from_document(told["map"])
    raw = {
        name: [value for records in files for value in records[told_]]
        for name, told_ in columns.sources.items()
    }
    made = table(raw, columns.kinds, source)
    _report(case, "ours", lambda: [(0.5, _ours(made, columns))], truth, source)
    _report(case, "splink", lambda: _splink(made, columns), truth, source)


def _report(
    case: Case,
    who: str,
    run: Callable[[], list[tuple[float, list[int]]]],
    truth: Sequence[str],
    source: Sequence[int],
) -> None:
    start, clock = time.process_time(), time.perf_counter()
    try:
        found = run()
    except Exception as error:
        print(f"{case.name:45} {who:7} failed: {type(error).__name__}", flush=True)
        return
    spent, passed = time.process_time() - start, time.perf_counter() - clock
    best: tuple[float, Figures] = max(
        ((at, figures(persons, truth, source)) for at, persons in found), key=lambda one: one[1].f1
    )
    at, what = best
    print(
        f"{case.name:45} {who:7} F1 {what.f1:.4f} precision {what.precision:.4f} recall {what.recall:.4f} "
        f"persons {what.persons:.4f} at {at:g}; CPU {spent:.1f} s, {passed:.1f} s",
        flush=True,
    )


def _ours(made: Table, columns: Map) -> list[int]:
    model = trained(made, columns)
    return [decision.person for decision in decided(made, model, link(made, model))]


def _splink(made: Table, columns: Map) -> list[tuple[float, list[int]]]:
    linker = _linker(made, columns)
    chosen = list(_sql_rules(rules_for(made, columns.kinds)))
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in chosen[:6]:
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        except Exception as error:  # a rule that brings no pairs trains nothing
            print(f"  splink: {type(error).__name__}", file=sys.stderr)
    predicted = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    return [(at, _persons(linker, predicted, at, len(made))) for at in THRESHOLDS]


def _linker(made: Table, columns: Map) -> Linker:
    names = list(columns.columns)
    data: dict[str, list[Any]] = {
        name: [made.columns[name].values[code] or None for code in made.columns[name].codes.tolist()]
        for name in names
    }
    both = {**data, "unique_id": list(range(len(made)))}
    api = DuckDBAPI()
    whole = pyarrow.table(both)
    settings = SettingsCreator(
        link_type="link_only" if made.source.any() else "dedupe_only",
        comparisons=[_COMPARISONS[columns.columns[name].kind](name) for name in names],
        blocking_rules_to_generate_predictions=list(_sql_rules(rules_for(made, columns.kinds))),
    )
    split = int((made.source == 0).sum())
    parts = [whole.slice(0, split), whole.slice(split)] if made.source.any() else [whole]
    frames = [api.register(part) for part in parts]
    return Linker(frames if len(frames) > 1 else frames[0], settings, log_level="ERROR")


def _sql_rules(chosen: Sequence[Sequence[str]]) -> list[Any]:
    return [block_on(*(_sql(key) for key in rule)) for rule in chosen]


def _sql(key: str) -> str:
    name, _, form = key.partition(":")
    return {
        "": name,
        "4": f"substr({name}, 1, 4)",
        "sound": f"substr({name}, 1, 3)",
        "year": f"substr({name}, 1, 4)",
        "month-day": f"substr({name}, 6)",
        "last": f"substr({name}, -4)",
        "word": f"split_part({name}, ' ', 1)",
    }[form]


def _persons(linker: Linker, predicted: Any, at: float, size: int) -> list[int]:
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=at
    )
    rows = found.as_record_list()
    numbers = {cluster: number for number, cluster in enumerate({row["cluster_id"] for row in rows})}
    persons = [-1] * size
    for row in rows:
        persons[row["unique_id"]] = numbers[row["cluster_id"]]
    return persons


if __name__ == "__main__":
    main()
