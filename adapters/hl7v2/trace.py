"""Which field of a message, by which row, made which element: the message translated again, looked on."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from adapters.hl7v2.parse import Message
from adapters.hl7v2.translate import translated_by
from adapters.hospitals.hospital import Hospital
from adapters.mapping.compiled import Maps, ValueRow
from adapters.mapping.tracing import LEFT_OVER, Origin, TracingWork

_EXTENSION: Final = "/StructureDefinition/hl7v2-"


def traced(message: Message, hospital: Hospital, maps: Maps) -> Sequence[Origin]:
    """The origin of every element, in the order they were made. A source is an address as `OBX[2]-5.1`."""
    origins: list[Origin] = []

    class Looking(TracingWork):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.origins = origins

        def address(self, owner: Any, row: ValueRow, outcome: Any) -> str:
            source: Any = row.source
            parts = [part for part in (source.component, source.subcomponent) if part]
            number = outcome.read[0][1] if outcome.read else 1
            field = f"{source.field}[{number}]" if number > 1 else str(source.field)
            return ".".join([f"{owner.segment.label}-{field}", *map(str, parts)])

    translated_by(Looking, message, hospital, maps)
    return list(_with_fields(origins))


def _with_fields(origins: Sequence[Origin]) -> Iterator[Origin]:
    """What no row mapped is an extension that is named after its field."""
    named = {
        (each.resource, each.element.removesuffix(".url")): each.value.partition(_EXTENSION)[2]
        for each in origins
        if each.element.endswith(".url") and _EXTENSION in each.value
    }
    for each in origins:
        whole = next((field for (resource, at), field in named.items()
                      if resource == each.resource and each.element.startswith(f"{at}.")), "")  # fmt: skip
        yield each._replace(source=whole) if each.row == LEFT_OVER and whole else each
