"""Our linkage and Splink's side by side: the same cleaned columns, in one run, none with labels.

Run as `python -m benchmarks.linkage FOLDER [NAME…]`: the sets that `yilian suite linkage` finds under FOLDER
and whose names contain one of the NAMEs. Splink gets the best of several thresholds, chosen by the labels:
better than one could know. Review is the share of records that a human is asked about by the thresholds of
ours: nothing in the record's person is sure, or somebody outside, of whom there are more records, is worth a
look. A set that one of the two cannot run says why and the others go on.

Splink comes with `pip install 'yilian[dev]'` (in a checkout `pip install -e '.[dev]'`).
"""

import sys
import time
import warnings
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.identity import cubed
from benchmarks.splink_engine import SplinkEngine, predicted
from conformance.linkage import Case, cases, judged_pairs, judged_tests, records_of, sets, truth_of
from conformance.linkage_figures import figures
from exchange.commands.linkage_engine import LinkageEngine
from mpi.linkage.columns import map_from_document
from mpi.linkage.table import table

THRESHOLDS = (0.5, 0.9, 0.95, 0.99, 0.999)


def main() -> None:
    if len(sys.argv) < 2 or not Path(sys.argv[1]).exists():
        raise SystemExit("usage: python -m benchmarks.linkage FOLDER [NAME…]: the folder of labelled sets")
    warnings.simplefilter("ignore")
    folder, *names = sys.argv[1:]
    for case in cases(Path(folder)):
        if names and not any(name in case.name for name in names):
            continue
        told = sets()[case.kind]
        if "files" in told:
            _groups(case, told)
        else:
            _judged(case, told, "ours", LinkageEngine())
            _judged(case, told, "splink", SplinkEngine())


def _judged(case: Case, told: dict[str, Any], who: str, engine: LinkageEngine | SplinkEngine) -> None:
    judge = judged_pairs if "pairs" in told else judged_tests
    _report(case, who, lambda: judge(case, told, engine)[1])


def _groups(case: Case, told: dict[str, Any]) -> None:
    files = records_of(case)
    key = told["truth"]["column"]
    truth = [truth_of(value, told["truth"]) for records in files for value in records[key]]
    source = [number for number, records in enumerate(files) for _ in records[key]]
    _report(case, "ours", lambda: _ours(files, told["map"], truth, source))
    _report(case, "splink", lambda: _splink(files, told["map"], truth, source))


def _report(case: Case, who: str, run: Callable[[], str]) -> None:
    start, clock = time.process_time(), time.perf_counter()
    try:
        text = run()
    except Exception as error:
        text = f"cannot run: {type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
    spent, passed = time.process_time() - start, time.perf_counter() - clock
    print(f"{case.name:40} {who:7} {text}; CPU {spent:.1f} s, {passed:.1f} s", flush=True)


def _ours(files: Sequence[Any], columns: Any, truth: Sequence[str], source: Sequence[int]) -> str:
    decided = LinkageEngine().groups(files, columns)
    asked = sum(kind == "review" for _, kind in decided)
    return _shown([person for person, _ in decided], truth, source, asked)


def _splink(files: Sequence[Any], columns: Any, truth: Sequence[str], source: Sequence[int]) -> str:
    told = map_from_document(columns)
    raw = {name: [value for file in files for value in file[at]] for name, at in told.sources.items()}
    found = predicted(table(raw, told.kinds, source), told)
    best: tuple[float, float, list[int]] = max(
        (figures(persons, truth, source).f1, at, persons)
        for at in THRESHOLDS
        for persons in [found.persons(at)]
    )
    _, at, persons = best
    asked = found.for_review(persons, told.options.link_at, told.options.review_at)
    return f"{_shown(persons, truth, source, asked)} at {at:g}"


def _shown(persons: Sequence[Hashable], truth: Sequence[str], source: Sequence[int], asked: int) -> str:
    what = figures(persons, truth, source)
    return (
        f"pairs: precision {what.precision:.4f} recall {what.recall:.4f} F1 {what.f1:.4f}; "
        f"clusters: B-cubed F1 {cubed(persons, truth):.4f}, whole {what.persons:.4f}; "
        f"review {asked / max(len(truth), 1):.2%}"
    )


if __name__ == "__main__":
    main()
