"""What one level says: a region, a vendor, a hospital or an interface of one; and for which messages an
interface's holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from adapters.mapping.fault import Place
from adapters.mapping.rows import Layer
from adapters.tables.declared import TableLayer

Kind = Literal["region", "vendor", "hospital", "interface"]
KINDS: Final[tuple[Kind, ...]] = ("region", "vendor", "hospital", "interface")
# The forms whose maps a level can change, by the name of its section; HL7 v2 stands in the file itself.
V2: Final = "hl7v2"
CLINICAL: Final = "cda"
V3: Final = "hl7v3"
TABLE: Final = "table"
FORMS: Final = (V2, CLINICAL, V3, TABLE)
# MSH-18 is overridden by the charset that is declared, or believed where it is valued.
Msh18 = Literal["", "overridden", "believed"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a level's messages are to be read: what it does not say, a lower one does. `charsets` are
    senders' own names of character sets, `order_by` the addresses of the times that messages are ordered by,
    where not the usual ones."""

    charset: str = ""
    msh18: Msh18 = ""
    timezone: str = ""
    charsets: Mapping[str, str] = field(default_factory=dict)
    order_by: tuple[str, ...] = ()
    systems: Mapping[str, str] = field(default_factory=dict)
    code_systems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocalLayer:
    """What the elements of local XML are called: `rename` into names the hub knows, `fields` that it does
    not (name → data element and what it is called)."""

    rename: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Level:
    """One file, as a layer upon those below it. `digest` is of all that it says, empty if that is nothing."""

    kind: Kind
    name: str
    place: Place
    settings: Settings = field(default_factory=Settings)
    layers: Mapping[str, Layer] = field(default_factory=dict)
    tables: TableLayer = field(default_factory=TableLayer)
    local: LocalLayer = field(default_factory=LocalLayer)
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says of the interface it came through: `application` as MSH-3 or a v3 sender, `version`
    as MSH-12, `type` as `ADT^A01`, a document's or a table's, `form` and `channel` as the hub calls them."""

    form: str = ""
    application: str = ""
    version: str = ""
    type: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """For which messages `levels` hold: those that say one of the texts for each name in `when`. `vendor` is
    whose system it is, where that is not the hospital's vendor."""

    name: str
    place: Place
    when: Mapping[str, frozenset[str]]
    vendor: Level | None = None
    level: Level | None = None

    def holds(self, said: Said) -> bool:
        return all(_matches(getattr(said, name), texts) for name, texts in self.when.items())


def _matches(said: str, texts: frozenset[str]) -> bool:
    """Case does not count; a type also matches by its first part: `ADT` is any `ADT^…`."""
    folded = said.casefold()
    return folded in texts or folded.partition("^")[0] in texts
