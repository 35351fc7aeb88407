"""What conditional references name: first what this run has read, then the store.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import parse_qsl

from exchange.bundle import Criteria, conditional
from exchange.interactions.conditional import find
from exchange.loading.entries import key_of
from exchange.search.criteria import Search
from exchange.search.query.parse import parse
from exchange.search.query.query import Query, SearchError
from exchange.store.connection import Connection
from exchange.store.types import RESOURCE_TYPES

SEVERAL: Final = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """The identifiers that this run has read: `Type|system|value` → `Type/id`, or SEVERAL."""

    names: dict[str, str] = field(default_factory=dict)

    def add(self, names: Iterable[tuple[str, str]]) -> None:
        """(`Type|system|value`, `Type/id`) of what has been read."""
        for key, name in names:
            if self.names.setdefault(key, name) != name:
                self.names[key] = SEVERAL

    def of(self, references: Iterable[str]) -> dict[str, str]:
        """The references that name what has been read; SEVERAL for those that name more than one."""
        keys = {reference: key_of(reference) for reference in references}
        return {
            reference: self.names[key]
            for reference, key in keys.items()
            if key is not None and key in self.names
        }


@dataclass(frozen=True, slots=True)
class Matches:
    """What the store knows. found: conditional reference → `Type/id`, remembered for the run."""

    search: Search
    found: dict[str, str] = field(default_factory=dict)

    async def of(
        self, connection: Connection, references: Iterable[str], declared: Mapping[str, str]
    ) -> dict[str, str]:
        """The references that name exactly one resource; what was declared in this run goes first."""
        wanted = set(references)
        missing = wanted - declared.keys() - self.found.keys()
        self.found.update(await self._stored(connection, missing))
        known = {**self.found, **declared}
        return {reference: known[reference] for reference in wanted if known.get(reference)}

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
