"""What one resource may ask of the search index: more would keep PostgreSQL busy for minutes.

https://hl7.org/fhir/R4/http.html#create
"""

from typing import Final

from exchange.outcome import FhirError
from exchange.search.index.row import IndexRow
from terminology.issue import Issue

# A row in a side table costs PostgreSQL some 100 microseconds; a token or a text, of which a roster
# of patients or a code system has many, ten.
MAX_ROWS: Final = 20_000
MAX_TOKENS: Final = 250_000
# A smaller resource has not so many of either.
LARGE: Final = 200_000


def require_bounded(row: IndexRow, resource_type: str) -> None:
    """Raises FhirError for a resource with too much that can be searched by."""
    if sum(map(len, (row.tokens, row.texts, row.compartments))) > MAX_TOKENS:
        raise _too_many(MAX_TOKENS, "codes, references and texts", resource_type)
    rows = (row.strings, row.identifiers, row.dates, row.numbers, row.quantities, row.composites, row.codes)
    if sum(map(len, (*rows, row.positions))) > MAX_ROWS:
        raise _too_many(MAX_ROWS, "names, identifiers, dates and quantities", resource_type)


def _too_many(most: int, what: str, resource_type: str) -> FhirError:
    diagnostics = f"A resource has at most {most} {what} that it can be found by"
    issue = Issue("error", "too-costly", diagnostics, resource_type)
    return FhirError.of("too-large", [issue])
