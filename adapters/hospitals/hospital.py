"""Who a hospital is: its name, charset, time zone, systems, and how its messages differ from the base maps.

A sender without a file gets a hospital derived from MSH-4, so no message waits for configuration. What is
read for one interface (`speaking`) is the hospital as it speaks there.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from adapters.hospitals.level import Interface, Level, Said
from adapters.mapping.rows import Layer

SHANGHAI = "Asia/Shanghai"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Hospital:
    """`base` (no trailing slash) is what identifier and code systems of the hospital's own begin with.

    `levels` are the layers in force, the lowest first; the settings are what they say together, above the
    systems that are `common` to the deployment. `msh18`, `charsets` and `order_by` as in `level.Settings`.
    `dialect` is equal where the same text means the same.
    """

    id: str
    name: str
    base: str
    charset: str | None = None
    timezone: str = SHANGHAI
    facilities: tuple[str, ...] = ()
    systems: Mapping[str, str] = field(default_factory=dict)
    code_systems: Mapping[str, str] = field(default_factory=dict)
    msh18: str = ""
    charsets: Mapping[str, str] = field(default_factory=dict)
    order_by: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    common: Mapping[str, str] = field(default_factory=dict)
    dialect: str = field(init=False, compare=False, default="")
    _whole: "Hospital | None" = field(compare=False, repr=False, default=None)
    _known: dict[object, "Hospital"] = field(init=False, compare=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        told = (sorted(self.systems.items()), sorted(self.code_systems.items()), self.base)
        mark = hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:8]
        object.__setattr__(self, "dialect", f"{self.id} {self.timezone} {mark}")

    def identifier_system(self, *names: str) -> str:
        """The system of a kind of number of this hospital: `{base}/sid/{id}/MR`."""
        return "/".join((self.base, "sid", self.id, *map(segment, names)))

    def code_system(self, name: str) -> str:
        """The system of a local code table: `{base}/CodeSystem/{id}/0007`."""
        return f"{self.base}/CodeSystem/{self.id}/{segment(name)}"

    @property
    def stack(self) -> tuple[str, ...]:
        """Equal where the levels say the same, interfaces included."""
        own = [each.digest for each in self.levels if each.digest]
        for each in self.interfaces:
            digests = [level.digest for level in (each.vendor, each.level) if level is not None]
            own.append(f"{sorted((name, sorted(texts)) for name, texts in each.when.items())} {digests}")
        return tuple(own)

    @property
    def whole(self) -> "Hospital":
        """The hospital as its file says, through whichever interface this one speaks."""
        return self._whole or self

    def layers(self, form: str) -> Sequence[Layer]:
        """What the levels change of the maps of a form, the lowest first."""
        return [each.layers[form] for each in self.levels if form in each.layers]

    def through(self, channel: str) -> "Hospital":
        """The hospital as far as the channel tells the interface."""
        if not self.interfaces:
            return self
        kept = tuple(
            replace(each, when={name: texts for name, texts in each.when.items() if name != "channel"})
            for each in self.interfaces
            if channel.casefold() in each.when.get("channel", (channel.casefold(),))
        )
        return self._remembered(
            ("through", channel), lambda: replace(self, interfaces=kept, _whole=self.whole)
        )

    def speaking(self, said: Said) -> "Hospital":
        """The hospital through the interfaces that a message comes by: later ones above earlier ones."""
        if not self.interfaces:
            return self
        places = tuple([place for place, each in enumerate(self.interfaces) if each.holds(said)])
        return self._remembered(places, lambda: _through(self, [self.interfaces[each] for each in places]))

    def _remembered(self, key: object, made: Callable[[], "Hospital"]) -> "Hospital":
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = made()
        return known


def _through(hospital: Hospital, holding: Sequence[Interface]) -> Hospital:
    return settled(replace(hospital, interfaces=(), _whole=hospital.whole), _levels(hospital, holding))


def _levels(hospital: Hospital, holding: Sequence[Interface]) -> tuple[Level, ...]:
    """Those of the hospital, with an interface's own vendor in place of the hospital's."""
    vendor = next((each.vendor for each in reversed(holding) if each.vendor is not None), None)
    below = [each for each in hospital.levels if vendor is None or each.kind != "vendor"]
    if vendor is not None:
        below.insert(next((i for i, each in enumerate(below) if each.kind == "hospital"), len(below)), vendor)
    return (*below, *(each.level for each in holding if each.level is not None))


def settled(hospital: Hospital, levels: Sequence[Level]) -> Hospital:
    """The hospital with these levels, and what they say together."""
    said = [each.settings for each in levels]
    return replace(
        hospital,
        charset=_last(each.charset for each in said) or None,
        timezone=_last(each.timezone for each in said) or SHANGHAI,
        msh18=_last(each.msh18 for each in said),
        systems=_together([hospital.common, *(each.systems for each in said)]),
        code_systems=_together([each.code_systems for each in said]),
        order_by=next((each.order_by for each in reversed(said) if each.order_by), ()),
        charsets=_together([each.charsets for each in said]),
        levels=tuple(levels),
    )


def _last(said: Iterable[str]) -> str:
    return next((each for each in reversed([*said]) if each), "")


def _together(said: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {name: text for each in said for name, text in each.items()}


class Hospitals:
    """The registered hospitals, by the texts that senders write in MSH-4. What is registered can be replaced
    as a whole, while messages come."""

    __slots__ = ("_by_facility", "_derive", "_systems", "base", "registered")

    def __init__(
        self, base: str, registered: Iterable[Hospital] = (), systems: Mapping[str, str] | None = None
    ) -> None:
        """`systems` are those of authorities that all hospitals name alike."""
        self.base = base.rstrip("/")
        self._systems = systems or {}
        self.registered: tuple[Hospital, ...] = ()
        self._by_facility: dict[str, Hospital] = {}
        self._derive = lru_cache(maxsize=1024)(self._derived)
        self.register(registered)

    def register(self, hospitals: Iterable[Hospital]) -> None:
        """These, and no others any more."""
        self.registered = tuple(self._based(each) for each in hospitals)
        self._by_facility = {
            text.casefold(): each for each in self.registered for text in (each.id, *each.facilities)
        }

    def _based(self, each: Hospital) -> Hospital:
        systems = {**self._systems, **each.systems}
        based = replace(each, base=self.base, common=self._systems, systems=systems)
        return settled(based, each.levels) if each.levels else based

    def for_facility(self, facility: str, application: str = "") -> Hospital:
        """The hospital that MSH-4 names; unknown: one derived from MSH-4, else from MSH-3, else `unknown`."""
        known = self._by_facility.get(facility.strip().casefold())
        return known or self._derive(facility.strip(), application.strip())

    def _derived(self, facility: str, application: str) -> Hospital:
        name = " ".join(_CONTROL.sub(" ", facility or application).split())
        return Hospital(slug(name), name or "unknown", self.base, systems=self._systems)


def is_slug(name: str) -> bool:
    """Whether a text may be a hospital's id."""
    return _SLUG.fullmatch(name) is not None


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
