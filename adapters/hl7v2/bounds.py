"""How much a segment may hold: what has more was never meant, and would be worked on for long.

HL7 v2.8 sets no bounds. No segment of the standard has more than 130 fields, and no data type more than 31
components; texts and series of numbers (OBX-5, NTE-3) are taken as a whole and may have more.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.fault import DATA_TYPE_ERROR, MessageError

FIELDS: Final = 400
REPETITIONS: Final = 200
LINES: Final = 1000
SERIES: Final = 6000
PARTS: Final = 1000
# A line up to so many characters cannot hold too much.
SHORT: Final = REPETITIONS
_AS_A_WHOLE: Final = frozenset((("OBX", 5), ("NTE", 3)))


@lru_cache(maxsize=64)
def bounds(of: Delimiters) -> Callable[[str, str], None]:
    """Looks at a segment's name and line; raises MessageError if it has too many fields, or one of them too
    many repetitions or parts."""

    def check(name: str, line: str) -> None:
        if line.count(of.field) > FIELDS:
            raise MessageError(DATA_TYPE_ERROR, f"more than {FIELDS} fields", name)
        if line.count(of.repetition) <= REPETITIONS and parts(line) <= PARTS:
            return
        for number, field in enumerate(line.split(of.field)):
            lines, most = (LINES, SERIES) if (name, number) in _AS_A_WHOLE else (REPETITIONS, PARTS)
            if field.count(of.repetition) > lines:
                raise MessageError(DATA_TYPE_ERROR, f"more than {lines} repetitions", f"{name}-{number}")
            if parts(field) > most:
                raise MessageError(DATA_TYPE_ERROR, f"more than {most} parts", f"{name}-{number}")

    def parts(text: str) -> int:
        return text.count(of.repetition) + text.count(of.component) + text.count(of.subcomponent)

    return check
