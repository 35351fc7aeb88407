"""By which version of the maps a message was translated, to find what another would change. Pure.

https://build.fhir.org/ig/HL7/v2-to-fhir/mapping_guidelines.html

A version is that of the package and a digest of what is in force for a hospital: the hub's own maps and
everything that the hospital's layers and settings change. Hospitals that change nothing have the same one.
"""

from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Final

from adapters.cda import translate as cda
from adapters.hl7v2.parse import Message
from adapters.hl7v2.translate import base_layer
from adapters.hospitals.hospital import Hospital, slug
from adapters.mapping.version import digest
from adapters.trees.library import layer_of
from adapters.v3 import translate as v3
from exchange.inbound.sent import Sent

# What a message's own words do not say, and its translation depends on.
SETTINGS: Final = ("base", "charset", "timezone", "systems", "code_systems", "stack")
_DECLARED: Final = ("adapters.local", "adapters.tables")
_MOST: Final = 4096


class MapVersions:
    """Of each hospital, for HL7 v2 and for everything else; remembered, for it takes some milliseconds."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], str] = {}

    def of(self, hospital: Hospital, is_document: bool) -> str:
        hospital = hospital.whole
        key = hospital.dialect, hospital.charset, hospital.stack, is_document
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[key] = map_version(hospital, is_document)
        return known

    def by_message(self, message: Message | Sent, hospital: Hospital) -> str:
        return self.of(hospital, isinstance(message, Sent))


def map_version(hospital: Hospital, is_document: bool) -> str:
    """`0.1.0-3f2a9c51d07b`."""
    hospital = hospital.whole
    base = _documents() if is_document else _messages()
    own = [getattr(hospital, name) for name in SETTINGS]
    called = "" if slug(hospital.name) == hospital.id else hospital.name
    return f"{_package()}-{digest(base, called, *own)}"


@cache
def _package() -> str:
    return version("yilian")


@cache
def _messages() -> str:
    return digest(base_layer())


@cache
def _documents() -> str:
    """Local files and tables are rendered by what is declared, then go through the maps of documents."""
    declared = [
        (path.name, path.read_text("utf-8"))
        for package in _DECLARED
        for path in sorted(files(package).iterdir(), key=lambda path: path.name)
        if path.name.endswith(".yaml")
    ]
    return digest(layer_of(*cda.PACKAGES), layer_of(*v3.PACKAGES), declared)
