"""The concept maps from hospitals' own codes, and which version of them was in force when. Pure.

A version holds from the beginning of its effective period on, until one that was made later says otherwise.
https://hl7.org/fhir/R4/conceptmap.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from terminology.library import Entry, Library
from terminology.translate import ConceptMap, Match, concept_map_of

EFFECTIVE: Final = "http://hl7.org/fhir/StructureDefinition/resource-effectivePeriod"
BEGINNING: Final = datetime(1, 1, 2, tzinfo=UTC)
END: Final = datetime(9999, 12, 30, tzinfo=UTC)
# What says no more than the hospital's code does. A narrower one would.
FAITHFUL: Final = frozenset(("equal", "equivalent", "wider", "subsumes", "relatedto", "inexact"))


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a map, in force from `start` (inclusive) to `end`; `rank` grows with each one made."""

    canonical: str
    id: str
    rank: tuple[int, str]
    start: datetime
    end: datetime
    entry: Entry

    @property
    def map(self) -> ConceptMap:
        return self.entry.compiled(concept_map_of)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a code means: `matches` may be put beside it; without any it is known that nothing may be."""

    matches: tuple[Match, ...]
    versions: tuple[Version, ...]


class LocalMaps:
    """The active maps of a library that begin at a hospital's system."""

    def __init__(self, library: Library, prefix: str) -> None:
        self._by_source: dict[str, dict[str, list[Version]]] = {}
        for entry in library.above_base("ConceptMap"):
            resource = entry.resource
            if resource.get("status") == "active":
                version = version_of(entry)
                for source in {group.get("source", "") for group in resource.get("group", ())}:
                    if source.startswith(prefix):
                        self._by_source.setdefault(source, {}).setdefault(entry.url, []).append(version)

    def __bool__(self) -> bool:
        return bool(self._by_source)

    def covers(self, system: str) -> bool:
        """Whether there is a map from it, be it of another time."""
        return system in self._by_source

    def fingerprints(self) -> dict[str, frozenset[str]]:
        """By system, what is another one when what its maps say may be."""
        return {
            source: frozenset(_fingerprint(each) for versions in urls.values() for each in versions)
            for source, urls in self._by_source.items()
        }

    def in_force(self, system: str, when: datetime) -> list[Version]:
        """Of each map from a system the version of that time."""
        chosen = (effective(versions, when) for versions in self._by_source.get(system, {}).values())
        return [each for each in chosen if each]

    def latest(self, system: str, url: str) -> Version | None:
        """The version of a map that was made last, whenever it is in force."""
        versions = self._by_source.get(system, {}).get(url, [])
        return max(versions, key=lambda each: each.rank) if versions else None

    def mapped(self, system: str, code: str, when: datetime) -> Mapped | None:
        """None if no map of that time has the code."""
        if system not in self._by_source:
            return None
        found = [(v, v.map.forward.get((system, code))) for v in self.in_force(system, when)]
        known = [(version, matches) for version, matches in found if matches is not None]
        if not known:
            return None
        faithful = tuple(m for _, matches in known for m in matches if is_faithful(m))
        return Mapped(faithful, tuple(version for version, _ in known))


def _fingerprint(version: Version) -> str:
    return f"{version.id} {version.entry.resource.get('meta', {}).get('versionId')}"


def is_faithful(match: Match) -> bool:
    """Whether it may stand beside the hospital's code."""
    return match.equivalence in FAITHFUL and bool(match.concept.code) and not match.depends_on


def effective(versions: Iterable[Version], when: datetime) -> Version | None:
    """Of those that begin before and do not end before, the one that was made last."""
    fitting = [each for each in versions if each.start <= when < each.end]
    return max(fitting, key=lambda each: each.rank) if fitting else None


def version_of(entry: Entry) -> Version:
    start, end = _period(entry.resource)
    canonical = f"{entry.url}|{entry.version}" if entry.version else entry.url
    return Version(canonical, entry.id, rank_of(entry.version), start, end, entry)


def rank_of(version: str) -> tuple[int, str]:
    """By number, where the version is one."""
    return (
        (int(version), "") if version.isascii() and version.isdigit() and len(version) < 10 else (-1, version)
    )


def _period(resource: Mapping[str, Any]) -> tuple[datetime, datetime]:
    told = (e for e in resource.get("extension", ()) if e.get("url") == EFFECTIVE)
    period: Mapping[str, str] = next((each.get("valuePeriod", {}) for each in told), {})
    return first_instant(period.get("start", "")) or BEGINNING, last_instant(period.get("end", "")) or END


def first_instant(text: str, zone: tzinfo = UTC) -> datetime | None:
    """When a date or dateTime begins, in this zone if it names none. None for what is no date."""
    padded = {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)
    try:
        found = datetime.fromisoformat(padded)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def last_instant(text: str) -> datetime | None:
    """The instant after the last one of a date or dateTime."""
    start = first_instant(text)
    if start is None or len(text) > 10:
        return start
    if len(text) == 10:
        return start + timedelta(days=1)
    month = start.month % 12 + 1 if len(text) == 7 else 1
    return start.replace(year=start.year + (month == 1), month=month)
