"""`$meta` of a type, or of the whole system: every profile, tag and security label that is in use.

Each of them stands once in `text_index`, by the token that its resources have; whether one still has it is
asked of the index. No body is read.

https://hl7.org/fhir/R4/resource-operation-meta.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.interactions.request import Request, Response
from exchange.operations.meta import CODINGS, Meta, told
from exchange.search.value.token import salt, token
from exchange.store.arrays import array_texts
from exchange.store.connection import Connection
from exchange.store.types import RESOURCE_TYPES, type_number

# What has been known under some paths.
KNOWN: Final = """
SELECT DISTINCT ON (token) token, path, value FROM text_index
WHERE path = ANY($1::bigint[]) AND value <> ''"""

# What of these the newest resources of some types have: the commonest, which the next would take long for.
COMMON: Final = """
SELECT DISTINCT k FROM unnest($1::smallint[]) t CROSS JOIN LATERAL (
    SELECT i.tokens FROM resource_index i WHERE i.type = t ORDER BY i.rid DESC LIMIT 100
) n CROSS JOIN unnest(n.tokens) k WHERE k = ANY($2::bigint[])"""

# Which tokens a resource has that has none of the others.
IN_USE: Final = """
SELECT w.token FROM unnest($1::bigint[], $2::text[]) w (token, others)
WHERE EXISTS (
    SELECT 1 FROM (SELECT i.tokens FROM resource_index i WHERE i.tokens && ARRAY[w.token] OFFSET 0) f
    WHERE NOT f.tokens && w.others::bigint[]
)"""


@dataclass(frozen=True, slots=True)
class Label:
    """`part` of a type's Meta has this value, which its resources have as a token; `others` are the tokens of
    the same profile with a version, which have this one too."""

    part: str
    token: int
    value: str
    others: tuple[int, ...] = ()


async def meta_type(hub: Hub, request: Request) -> Response:
    """Of the resources of a type."""
    request.grant.require(request.type, "r")
    return await _in_use(hub, [request.type])


async def meta_system(hub: Hub, request: Request) -> Response:
    """Of all types that the caller may read."""
    readable = request.grant.types("r")
    if readable is not None and not readable:
        request.grant.require("*", "r")
    return await _in_use(hub, [name for name in RESOURCE_TYPES if readable is None or name in readable])


async def _in_use(hub: Hub, types: Sequence[str]) -> Response:
    paths = {salt(f"{name}.meta.{part}"): (name, part) for name in types for part in ("profile", *CODINGS)}
    async with hub.pool.acquire() as connection:
        known = [
            (*paths[path], token_, value) for token_, path, value in await connection.fetch(KNOWN, [*paths])
        ]
        labels = _labels(known)
        used = await _used(connection, {name for name, *_ in known}, labels)
    return told(None, _meta([label for label in labels if label.token in used]))


def _labels(known: Sequence[tuple[str, str, int, str]]) -> list[Label]:
    versioned: dict[int, list[int]] = {}
    for name, part, token_, value in known:
        url, bar, _ = value.partition("|")
        if part == "profile" and bar:
            versioned.setdefault(token(f"{name}.meta.profile", url), []).append(token_)
    return [Label(part, token_, value, tuple(versioned.get(token_, ()))) for _, part, token_, value in known]


async def _used(connection: Connection, types: set[str], labels: Sequence[Label]) -> set[int]:
    alone = [label.token for label in labels if not label.others]
    numbers = sorted(map(type_number, types))
    common = {found for (found,) in await connection.fetch(COMMON, numbers, alone)} if alone else set()
    rest = [label for label in labels if label.token not in common]
    others = [array_texts([label.others])[2:-2] if label.others else "{}" for label in rest]
    rows = await connection.fetch(IN_USE, [label.token for label in rest], others) if rest else ()
    return common | {found for (found,) in rows}


def _meta(labels: Sequence[Label]) -> Meta:
    """Of all types together, each value once."""
    made: Meta = {}
    if profiles := sorted({label.value for label in labels if label.part == "profile"}):
        made["profile"] = profiles
    for part in CODINGS:
        if values := sorted({label.value for label in labels if label.part == part}):
            codings = [_coding(value) for value in values]
            made[part] = list({(each.get("system"), each["code"]): each for each in codings}.values())
    return made


def _coding(value: str) -> dict[str, Any]:
    listed = loads(b'{"parts":%b}' % value.encode())["parts"]
    named = zip(("system", "code", "display"), listed, strict=True)
    return {name: part for name, part in named if part}
