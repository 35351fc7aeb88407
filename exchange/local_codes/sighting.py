"""That a hospital's own code was met, and many such meetings as one. Pure.

https://hl7.org/fhir/R4/codesystem.html
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

LONGEST: Final = 200
MOST_PLACES: Final = 16


class Key(NamedTuple):
    """A code of a system; keys are counted and locked in their order."""

    system: str
    code: str


class Companion(NamedTuple):
    """A code of a system that is not the hospital's, which stood beside."""

    system: str = ""
    code: str = ""
    display: str = ""


NOBODY: Final = Companion()
NEVER: Final = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sighting:
    """`seen` times in all, `alone` so many of them without any other system's code beside it; `places` are
    element paths, `example` is the `Type/id` where it was met last, `display` what it was called last, at
    `named`; of several companions it is always the same one."""

    key: Key
    first: datetime
    last: datetime
    display: str = ""
    places: tuple[str, ...] = ()
    example: str = ""
    companion: Companion = NOBODY
    seen: int = 1
    alone: int = 0
    named: datetime = NEVER


def together(one: Sighting, other: Sighting) -> Sighting:
    """Both, whichever came first: it does not matter how many meetings are put together."""
    places = sorted({*one.places, *other.places})[:MOST_PLACES]
    return Sighting(
        one.key,
        min(one.first, other.first),
        max(one.last, other.last),
        max(_called(one), _called(other))[2],
        tuple(places),
        max((one.last, one.example), (other.last, other.example))[1],
        max(one.companion, other.companion),
        one.seen + other.seen,
        one.alone + other.alone,
        max(_called(one), _called(other))[1],
    )


def counted(sightings: Iterable[Sighting]) -> dict[Key, Sighting]:
    """One for each code."""
    found: dict[Key, Sighting] = {}
    for each in sightings:
        known = found.get(each.key)
        found[each.key] = together(known, each) if known else each
    return found


def kept(sighting: Sighting) -> Sighting | None:
    """As it is kept; None for what is too long to be a code."""
    if len(sighting.key.code) > LONGEST or len(sighting.key.system) > LONGEST:
        return None
    return replace(sighting, display=sighting.display[:LONGEST])


def _called(sighting: Sighting) -> tuple[bool, datetime, str]:
    return bool(sighting.display), max(sighting.named, sighting.first), sighting.display
