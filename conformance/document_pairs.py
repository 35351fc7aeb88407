"""How alike two forms of one document come out: `local-xml-cda/X` and `local-xml-cda-rendered/X`.

Elements are (type, path, value) without ids and references. What a rendering left out, or wrote from
elsewhere, no translator can make equal: the second figure counts elements whose value both files hold.
"""

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from conformance.v2_pairs import Translated
from conformance.v2_survival import plain

Element = tuple[str, str, str]
FIRST: Final = "local-xml-cda"
SECOND: Final = "local-xml-cda-rendered"
_ASIDE: Final = frozenset(("Composition", "DocumentReference", "Binary"))
_UNCOUNTED: Final = frozenset(("id", "reference", "resourceType", "status", "display"))


def compared(made: Mapping[Path, Translated], folder: Path) -> Iterator[str]:
    """One line for all pairs, and one for what differs most."""
    pairs = [(path, path.parent.parent / SECOND / path.name) for path in made if path.parent.name == FIRST]
    figures = [_alike(made[a], made[b], *(_texts(each) for each in (a, b))) for a, b in pairs if b in made]
    if not figures:
        return
    whole, both = [each[0] for each in figures], [each[1] for each in figures]
    each_share = [equal / (every or 1) for equal, every in both]
    yield (
        f"{len(figures)} pairs: equal elements {_share(whole):.3f} of all, {_share(both):.3f} of those whose "
        f"value both files hold (median {statistics.median(each_share):.3f}, least {min(each_share):.3f})"
    )
    differing: Counter[str] = Counter()
    for each in figures:
        differing.update(each[2])
    yield f"pairs differ most at: {', '.join(f'{path} {n}' for path, n in differing.most_common(12))}"


def _share(figures: list[tuple[int, int]]) -> float:
    return sum(n for n, _ in figures) / (sum(d for _, d in figures) or 1)


def _texts(path: Path) -> str:
    return plain(path.read_bytes().decode("utf-8", "replace"))


def _alike(
    first: Translated, second: Translated, text: str, other: str
) -> tuple[tuple[int, int], tuple[int, int], Counter[str]]:
    """(equal, all), the same of comparable elements, and where these differ."""
    one, two = (Counter(_elements(each)) for each in (first, second))
    equal, every = (one & two).total(), (one | two).total()
    comparable = [
        Counter({e: n for e, n in each.items() if plain(e[2]) in text and plain(e[2]) in other})
        for each in (one, two)
    ]
    shared, both = comparable[0] & comparable[1], comparable[0] | comparable[1]
    differing: Counter[str] = Counter()
    for (kind, path, _), count in (both - shared).items():
        differing[f"{kind}.{path}"] += count
    return (equal, every), (shared.total(), both.total()), differing


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
