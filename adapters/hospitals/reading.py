"""Files of hospitals and of the layers below them, with every fault of a file at once.

A file of any level holds settings (`charset`, `msh_18`, `charsets`, `timezone`, `systems`, `code_systems`),
what it changes of the maps of HL7 v2 (`maps`, `changes`, `vocabularies`, `extensions`, `segments`), and
sections with the same of `cda` (which local XML and tables go by, too), `hl7v3` and `table`, and `local`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.hl7v2.charset import codec_named
from adapters.hl7v2.local_segments import with_segment_maps
from adapters.hl7v2.sources import V2Sources
from adapters.hospitals.level import CLINICAL, TABLE, V2, V3, Interface, Kind, Level, LocalLayer, Settings
from adapters.mapping.document import Block, plain
from adapters.mapping.fault import Fault, Place
from adapters.mapping.read import LAYER_KEYS, digest_of, layer_from_block
from adapters.mapping.rows import Layer
from adapters.mapping.typed import block_of, blocks, placed, table, text, texts, unknown
from adapters.tables.declared import KEYS as TABLE_KEYS
from adapters.tables.declared import table_layer

SETTINGS: Final = ("charset", "msh_18", "charsets", "timezone", "systems", "code_systems", "order_by")
SECTIONS: Final = (CLINICAL, V3, TABLE, "local")
LEVEL_KEYS: Final = (*SETTINGS, *LAYER_KEYS, *SECTIONS)
_SECTION_KEYS = tuple(key for key in LAYER_KEYS if key != "segments")
_WHEN: Final = ("application", "version", "type", "form", "channel")
_FORMS: Final = (V2, CLINICAL, V3, "local", TABLE)
Shelf = Callable[[Kind, str], Level | None]


@dataclass(frozen=True, slots=True)
class Described:
    """A hospital's file: who it is, its own level, and its interfaces."""

    id: str
    name: str
    facilities: tuple[str, ...]
    level: Level
    interfaces: tuple[Interface, ...]


def layer_file(block: Block, kind: Kind, name: str, faults: list[Fault]) -> Level:
    """A file of a region, a vendor or an interface."""
    unknown(block, ("name", *LEVEL_KEYS), kind, faults)
    return level_from_block(block, kind, name, faults)


def level_from_block(block: Block, kind: Kind, name: str, faults: list[Fault]) -> Level:
    layers = {V2: with_segment_maps(layer_from_block(block, faults), faults)}
    for form in (CLINICAL, V3, TABLE):
        section = block_of(block, form, faults)
        known = (*_SECTION_KEYS, *TABLE_KEYS) if form == TABLE else _SECTION_KEYS
        unknown(section, known, f"section {form}", faults)
        layers[form] = layer_from_block(section, faults)
    return Level(
        kind=kind,
        name=name,
        place=block.place,
        settings=_settings(block, faults),
        layers={form: layer for form, layer in layers.items() if layer != Layer()},
        tables=table_layer(block_of(block, TABLE, []), faults),
        local=_local(block_of(block, "local", faults), faults),
        digest=digest_of({key: plain(block[key]) for key in LEVEL_KEYS if block.get(key)}),
    )


def described(block: Block, id_: str, shelf: Shelf, faults: list[Fault]) -> Described:
    """A hospital's file; `shelf` knows the layers, each a fault where it is not there."""
    keys = ("id", "name", "facilities", "region", "vendor", "interfaces", *LEVEL_KEYS)
    unknown(block, keys, "file", faults)
    return Described(
        id=id_,
        name=text(block, "name", faults) or id_,
        facilities=texts(block, "facilities", faults),
        level=level_from_block(block, "hospital", id_, faults),
        interfaces=tuple(_interface(each, shelf, faults) for each in blocks(block, "interfaces", faults)),
    )


def found(block: Block, key: Kind, shelf: Shelf, faults: list[Fault]) -> Level | None:
    """The layer that a block names."""
    name = text(block, key if key != "interface" else "layer", faults)
    if not name:
        return None
    level = shelf(key, name)
    if level is None:
        faults.append(Fault(block.at(key if key != "interface" else "layer"), f"there is no {key} {name!r}"))
    return level


def _interface(block: Block, shelf: Shelf, faults: list[Fault]) -> Interface:
    unknown(block, ("name", "layer", "vendor", *_WHEN, *LEVEL_KEYS), "interface", faults)
    when = {key: frozenset(map(str.casefold, texts(block, key, faults))) for key in _WHEN if block.get(key)}
    if not when:
        faults.append(Fault(block.place, f"an interface needs one of {', '.join(_WHEN)}"))
    for said in sorted(when.get("form", frozenset()) - {*_FORMS}):
        faults.append(Fault(block.at("form"), f"there is no form {said!r}: {', '.join(_FORMS)}"))
    vendor, level = found(block, "vendor", shelf, faults), found(block, "interface", shelf, faults)
    own = any(block.get(key) for key in LEVEL_KEYS)
    name = text(block, "name", faults) or text(block, "layer", faults) or _called(when)
    if own and level is not None:
        faults.append(Fault(block.place, "an interface has a `layer`, or says itself what is other"))
    if own:
        level = level_from_block(block, "interface", name, faults)
    if not (own or block.get("layer") or block.get("vendor")):
        faults.append(Fault(block.place, f"interface {name!r}: nothing is other"))
    return Interface(name, block.place, when, vendor, level)


def _called(when: dict[str, frozenset[str]]) -> str:
    return " ".join(each for texts_ in when.values() for each in sorted(texts_))


def _settings(block: Block, faults: list[Fault]) -> Settings:
    charset = text(block, "charset", faults)
    charsets = table(block, "charsets", faults)
    zone = text(block, "timezone", faults)
    msh18 = text(block, "msh_18", faults, ("overridden", "believed"))
    inner = block_of(block, "charsets", [])
    named = [(charset, block.at("charset")), *((said, inner.at(name)) for name, said in charsets.items())]
    faults.extend(_charset_faults(named))
    if msh18 == "overridden" and not charset:
        faults.append(Fault(block.at("msh_18"), "msh_18 is overridden by a `charset`, and there is none"))
    if zone and not is_zone(zone):
        faults.append(Fault(block.at("timezone"), f"there is no time zone {zone!r}"))
    return Settings(
        charset=charset,
        msh18="believed" if msh18 == "believed" else "overridden" if msh18 else "",
        timezone=zone,
        charsets={name.casefold(): said for name, said in charsets.items()},
        order_by=_addresses(block, faults),
        systems=table(block, "systems", faults),
        code_systems=table(block, "code_systems", faults),
    )


def _addresses(block: Block, faults: list[Fault]) -> tuple[str, ...]:
    said = placed(block, "order_by", faults)
    for address, place in said:
        try:
            V2Sources().source(address, "MSH")
        except ValueError as error:
            faults.append(Fault(place, f"order_by: {error}"))
    return tuple(address for address, _ in said)


def _charset_faults(named: list[tuple[str, Place]]) -> list[Fault]:
    return [
        Fault(place, f"there is no charset {name!r}")
        for name, place in named
        if name and not codec_named(name)
    ]


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _local(block: Block, faults: list[Fault]) -> LocalLayer:
    unknown(block, ("rename", "fields"), "section local", faults)
    inner = block_of(block, "fields", faults)
    fields = {name: texts(inner, name, faults) for name in inner}
    for name, told in fields.items():
        if len(told) not in (2, 3):
            faults.append(Fault(inner.at(name), f"field {name!r} is [data element, name] or with a system"))
    places = {**inner.places, **block_of(block, "rename", []).places}
    fields = {name: told for name, told in fields.items() if len(told) in (2, 3)}
    return LocalLayer(table(block, "rename", faults), fields, places)
