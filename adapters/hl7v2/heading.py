"""What MSH, SFT and EVN say, value by value, as extensions of the resource that tells of the message.

https://hl7.org/fhir/R4/extensibility.html. One extension a segment (`…/hl7v2-MSH`), in which each
value stands as sent under its shortest address (`6.2`, `18[2]`).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from adapters.hl7v2.keeping import URL
from adapters.hl7v2.parse import Message, Segment

Json = dict[str, Any]
HEADING: Final = frozenset(("MSH", "SFT", "EVN"))
_SEGMENTS = 8
_VALUES = 200
_NOT_FHIR = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])


def heading(message: Message) -> list[Json]:
    """MSH comes first, so there is always one."""
    return [
        {"url": URL + segment.name, "extension": values}
        for segment in message.segments[:_SEGMENTS]
        if segment.name in HEADING and (values := list(islice(_values(segment), _VALUES)))
    ]


def _values(segment: Segment) -> Iterator[Json]:
    for field, repetition, component, subcomponent, value in segment.values():
        if text := value.translate(_NOT_FHIR).strip():
            address = f"{field}[{repetition}]" if repetition > 1 else str(field)
            if subcomponent > 1:
                address += f".{component}.{subcomponent}"
            elif component > 1:
                address += f".{component}"
            yield {"url": address, "valueString": text}
