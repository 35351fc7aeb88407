"""Why a field is left out on purpose, as the rows say."""

from collections.abc import Iterator
from typing import Final

from adapters.mapping.compiled import Maps

BLANK: Final = "blank"
_MOST: Final = 8192


def reason_of(maps: Maps, name: str, number: int) -> tuple[str, str]:
    """The field's address without numbers of repetition, and the reason; remembered with the maps."""
    known = maps.reasons.get((name, number))
    if known is None:
        path = f"{name}-{number}"
        reasons = dict.fromkeys(_reasons(maps, name, number, path))
        known = path, "; ".join(reasons) or BLANK
        if len(maps.reasons) < _MOST:
            maps.reasons[name, number] = known
    return known


def _reasons(maps: Maps, name: str, number: int, path: str) -> Iterator[str]:
    for source, reason in maps.ignored.items():
        if source in (path, name) or source.startswith(f"{path}."):
            yield reason
    for each in maps.by_segment.get(name, ()):
        for row in each.ignores:
            if getattr(row.source, "field", 0) == number:
                yield row.reason
