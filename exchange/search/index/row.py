"""The search index row of one resource, as extraction makes it and the store keeps it.

Times are microseconds since 1970-01-01T00:00Z; a partial date is the range it covers, upper end exclusive.
Tokens are signed 64-bit hashes (`exchange.search.value.token`).
"""

from uuid import UUID

import msgspec

from exchange.search.index.phrase import Phrase


class IndexRow(msgspec.Struct, frozen=True):
    """What the index knows of one current resource version.

    patient      key of the patient whose compartment the resource is in (the first, if several), or None
    compartments keys of further patients in whose compartment the resource also is
    start, end   range of the type's leading clinical date (Observation.date, Encounter.date …)
    codes        tokens of the type's leading code (system|code only), one per coding
    tokens       every token, uri and reference token of the resource
    identifiers  (parameter id, canonical system or "", value)
    strings      (parameter id, normalised value, exact value)
    dates        (parameter id, start, end) of every other date parameter
    numbers      (parameter id, low, high)
    quantities   (parameter id, unit token or None, low, high)
    composites   (parameter id, token of the first part, unit token or None, low, high, text or None):
                 `exchange.search.definition.composite`
    positions    (latitude, longitude) in degrees
    texts        what the tokens of texts and uris stand for: `exchange.search.index.phrase`

    A string that is found by prefix only (pinyin, sound) has no exact value.
    """

    patient: UUID | None = None
    compartments: tuple[UUID, ...] = ()
    start: int | None = None
    end: int | None = None
    codes: tuple[int, ...] = ()
    tokens: tuple[int, ...] = ()
    identifiers: tuple[tuple[int, str, str], ...] = ()
    strings: tuple[tuple[int, str, str], ...] = ()
    dates: tuple[tuple[int, int, int], ...] = ()
    numbers: tuple[tuple[int, float, float], ...] = ()
    quantities: tuple[tuple[int, int | None, float, float], ...] = ()
    composites: tuple[tuple[int, int, int | None, float, float, str | None], ...] = ()
    positions: tuple[tuple[float, float], ...] = ()
    texts: tuple[Phrase, ...] = ()
