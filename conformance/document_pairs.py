"""How alike two forms of one document come out: `local-xml-cda/X` and `local-xml-cda-rendered/X`.

Elements are (type, path, value) without ids and references. What a rendering left out, or wrote from
elsewhere, no translator can make equal: the second figure counts elements whose value both files hold, the
third of these what nobody judged to be a difference of the files themselves
(`baselines/document-pairs.yaml`).
"""

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import yaml

from conformance.report import BASELINES
from conformance.v2_pairs import Translated
from conformance.v2_survival import plain

Element = tuple[str, str, str]
FIRST: Final = "local-xml-cda"
SECOND: Final = "local-xml-cda-rendered"
_SIDES: Final = ("local", "rendered")
_ASIDE: Final = frozenset(("Composition", "DocumentReference", "Binary"))
_UNCOUNTED: Final = frozenset(("id", "reference", "resourceType", "status", "display"))


@dataclass(frozen=True, slots=True)
class Judgement:
    """Elements of one side whose difference lies in the files: patterns of paths and of documents."""

    documents: tuple[str, ...]
    sides: tuple[str, ...]
    paths: tuple[str, ...]
    why: str

    def covers(self, document: str, side: str, path: str) -> bool:
        return (
            side in self.sides
            and any(fnmatchcase(document, each) for each in self.documents)
            and any(fnmatchcase(path, each) for each in self.paths)
        )


@dataclass(frozen=True, slots=True)
class Alike:
    """Of one pair: (equal, all) of every element, of the comparable ones, and of those not judged away."""

    whole: tuple[int, int]
    both: tuple[int, int]
    judged: tuple[int, int]
    open: Counter[str]
    reasons: Counter[str]


def judgements() -> list[Judgement]:
    """The committed ones."""
    told = yaml.safe_load((BASELINES / "document-pairs.yaml").read_text("utf-8"))
    return [
        Judgement(
            tuple(rule.get("documents", ("*",))),
            tuple(rule.get("sides", _SIDES)),
            tuple(rule["paths"]),
            rule["why"],
        )
        for rule in told["differences"]
    ]


def compared(made: Mapping[Path, Translated], folder: Path) -> Iterator[str]:
    """Lines of all pairs, of what was judged to differ by reason, and of what nobody judged."""
    pairs = [(path, path.parent.parent / SECOND / path.name) for path in made if path.parent.name == FIRST]
    rules = judgements() if pairs else []
    figures = [_alike((made[a], made[b]), (a, b), rules) for a, b in pairs if b in made]
    if not figures:
        return
    shares = [each.both[0] / (each.both[1] or 1) for each in figures]
    yield (
        f"{len(figures)} pairs: equal elements {_share([each.whole for each in figures])} of all, "
        f"{_share([each.both for each in figures])} of those whose value both files hold (median "
        f"{statistics.median(shares):.3f}, least {min(shares):.3f}); without judged differences of the files "
        f"{_share([each.judged for each in figures])}"
    )
    differing: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for each in figures:
        differing.update(each.open)
        judged.update(each.reasons)
    yield f"pairs differ, judged: {'; '.join(f'{n} {why}' for why, n in judged.most_common())}"
    yield f"pairs differ, not judged: {', '.join(f'{path} {n}' for path, n in differing.most_common(20))}"


def _share(figures: list[tuple[int, int]]) -> str:
    return f"{sum(n for n, _ in figures) / (sum(d for _, d in figures) or 1):.3f}"


def _alike(
    made: tuple[Translated, Translated], paths: tuple[Path, Path], rules: Sequence[Judgement]
) -> Alike:
    one, two = (Counter(_elements(each)) for each in made)
    texts = [plain(path.read_bytes().decode("utf-8", "replace")) for path in paths]
    first, second = (
        Counter({e: n for e, n in each.items() if all(plain(e[2]) in text for text in texts)})
        for each in (one, two)
    )
    equal, every = (first & second).total(), (first | second).total()
    unjudged: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for side, lone in (("local", first - second), ("rendered", second - first)):
        for (kind, path, _), count in lone.items():
            covering = (rule.why for rule in rules if rule.covers(paths[0].name, side, f"{kind}.{path}"))
            if why := next(covering, ""):
                reasons[why] += count
            else:
                unjudged[f"{kind}.{path}"] += count
    # a value told otherwise on each side counts once on either
    left = min(unjudged.total(), every - equal)
    return Alike(
        ((one & two).total(), (one | two).total()), (equal, every), (equal, equal + left), unjudged, reasons
    )


def _elements(made: Translated) -> Iterator[Element]:
    for resource in made.resources:
        if resource["resourceType"] not in _ASIDE:
            yield from _flat(resource["resourceType"], "", resource)


def _flat(kind: str, path: str, value: Any) -> Iterator[Element]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in _UNCOUNTED:
                yield from _flat(kind, f"{path}.{name}".lstrip("."), item)
    elif isinstance(value, list):
        for item in value:
            yield from _flat(kind, path, item)
    elif not isinstance(value, bool):
        yield kind, path, str(value)
