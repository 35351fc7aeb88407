"""The v3 queries that were asked lately, for whoever goes on with one: read from the inbox. Named SQL.

https://profiles.ihe.net/ITI/TF/Volume2/ITI-47.html#3.47.4.3

Every message is kept, so nothing is held between two pages of an answer, in whatever process it is asked.
"""

from typing import Final

from adapters.trees.element import Element
from adapters.trees.parse import Tree, parse
from adapters.v3.envelope import unwrapped
from adapters.v3.interaction import QUERIES, interaction_of
from adapters.v3.registry_query import query_id
from adapters.v3.translate import prepared
from exchange.hub import Hub

# So many messages back a query is found again, and so many of a sender's are looked at.
REMEMBERED: Final = 20_000
CANDIDATES: Final = 50

# The queries that a sender asked lately, the last first.
ASKED: Final = """
SELECT raw, charset FROM inbox
WHERE id > (SELECT max(id) FROM inbox) - $1::bigint AND channel = 'v3' AND sender = $2
  AND message_type = ANY($3::text[])
ORDER BY id DESC LIMIT $4"""


async def asked_lately(hub: Hub, sender: str, number: tuple[str, str]) -> Tree | None:
    """The query that calls itself so, by root and extension, as it was sent; the answers of WS/T 846 call it
    by its message's id."""
    async with hub.pool.acquire() as connection:
        rows = await connection.fetch(ASKED, REMEMBERED, sender, list(QUERIES), CANDIDATES)
    for row in rows:
        request = unwrapped(parse(row["raw"], row["charset"]))
        if request is not None and _is_called(request.tree.root, number):
            again = unwrapped(parse(row["raw"], row["charset"]))
            return again.tree if again is not None else None
    return None


def _is_called(root: Element, number: tuple[str, str]) -> bool:
    """Reads the tree for good."""
    prepared(Tree(root, "", root.document))
    of_message = interaction_of(root).message_id
    return any(_same(number, each) for each in (query_id(root), of_message))


def _same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """A root that only one of them names tells nothing."""
    return bool(one[1]) and one[1] == other[1] and (one[0] == other[0] or not (one[0] and other[0]))
