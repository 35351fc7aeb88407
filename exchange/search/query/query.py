"""A search as values: what `parse` makes of a request, and `statement` turns into SQL.

https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Union
from uuid import UUID

from exchange.outcome import FhirError
from exchange.search.definition.source import Source
from terminology.issue import Issue


class SearchError(FhirError):
    """The search cannot be answered as it was asked."""

    def __init__(self, issue: Issue) -> None:
        super().__init__("invalid", issue.diagnostics, issue.expression)
        self.issue = issue
        self.issues: Sequence[Issue] = (issue,)


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
    """

    name: str
    codes: tuple[Codes, ...]
    sources: tuple[Source, ...]
    leads: bool


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
class Patients:
    """The leading patient is one of these keys, or linked to one of them.

    several   the parameter may hold several patients; the further ones stand in compartment_index
    targets   instead of keys: the Patients that fulfil a search (`patient.identifier=…`)
    """

    keys: tuple[UUID, ...]
    several: bool
    targets: "Targets | None" = None


@dataclass(frozen=True, slots=True)
class PatientReferences:
    """Another reference than the leading one names one of these patients, or one linked to them.

    salts     of the elements that may hold the reference
    hashes    tokens of the references as given, so that a patient who is not stored is found too
    member    the reference puts the resource into the patient's compartment, so the key is compared as well
    """

    keys: tuple[UUID, ...]
    salts: tuple[int, ...]
    hashes: tuple[int, ...]
    member: bool


@dataclass(frozen=True, slots=True)
class Targets:
    """The resources of a type that fulfil all criteria. `shared`: the type is in no patient's compartment, so
    that whoever may see certain patients only may be led by any of them."""

    resource_type: str
    criteria: tuple["Criterion", ...]
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """A reference at one of these elements names one of the targets.

    by_url  elements that name their target by its canonical URL; `urls`: where the targets say it
    """

    salts: tuple[int, ...]
    targets: tuple[Targets, ...]
    by_url: tuple[int, ...] = ()
    urls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Has:
    """One of the sources refers here: by one of these elements, or as its leading patient.

    by_url  elements that name what they refer to by its canonical URL; `urls`: where that says it
    """

    salts: tuple[int, ...]
    sources: Targets
    as_patient: bool
    several: bool
    by_url: tuple[int, ...] = ()
    urls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """`_list`: a current item of one of these Lists; to be made into Members once those are read. `base` is
    our own, under which an item may be named."""

    lists: tuple[str, ...]
    base: str


@dataclass(frozen=True, slots=True)
class Members:
    """One of these resources, by the hash of its `Type/id`."""

    references: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Kin:
    """What is one of these resources, or below them (or above) by a reference to a resource of the same type.

    references  hashes of `Type/id`
    salts       of the elements that refer to what is next above
    """

    resource_type: str
    references: tuple[int, ...]
    salts: tuple[int, ...]
    how: Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class AllOf:
    criteria: tuple["Criterion", ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A text at one of these paths (any, if there are none) has all of these words: `phrase.sought_words`."""

    paths: tuple[int, ...]
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    criteria: tuple["Criterion", ...]


@dataclass(frozen=True, slots=True)
class Not:
    criterion: "Criterion"


Criterion = Union[  # noqa: UP007
    Ids,
    OfCodes,
    Tokens,
    Identifiers,
    Strings,
    LeadingDate,
    Updated,
    Ranges,
    Quantities,
    Paired,
    Near,
    Phrases,
    Kin,
    Present,
    HasLeadingDate,
    HasLeadingPatient,
    Patients,
    PatientReferences,
    Chain,
    Has,
    Listed,
    Members,
    Words,
    AllOf,
    AnyOf,
    Not,
]


@dataclass(frozen=True, slots=True)
class SortKey:
    """What to sort by: a column of resource_index (`ts`, `updated`), `id`, a side table's values, the `rank`
    of a token in `tokens`, or what the resource itself says at `elements` (`content`)."""

    source: str
    descending: bool
    parameters: tuple[int, ...] = ()
    tokens: tuple[int, ...] = ()
    elements: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Inclusion:
    """`_include` (forward) or `_revinclude`: from the source types by these elements to the target types.

    salts       of the elements
    as_patient  sources are found by their leading patient too
    by_url      those of the elements that name their target by its URL; `urls`: where targets say it
    iterate     what is included is followed as well
    named       the parameter was named: a caller who may not read what it leads to must hear of it
    """

    source_types: tuple[str, ...]
    salts: tuple[int, ...]
    target_types: tuple[str, ...]
    as_patient: bool
    reverse: bool
    by_url: tuple[int, ...] = ()
    urls: tuple[int, ...] = ()
    iterate: bool = False
    named: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """One type-level search.

    count     resources a page; 0 asks for the total alone
    total     whether the total is wanted
    allowed   keys of the only patients whose resources the caller may see, None for all: looked at inside the
              statement, for matches and included resources alike
    open_types  those of the included types that are in no patient's compartment: anybody may see them
    lenient   rather than refuse a page that includes too much, leave out the rest and say so
    accepted  the parameters that were understood, for the self link
    ignored   warnings about those that were not, under lenient handling
    summary, elements, format, pretty are for who renders the Bundle
    """

    resource_type: str
    criteria: tuple[Criterion, ...]
    sort: tuple[SortKey, ...] = ()
    count: int = 20
    total: Literal["none", "accurate", "estimate"] = "none"
    cursor: str | None = None
    inclusions: tuple[Inclusion, ...] = ()
    allowed: tuple[UUID, ...] | None = None
    in_compartment: bool = True
    open_types: tuple[str, ...] = ()
    lenient: bool = False
    has_leading_date: bool = False
    accepted: tuple[tuple[str, str], ...] = ()
    ignored: tuple[Issue, ...] = ()
    summary: str = "false"
    elements: tuple[str, ...] = ()
    format: str | None = None
    pretty: bool = False
