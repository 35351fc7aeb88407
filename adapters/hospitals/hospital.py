"""Who a hospital is: its name, charset, time zone, systems, and how its messages differ from the base maps.

Each hospital may have one YAML file; a sender without one gets a hospital derived from MSH-4, so no message
waits for configuration. Keys of a file: `id`, `name`, `facilities` (texts of MSH-4.1 or MSH-4.2),
`charset`, `timezone`, `systems` (assigning authority or identifier type → URI), `code_systems` (CWE-3 →
URI), `order_by` (addresses of the times that its messages are ordered by), and those of a map file.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.mapping.document import Block, load
from adapters.mapping.fault import Fault, MapError
from adapters.mapping.read import layer_from_block
from adapters.mapping.rows import Layer

SHANGHAI = "Asia/Shanghai"
_KEYS = ("id", "name", "facilities", "charset", "timezone", "systems", "code_systems", "order_by")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Hospital:
    """`base` (no trailing slash) is what identifier and code systems of the hospital's own begin with;
    `order_by` are the addresses of the times by which its messages are ordered, where not the usual ones."""

    id: str
    name: str
    base: str
    charset: str | None = None
    timezone: str = SHANGHAI
    facilities: tuple[str, ...] = ()
    systems: Mapping[str, str] = field(default_factory=dict)
    code_systems: Mapping[str, str] = field(default_factory=dict)
    layer: Layer = field(default_factory=Layer)
    order_by: tuple[str, ...] = ()

    def identifier_system(self, *names: str) -> str:
        """The system of a kind of number of this hospital: `{base}/sid/{id}/MR`."""
        return "/".join((self.base, "sid", self.id, *map(segment, names)))

    def code_system(self, name: str) -> str:
        """The system of a local code table: `{base}/CodeSystem/{id}/0007`."""
        return f"{self.base}/CodeSystem/{self.id}/{segment(name)}"


class Hospitals:
    """The registered hospitals, by the texts that senders write in MSH-4."""

    __slots__ = ("_by_facility", "_derive", "_systems", "base", "registered")

    def __init__(
        self, base: str, registered: Iterable[Hospital] = (), systems: Mapping[str, str] | None = None
    ) -> None:
        """`systems` are those of authorities that all hospitals name alike."""
        self.base = base.rstrip("/")
        self._systems = systems or {}
        self.registered = tuple(
            replace(each, base=self.base, systems={**self._systems, **each.systems}) for each in registered
        )
        self._by_facility: dict[str, Hospital] = {}
        for each in self.registered:
            for text in (each.id, *each.facilities):
                self._by_facility[text.casefold()] = each
        self._derive = lru_cache(maxsize=1024)(self._derived)

    def for_facility(self, facility: str, application: str = "") -> Hospital:
        """The hospital that MSH-4 names; unknown: one derived from MSH-4, else from MSH-3, else `unknown`."""
        known = self._by_facility.get(facility.strip().casefold())
        return known or self._derive(facility.strip(), application.strip())

    def _derived(self, facility: str, application: str) -> Hospital:
        name = " ".join(_CONTROL.sub(" ", facility or application).split())
        return Hospital(slug(name), name or "unknown", self.base, systems=self._systems)


def load_hospitals(folder: Path | None, base: str, systems: Mapping[str, str] | None = None) -> Hospitals:
    """Reads every `*.yaml` of a folder. Raises MapError with file and line."""
    if folder is None:
        return Hospitals(base, (), systems)
    paths = sorted(folder.glob("*.yaml"))
    registered = [hospital_from_yaml(path.read_text("utf-8"), path.name) for path in paths]
    taken: dict[str, str] = {}
    for each, path in zip(registered, paths, strict=True):
        for text in (each.id, *each.facilities):
            other = taken.setdefault(text.casefold(), path.name)
            if other != path.name:
                raise MapError(
                    [Fault(load(path.read_text("utf-8"), path.name).place, f"{text!r}: {other} has it")]
                )
    return Hospitals(base, registered, systems)


def hospital_from_yaml(text: str, file: str) -> Hospital:
    """One hospital's file; its `base` is left empty. Raises MapError."""
    block = load(text, file)
    made = Hospital(
        id=str(block.get("id", "")),
        name=str(block.get("name") or block.get("id", "")),
        base="",
        charset=block.get("charset"),
        timezone=str(block.get("timezone") or SHANGHAI),
        facilities=tuple(map(str, block.get("facilities") or ())),
        systems=_texts(block, "systems"),
        code_systems=_texts(block, "code_systems"),
        layer=layer_from_block(block, _KEYS),
        order_by=tuple(map(str, block.get("order_by") or ())),
    )
    if not _SLUG.fullmatch(made.id):
        raise MapError([Fault(block.place, "id is 1 to 40 of a-z, 0-9, `.` and `-`")])
    try:
        ZoneInfo(made.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MapError([Fault(block.place, f"there is no time zone {made.timezone!r}")]) from error
    return made


def _texts(block: Block, key: str) -> dict[str, str]:
    return {str(name): str(uri) for name, uri in (block.get(key) or {}).items()}


def slug(name: str) -> str:
    """An id for a name: itself if it may be one, else something readable with a hash, so that no two names
    meet."""
    if not name:
        return "unknown"
    lower = name.casefold()
    if _SLUG.fullmatch(lower):
        return lower
    readable = re.sub(r"[^a-z0-9]+", "-", lower).strip("-")[:31].strip("-")
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{readable}-{mark}" if readable else f"h-{mark}"


@lru_cache(maxsize=4096)
def segment(name: str) -> str:
    """A name as one segment of a URI: letters of any script stay, what a URI cannot hold becomes `-`."""
    kept = re.sub(r"[^\w.~-]+", "-", name).strip("-") or "x"
    if kept == name:
        return name
    return f"{kept}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
