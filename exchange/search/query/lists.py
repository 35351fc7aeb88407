"""`_list`: the resources that a List names as its current items.

The List is read before the search is compiled: its index row does not tell which entries are flagged deleted.

https://hl7.org/fhir/R4/search.html#list and https://hl7.org/fhir/R4/lifecycle.html#list
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import asyncpg

from exchange.fhirjson import loads
from exchange.search.criteria import Search
from exchange.search.query.criterion import Listed, Members
from exchange.search.query.query import Query
from exchange.search.query.values import alternatives, refused, unescaped
from exchange.search.value.references import relative
from exchange.search.value.token import reference_hash
from exchange.store.packing import unpack
from exchange.store.types import type_number

MAX_LISTS = 20

# The Lists of these ids that are in the compartment of one of the patients; of anybody, for NULL.
LISTS = """
SELECT r.body
FROM resource r JOIN resource_index i ON i.rid = r.rid
WHERE r.type = $1::smallint AND r.id = ANY($2::text[]) AND r.body IS NOT NULL
  AND ($3::uuid[] IS NULL OR i.patient = ANY($3::uuid[])
       OR EXISTS (SELECT 1 FROM compartment_index c WHERE c.rid = i.rid AND c.patient = ANY($3::uuid[])))"""


def listed(search: Search, name: str, value: str) -> Listed:
    """`42`, `List/42`; raises SearchError for the functional lists (`$current-problems`)."""
    ids = []
    for each in map(unescaped, alternatives(name, value)):
        id_ = relative(each, search.base).removeprefix("List/")
        if id_.startswith("$"):
            raise refused(name, f"The functional list {id_} is not supported; name a List.", "not-supported")
        if "/" in id_:
            raise refused(name, f"{name} needs the id of a List.")
        ids.append(id_)
    if len(ids) > MAX_LISTS:
        raise refused(name, f"{name} takes {MAX_LISTS} lists.", "too-costly")
    return Listed(tuple(ids), search.base)


async def with_lists(connection: asyncpg.Connection, query: Query) -> Query:
    """The query with the items in place of the lists. One that is not there, or not to be seen, is empty."""
    wanted = [each for each in query.criteria if isinstance(each, Listed)]
    if not wanted:
        return query
    criteria = [each for each in query.criteria if not isinstance(each, Listed)]
    for each in wanted:
        rows = await connection.fetch(LISTS, type_number("List"), list(each.lists), query.allowed)
        named = {item for row in rows for item in _items(loads(unpack(row["body"])), each.base)}
        criteria.append(Members(tuple(sorted(map(reference_hash, named)))))
    return replace(query, criteria=tuple(criteria))


def _items(resource: Mapping[str, Any], base: str) -> Iterator[str]:
    for entry in resource.get("entry", ()):
        reference = entry.get("item", {}).get("reference")
        if reference and not entry.get("deleted"):
            yield relative(reference, base).partition("/_history/")[0]
