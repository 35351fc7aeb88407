"""The levels that each kind of column is compared at, where the map of columns does not say otherwise.

m is where training starts: what clerical errors commonly leave equal or nearly so.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mpi.linkage.model import Comparison, Level


def _levels(*levels: tuple[str, float, float]) -> tuple[Level, ...]:
    return tuple(Level(test, bound, m) for test, bound, m in levels)


_LEVELS: Final[Mapping[str, tuple[Level, ...]]] = MappingProxyType(
    {
        "name": _levels(
            ("equal", 0, 0.8), ("crossed", 0, 0.02), ("sound", 0, 0.02), ("jaro-winkler", 0.92, 0.07),
            ("variant", 0, 0.02), ("jaro-winkler", 0.8, 0.03), ("else", 0, 0.05),
        ),
        "text": _levels(
            ("equal", 0, 0.75), ("crossed", 0, 0.02), ("tokens", 0.9, 0.06), ("jaro-winkler", 0.88, 0.05),
            ("tokens", 0.6, 0.03), ("else", 0, 0.1),
        ),
        "address": _levels(
            ("equal", 0, 0.65), ("crossed", 0, 0.02), ("tokens", 0.9, 0.1), ("jaro-winkler", 0.88, 0.05),
            ("tokens", 0.6, 0.05), ("else", 0, 0.15),
        ),
        "identifier": _levels(
            ("equal", 0, 0.9), ("mistyped", 1, 0.02), ("edits", 1, 0.03), ("part", 4, 0.01),
            ("edits", 2, 0.01), ("else", 0, 0.03),
        ),
        "citizen-id": _levels(
            ("equal", 0, 0.95), ("both-valid", 0, 0.002), ("edits", 1, 0.03), ("else", 0, 0.018)
        ),
        "date": _levels(
            ("equal", 0, 0.88), ("as-far-as-known", 0, 0.01), ("slip", 0, 0.05), ("swapped", 0, 0.01),
            ("default-day", 0, 0.01), ("edits", 2, 0.01), ("lunar", 0, 0.005), ("year", 0, 0.01),
            ("else", 0, 0.02),
        ),
        "phone": _levels(("equal", 0, 0.75), ("edits", 1, 0.04), ("ending", 7, 0.03), ("else", 0, 0.18)),
        "postcode": _levels(
            ("equal", 0, 0.75), ("edits", 1, 0.08), ("beginning", 3, 0.05), ("else", 0, 0.12)
        ),
        "category": _levels(("equal", 0, 0.9), ("else", 0, 0.1)),
        "sex": _levels(("equal", 0, 0.98), ("else", 0, 0.02)),
    }
)  # fmt: skip
KINDS: Final = tuple(sorted(_LEVELS))
_WITH_FREQUENCIES: Final = frozenset(("name", "text", "address", "category", "postcode", "date"))


def comparison(column: str, kind: str, partner: str = "", within: tuple[str, ...] = ()) -> Comparison:
    levels = tuple(level for level in _LEVELS[kind] if partner or level.test != "crossed")
    return Comparison(column, kind, levels, partner, within, kind in _WITH_FREQUENCIES)
