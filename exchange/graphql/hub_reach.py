"""The hub, as a query reaches it: with the caller's grant, through the same reads and searches as anybody's.

https://hl7.org/fhir/R4/graphql.html#searching
"""

from collections.abc import Sequence

from exchange.fhirjson import loads
from exchange.graphql.reach import Edge, Found, Resource
from exchange.hub import Hub
from exchange.interactions.search_type import page_of, permitted
from exchange.search.query.parse import parse
from exchange.search.value.references import local_target
from exchange.trust.grant import Grant


class HubReach:
    """`_cursor` is a parameter of a search like any other."""

    def __init__(self, hub: Hub, grant: Grant) -> None:
        self._hub, self._grant = hub, grant

    async def read(self, type_: str, id_: str) -> Resource | None:
        self._grant.require(type_, "r")
        stored = await self._hub.reader.read(type_, id_)
        return loads(stored.body) if stored is not None and stored.body is not None else None

    async def resolve(self, reference: str) -> Resource | None:
        target = local_target(reference, self._hub.base)
        if target is None or target[0] not in self._hub.definitions.resource_types:
            return None
        return await self.read(*target)

    async def search(self, type_: str, parameters: Sequence[tuple[str, str]]) -> Found:
        self._grant.require(type_, "s")
        query = permitted(self._grant, parse(self._hub.search, type_, parameters))
        async with self._hub.pool.acquire() as connection:
            page = await page_of(connection, query, self._hub.extraction)
        return Found([Edge(loads(body)) for body in page.bodies], page.total, query.count, page.next)
