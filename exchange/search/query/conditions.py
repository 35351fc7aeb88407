"""Criteria about what a resource itself says.

https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from exchange.search.definition.source import Source
from terminology.library import Library


@dataclass(frozen=True, slots=True)
class Comparison:
    """A prefix and the range that the value covers; for dates the upper end is exclusive."""

    prefix: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes that definitions tell: the members of a value set, or what is above or below a concept.

    value_set  a canonical URL, perhaps with |version, or `ValueSet/id`; empty for a concept
    """

    how: Literal["in", "above", "below"]
    value_set: str = ""
    system: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class OfCodes:
    """A code at one of these elements is among the codes: to be made into Tokens once those are known.

    name    of the parameter, for errors
    leads   whether the elements are the type's leading code
    library gives the definitions that the hub has
    """

    name: str
    codes: tuple[Codes, ...]
    sources: tuple[Source, ...]
    leads: bool
    library: Callable[[], Library]


@dataclass(frozen=True, slots=True)
class Ids:
    """`_id`: one of these logical ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """One of these tokens.

    codes    the same as rows of code_index, if the parameter is the leading code and every value has a system
    narrow   whether few resources can have such a token (a reference to an encounter, not a status)
    needles  bytes of which one must occur in the body, to catch a hash that meets another's; empty: no check
    """

    hashes: tuple[int, ...]
    codes: tuple[int, ...] = ()
    narrow: bool = False
    needles: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Identifiers:
    """One of these identifiers: (canonical system, `` for none, None for any; value)."""

    parameters: tuple[int, ...]
    identifiers: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, slots=True)
class Strings:
    """One of these normalised values; for `exact` as they stand."""

    parameters: tuple[int, ...]
    how: Literal["prefix", "exact", "contains", "equal", "ends", "sound"]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeadingDate:
    """The leading date fulfils one of the comparisons. `long` are the tokens of dates that cover much."""

    comparisons: tuple[Comparison, ...]
    long: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """`_lastUpdated` fulfils one of the comparisons."""

    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Ranges:
    """A value in a side table fulfils one of the comparisons."""

    table: Literal["date_index", "number_index"]
    parameters: tuple[int, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A leading code beside which values are sought, as composite_index has both together.

    parameter, key  of the rows there
    code            as in code_index
    others          parameters of quantity_index whose values are not there
    """

    parameter: int
    key: int
    code: int
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quantities:
    """A quantity in one of these units (in any, if there are none) fulfils the comparison.

    pair  the code that is asked for beside it, if that is a quicker way to the rows
    """

    parameters: tuple[int, ...]
    comparison: Comparison
    units: tuple[int, ...]
    pair: Pair | None = None


@dataclass(frozen=True, slots=True)
class Paired:
    """A row of composite_index: its first part has one of these keys, and its value fulfils the comparison.

    units  of a quantity, any if there are none
    text   what a string begins with, normalised, instead of a comparison
    upper  the comparison of a third part, which stands at `hi`
    """

    parameter: int
    keys: tuple[int, ...]
    kind: Literal["quantity", "number", "date", "string"]
    comparison: Comparison | None = None
    units: tuple[int, ...] = ()
    text: str = ""
    upper: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the globe in degrees, and how far around it is near, in metres."""

    latitude: float
    longitude: float
    distance: float


@dataclass(frozen=True, slots=True)
class Near:
    """The position is near one of these points."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """A text or uri that stands at one of these paths (salts) begins like this; or one of these tokens."""

    paths: tuple[int, ...]
    prefixes: tuple[str, ...]
    hashes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """There is a row of one of these parameters in the side table."""

    table: str
    parameters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HasLeadingDate:
    """The leading date is there."""


@dataclass(frozen=True, slots=True)
class HasLeadingPatient:
    """The leading patient is one of ours."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text at one of these paths (any, if there are none) has all of these words: `phrase.sought_words`."""

    paths: tuple[int, ...]
    words: tuple[int, ...]
