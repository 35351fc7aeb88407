"""The compiled maps of every form, for whichever layers are in force."""

from dataclasses import dataclass

from adapters.documents import DocumentMaps, document_maps
from adapters.hl7v2.events import SUPPORTED
from adapters.hl7v2.sources import segment_names
from adapters.hl7v2.tables.grammar import group_names
from adapters.hl7v2.translate import MapLibrary
from adapters.hospitals.level import CLINICAL, TABLE, V2, V3
from adapters.mapping.dead import Grounds
from adapters.mapping.library import Compilations
from adapters.mapping.model import Model


@dataclass(frozen=True, slots=True)
class Library:
    """Each is compiled for the first message of who needs it."""

    model: Model
    v2: MapLibrary
    documents: DocumentMaps

    def compilations(self, form: str) -> Compilations:
        """Those of a form's maps."""
        return {
            V2: self.v2.compilations,
            CLINICAL: self.documents.cda.compilations,
            V3: self.documents.v3.compilations,
            TABLE: self.documents.tables.compilations,
        }[form]


def library(model: Model) -> Library:
    return Library(model, MapLibrary(model), document_maps(model))


def grounds(form: str) -> Grounds:
    """What sources of a form can have."""
    if form != V2:
        return Grounds()
    events = frozenset(event for each in SUPPORTED.values() for event in each)
    limits = {"type": frozenset(SUPPORTED), "event": events}
    return Grounds(limits, group_names(), segment_names())
