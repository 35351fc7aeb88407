"""A search as values: what `parse` makes of a request, and `statement` turns into SQL.

https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from exchange.outcome import FhirError
from exchange.search.definition.source import Source
from exchange.search.query.criterion import Criterion
from terminology.issue import Issue


class SearchError(FhirError):
    """The search cannot be answered as it was asked."""

    def __init__(self, issue: Issue) -> None:
        super().__init__("invalid", issue.diagnostics, issue.expression)
        self.issue = issue
        self.issues: Sequence[Issue] = (issue,)


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
    total     whether the total is wanted; `affordable`: where it takes no long counting
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
    total: Literal["none", "accurate", "estimate", "affordable"] = "none"
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
