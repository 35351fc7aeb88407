"""What a query needs of the world: resources by reference, and searches.

https://hl7.org/fhir/R4/graphql.html#searching
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Edge:
    """One result of a search."""

    resource: Resource
    mode: str | None = "match"
    score: Any = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search; `next` is the cursor of the page behind it."""

    edges: Sequence[Edge]
    total: int | None = None
    count: int | None = None
    next: str | None = None


class Reach(Protocol):
    """Every way raises FhirError for what the caller may not see."""

    async def read(self, type_: str, id_: str) -> Resource | None: ...
    async def resolve(self, reference: str) -> Resource | None: ...
    async def search(self, type_: str, parameters: Sequence[tuple[str, str]]) -> Found: ...
