"""What the rows of one search must be, in which order, and where to begin."""

from dataclasses import dataclass
from uuid import UUID

from exchange.search.page.cursor import Cursor
from exchange.search.query.criterion import Criterion
from exchange.search.query.query import SortKey
from exchange.store.types import type_number


@dataclass(frozen=True, slots=True)
class Plan:
    """One type's rows that fulfil all criteria and are in the compartment of a patient in `allowed`
    (None: of anybody, or of nobody); the first `limit` of them after the cursor."""

    resource_type: str
    criteria: tuple[Criterion, ...]
    allowed: tuple[UUID, ...] | None = None
    sort: tuple[SortKey, ...] = ()
    cursor: Cursor | None = None
    limit: int = 0

    @property
    def number(self) -> int:
        return type_number(self.resource_type)
