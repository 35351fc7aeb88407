"""What conditional references name: first what this run has read, then the store.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from exchange.bundle import Criteria, conditional
from exchange.commands.loading.entries import key_of
from exchange.interactions.conditional import find
from exchange.search.criteria import Search
from exchange.search.parse import parse
from exchange.search.query import Query, SearchError
from exchange.store.connection import Connection
from exchange.store.types import RESOURCE_TYPES

SEVERAL = ""


@dataclass(frozen=True, slots=True)
class Matches:
    """declared: `Type|system|value` → `Type/id`, or SEVERAL; found: conditional reference → `Type/id`."""

    search: Search
    declared: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)

    def declare(self, names: Iterable[tuple[str, str]]) -> None:
        """(`Type|system|value`, `Type/id`) of what has been read."""
        for key, name in names:
            if self.declared.setdefault(key, name) != name:
                self.declared[key] = SEVERAL

    async def of(self, connection: Connection, references: Iterable[str]) -> dict[str, str]:
        """The references that name exactly one resource."""
        wanted = set(references)
        for reference in wanted - self.found.keys():
            if (key := key_of(reference)) is not None and self.declared.get(key):
                self.found[reference] = self.declared[key]
        missing = [reference for reference in wanted - self.found.keys() if not self._ambiguous(reference)]
        self.found.update(await self._stored(connection, missing))
        return {reference: self.found[reference] for reference in wanted & self.found.keys()}

    def _ambiguous(self, reference: str) -> bool:
        key = key_of(reference)
        return key is not None and self.declared.get(key) == SEVERAL

    async def _stored(self, connection: Connection, references: Iterable[str]) -> dict[str, str]:
        queries, names = {}, {}
        for reference in references:
            criteria = conditional(reference)
            assert criteria is not None
            query = self._query(criteria)
            if query is not None and query.criteria:
                queries[criteria], names[criteria] = query, reference
        ids = await find(connection, queries)
        return {
            names[criteria]: f"{criteria.type}/{one[0]}" for criteria, one in ids.items() if len(one) == 1
        }

    def _query(self, criteria: Criteria) -> Query | None:
        """None for what is no search of this hub: it names nothing."""
        if criteria.type not in RESOURCE_TYPES:
            return None
        try:
            return replace(parse(self.search, criteria.type, parse_qsl(criteria.query), "strict"), count=2)
        except SearchError:
            return None
