"""What MSH, SFT and EVN say, value by value, as extensions of the resource that tells of the message.

https://hl7.org/fhir/R4/extensibility.html. One extension a segment (`…/hl7v2-MSH`), in which each
value stands as sent under its shortest address (`6.2`, `18[2]`).
"""

from collections.abc import Iterator
from functools import lru_cache
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
    for *place, value in segment.values():
        if text := (value if value.isprintable() else value.translate(_NOT_FHIR)).strip():
            yield {"url": _address(*place), "valueString": text}


@lru_cache(4096)
def _address(field: int, repetition: int, component: int, subcomponent: int) -> str:
    address = f"{field}[{repetition}]" if repetition > 1 else str(field)
    if subcomponent > 1:
        return f"{address}.{component}.{subcomponent}"
    return f"{address}.{component}" if component > 1 else address
