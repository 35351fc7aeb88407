"""What another file of a hospital would change: in its maps, and in the messages that it has sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from adapters.hl7v2.parse import Message
from adapters.hl7v2.translate import MapLibrary, base_layer, maps_for, translate
from adapters.hospitals.hospital import Hospital, Hospitals, hospital_from_yaml, load_hospitals
from adapters.mapping.difference import difference
from adapters.mapping.layers import overridden
from adapters.mapping.tracing import leaves
from adapters.translation import Translation
from exchange.commands.connected import connected
from exchange.commands.refused import Refused
from exchange.inbound.envelope import sealed
from exchange.settings import Settings
from profiles.definitions import definitions

# The latest messages of a hospital, in the order they came.
STORED = """
SELECT id, received, channel, charset, raw FROM (
    SELECT id, received, channel, charset, raw FROM inbox WHERE hospital = $1 ORDER BY id DESC LIMIT $2
) AS latest ORDER BY id"""
_SHOWN = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # nothing that is compared depends on it
_SETTINGS = ("name", "charset", "timezone", "facilities", "systems", "code_systems")


@dataclass(frozen=True, slots=True)
class Changed:
    """`lines` tell, message by message, what would be other; values are not told."""

    lines: Sequence[str]
    messages: int
    different: int


def differences(settings: Settings, hospital: str, candidate: str | None) -> Iterator[str]:
    """From the hub's own maps to the hospital's. Raises MapError for a row that cannot work."""
    meant = _meant(settings, hospital, candidate)
    plain = Hospital(meant.id, meant.id, meant.base)
    for name in _SETTINGS:
        value = getattr(meant, name)
        if value and value != getattr(plain, name):
            yield f"{name}: {value}"
    yield from difference(base_layer(), overridden(base_layer(), meant.layer))
    maps_for(meant.layer, definitions())


async def tested(settings: Settings, hospital: str, candidate: str | None, limit: int) -> Changed:
    """Translates what is stored of the hospital as in force and as meant. Without a candidate, as in
    force and by the hub's own maps."""
    hospitals = load_hospitals(settings.hospitals, settings.base)
    now = hospitals.for_facility(hospital)
    if candidate is None:
        meant = Hospital(now.id, now.name, now.base)
    else:
        meant = _meant(settings, hospital, candidate)
    library = (MapLibrary(definitions()), MapLibrary(definitions()))
    lines: list[str] = []
    different = 0
    async with connected(settings) as connection:
        rows = await connection.fetch(STORED, hospital, limit)
    for row in rows:
        pair = [
            _translated(row["raw"], row["channel"], row["charset"], each, maps, hospitals)
            for each, maps in zip((now, meant), library, strict=True)
        ]
        found = sorted(_changes(*pair))
        if found:
            different += 1
            lines += [
                f"message {row['id']} ({row['received']:%Y-%m-%d %H:%M}): {each}" for each in found[:_SHOWN]
            ]
    return Changed(lines, len(rows), different)


def _meant(settings: Settings, hospital: str, candidate: str | None) -> Hospital:
    if candidate is not None:
        made = hospital_from_yaml(candidate, f"{hospital}.yaml")
        if made.id != hospital:
            raise Refused(f"the file is of {made.id}, not of {hospital}")
        return replace(made, base=settings.base.rstrip("/"))
    hospitals = load_hospitals(settings.hospitals, settings.base)
    known = next((each for each in hospitals.registered if each.id == hospital), None)
    if known is None:
        raise Refused(f"no file describes the hospital {hospital}")
    return known


def _translated(
    raw: bytes,
    channel: str,
    charset: str | None,
    hospital: Hospital,
    library: MapLibrary,
    hospitals: Hospitals,
) -> Translation | None:
    envelope = sealed(raw, channel, charset or hospital.charset, hospitals)
    if not isinstance(envelope.message, Message):
        return None
    return translate(envelope.message, hospital, _EPOCH, library.of(hospital))


def _changes(now: Translation | None, meant: Translation | None) -> Iterator[str]:
    """Elements that come, go or change, by resource type; fields that are left over or no longer are."""
    before, after = _elements(now), _elements(meant)
    for path in before.keys() | after.keys():
        if before.get(path) != after.get(path):
            sign = "~" if path in before and path in after else "+" if path in after else "-"
            yield f"{sign} {path}"
    left = [{each.path for each in made.residue} if made else set() for made in (now, meant)]
    yield from (f"- residue {path}" for path in left[0] - left[1])
    yield from (f"+ residue {path}" for path in left[1] - left[0])


def _elements(made: Translation | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in made.entries if made else ():
        for path, value in leaves(entry.resource):
            found.setdefault(f"{entry.resource['resourceType']}.{path}", []).append(value)
    return found
