"""A stored message translated again by the maps that are in force now, as the running hub would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from adapters.hl7v2.parse import Message
from adapters.hl7v2.trace import traced
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.hospitals.level import CLINICAL, TABLE, V2, V3
from adapters.library import Library, library
from adapters.mapping.layers import stacked
from adapters.mapping.rows import Layer, Row
from adapters.mapping.tracing import Origin
from adapters.tracing import traced_document
from adapters.translation import Translation
from exchange.channels.declared import load_channels
from exchange.channels.opening import declared_tables
from exchange.commands.deciding import hospitals_of
from exchange.inbound.envelope import Envelope
from exchange.inbound.map_version import MapVersions
from exchange.inbound.sealing import sealed_by_channel
from exchange.inbound.sent import Sent
from exchange.inbound.translated import translated
from exchange.settings import Settings
from profiles.definitions import definitions

BASE = "base"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # nothing of a translation depends on it


@dataclass(frozen=True, slots=True)
class Placed:
    """The layer that a row is of (`base`, `hospital h1`), and the line where it is written."""

    layer: str
    place: str


class MapsInForce:
    """Raises MapError for a hospital's file that cannot be read."""

    def __init__(self, settings: Settings) -> None:
        self.hospitals: Hospitals = hospitals_of(settings)
        self._library = library(definitions())
        self._tables = declared_tables(load_channels(settings.channels), definitions())
        self._versions = MapVersions()
        self._places: dict[tuple[str, tuple[str, ...], bool], Mapping[str, Placed]] = {}

    def envelope(self, row: asyncpg.Record) -> Envelope:
        """Of a row with raw, channel and charset."""
        return sealed_by_channel(row["raw"], row["channel"], row["charset"], self.hospitals)

    def version(self, envelope: Envelope) -> str:
        assert envelope.message is not None
        return self._versions.by_message(envelope.message, envelope.hospital)

    def translated(self, envelope: Envelope) -> Translation:
        """Of an envelope with a message."""
        message = envelope.message
        assert message is not None
        declared = self._tables.get(message.channel) if isinstance(message, Sent) else None
        return translated(message, envelope.hospital, _NEVER, self._library, declared)

    def traced(self, envelope: Envelope) -> Sequence[Origin]:
        """The origin of every element that the message makes."""
        message, hospital = envelope.message, envelope.hospital
        if isinstance(message, Message):
            return traced(message, hospital, self._library.v2.of(hospital))
        assert isinstance(message, Sent)
        given = Hospitals(hospital.base), hospital, message.charset, self._tables.get(message.channel)
        return traced_document(message.raw, self._library.documents, *given)

    def placed(self, envelope: Envelope, row: str) -> Placed | None:
        """Where a row (`map/row`) is written; None for what no row makes."""
        is_message = isinstance(envelope.message, Message)
        key = envelope.hospital.id, envelope.hospital.stack, is_message
        known = self._places.get(key)
        if known is None:
            forms = (V2,) if is_message else (CLINICAL, V3, TABLE)
            known = self._places[key] = _places(forms, envelope.hospital, self._library)
        return known.get(row)


def _places(forms: Sequence[str], hospital: Hospital, maps: Library) -> dict[str, Placed]:
    found: dict[str, Placed] = {}
    for form in forms:
        whole = stacked(maps.compilations(form).base, hospital.layers(form))
        owners = {
            id(row): str(level)
            for level in hospital.levels
            if form in level.layers
            for row in level.layers[form].rows()
        }
        for name, row in _rows(whole).items():
            found[name] = Placed(owners.get(id(row), BASE), str(row.place))
    return found


def _rows(layer: Layer) -> dict[str, Row]:
    """By `map/row`; a map that is like another one has its rows too."""
    found: dict[str, Row] = {}
    for name, each in layer.maps.items():
        of = [each, layer.maps[each.like]] if each.like in layer.maps else [each]
        for one in reversed(of):
            found |= {f"{name}/{row.id}": row for row in one.rows}
    return found
