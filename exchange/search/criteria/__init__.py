"""One search parameter with its modifier and value, as a criterion: a module for each type of parameter.

https://hl7.org/fhir/R4/search.html#ptypes
"""

from exchange.search.criteria.asked import Asked, Search, search_of, targets_of
from exchange.search.criteria.criterion import criterion
from exchange.search.criteria.reference import reference_targets

__all__ = ["Asked", "Search", "criterion", "reference_targets", "search_of", "targets_of"]
