"""How good a criterion is to start from."""

from exchange.search.query.conditions import (
    Identifiers,
    Ids,
    LeadingDate,
    Near,
    Paired,
    Phrases,
    Quantities,
    Ranges,
    Strings,
    Tokens,
    Updated,
    Words,
)
from exchange.search.query.criterion import (
    AllOf,
    AnyOf,
    Chain,
    Criterion,
    Has,
    Kin,
    Members,
    PatientReferences,
    Patients,
    Targets,
)
from exchange.search.value.dates import DAY

# A criterion up to this rank names few resources.
BOUNDED = 4
ANY_PATIENT = Patients((), several=False)


def rank(criterion: Criterion) -> int:
    """How good a criterion is to start from: 0 the best, 99 not at all."""
    match criterion:
        case Ids():
            return 0
        case Identifiers() | Members() | Kin():
            return 1
        case Patients(targets=None):
            return 2
        case Has(sources=Targets(criteria=criteria)):
            return max(3, min(map(rank, criteria), default=99))
        case Patients() | Chain():
            return 5
        case PatientReferences():
            return 3
        case Tokens():
            return 4 if criterion.narrow else 7 if criterion.codes else 8
        case Strings():
            return 6 if criterion.how == "prefix" else 5
        case Phrases():
            return 8
        case Paired() | Near():
            return 5
        case LeadingDate(comparisons):
            return 5 if all(_is_day(c.prefix, c.high - c.low) for c in comparisons) else 12
        case Quantities(pair=pair):
            return 9 if pair is None else 5
        case Ranges() | Updated():
            return 10
        case Words():
            return 7
        case AllOf(criteria):
            return min(rank(each) for each in criteria)
        case AnyOf(criteria):
            return max(rank(each) for each in criteria)
    return 99


def _is_day(prefix: str, width: float) -> bool:
    return prefix == "eq" and width <= 2 * DAY
