"""Which field of a message, by which row, made which element: the message translated again, looked on."""

from collections.abc import Sequence
from typing import Any

from adapters.hl7v2.parse import Message
from adapters.hl7v2.translate import translated_by
from adapters.hospitals.hospital import Hospital
from adapters.mapping.compiled import Maps, ValueRow
from adapters.mapping.tracing import Origin, TracingWork


def traced(message: Message, hospital: Hospital, maps: Maps) -> Sequence[Origin]:
    """The origin of every element, in the order they were made. A source is an address as `OBX[2]-5.1`."""
    origins: list[Origin] = []

    class Looking(TracingWork):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.origins = origins

        def address(self, owner: Any, row: ValueRow) -> str:
            source: Any = row.source
            parts = [part for part in (source.component, source.subcomponent) if part]
            return ".".join([f"{owner.segment.label}-{source.field}", *map(str, parts)])

    translated_by(Looking, message, hospital, maps)
    return origins
