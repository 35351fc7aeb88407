"""The look-up before a search is compiled: which codes its value sets and concepts stand for.

Definitions that are stored here come before those that travel with the hub. What they refer to is fetched in
rounds, until all is at hand.

https://hl7.org/fhir/R4/valueset.html
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from exchange.fhirjson import dumps, loads
from exchange.search.codes.held import Held, Name, NotHeld
from exchange.search.definition.source import Source
from exchange.search.query.conditions import Codes, OfCodes, Tokens
from exchange.search.query.criterion import Criterion
from exchange.search.query.query import Query
from exchange.search.query.tree import changed, every
from exchange.search.query.values import refused
from exchange.search.value.token import coded, token
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_number
from profiles.definitions import definitions
from terminology.coded import Coding, above, below, codings
from terminology.compile_code_system import UnusableDefinition
from terminology.naming import canonical_system
from terminology.options import Options
from terminology.scope import Scope
from terminology.texts import Refusal, found

MAX_ROUNDS = 12
MAX_DEFINITIONS = 200
# More bytes to look for in a body than this would cost more than they guard against.
_MOST_NEEDLES = 50

# The current definitions that have one of these tokens of their URL, the newest first.
BY_URL = """
SELECT r.body
FROM (SELECT * FROM resource_index x WHERE x.tokens && $1::bigint[] OFFSET 0) i
JOIN resource r ON r.rid = i.rid
WHERE i.type = ANY($2::smallint[]) AND r.body IS NOT NULL
ORDER BY i.updated DESC, i.rid DESC"""

# The current resources of a type with these ids.
BY_ID = (
    "SELECT id, body FROM resource WHERE type = $1::smallint AND id = ANY($2::text[]) AND body IS NOT NULL"
)

_KINDS = ("ValueSet", "CodeSystem")
_LITERAL = "ValueSet/"
_MISSING = "Unable_to_resolve_value_Set_"
MAX_CODES = 20_000
Definition = Mapping[str, Any]


async def resolved(connection: Connection, query: Query) -> Query:
    """The query with the codes in it. Raises SearchError about those that cannot be worked out."""
    wanted = [each for each in every(query.criteria) if isinstance(each, OfCodes)]
    if not wanted:
        return query
    known = await _known(connection, wanted)
    return replace(
        query,
        criteria=tuple(changed(each, lambda criterion: _tokens(criterion, known)) for each in query.criteria),
    )


async def _known(connection: Connection, wanted: list[OfCodes]) -> Mapping[Codes, frozenset[Coding]]:
    fetched: dict[Name, Definition | None] = {}
    for _ in range(MAX_ROUNDS):
        listed: dict[Codes, frozenset[Coding]] = {}
        missing: set[Name] = set()
        for criterion in wanted:
            for codes in criterion.codes:
                try:
                    listed[codes] = _listed(codes, Held(fetched, criterion.library()))
                except NotHeld as needed:
                    missing.add(needed.name)
                except (Refusal, UnusableDefinition) as reason:
                    said = codes.value_set or f"{codes.system}|{codes.code}"
                    raise refused(
                        criterion.name, f"{said} cannot be used: {reason}.", "not-supported"
                    ) from None
        if not missing:
            return listed
        if len(fetched) + len(missing) > MAX_DEFINITIONS:
            break
        fetched |= await _fetched(connection, missing)
    raise refused(wanted[0].name, "It takes too many definitions to answer this.", "too-costly")


def _listed(codes: Codes, library: Held) -> frozenset[Coding]:
    match codes.how:
        case "in":
            value_set = Scope(library, Options()).value_set(codes.value_set)
            if value_set is None:
                raise Refusal(404, found("error", "not-found", "", _MISSING, value_set=codes.value_set))
            return codings(library, value_set, MAX_CODES)
        case "above":
            return above(library, codes.system, codes.code)
        case "below":
            return below(library, codes.system, codes.code, MAX_CODES)


async def _fetched(connection: Connection, names: set[Name]) -> dict[Name, Definition | None]:
    fetched: dict[Name, Definition | None] = dict.fromkeys(names)
    literal = {name for name in names if name[1].startswith(_LITERAL)}
    if literal:
        ids = [url.removeprefix(_LITERAL) for _, url in literal]
        for id_, body in await connection.fetch(BY_ID, type_number("ValueSet"), ids):
            fetched["ValueSet", _LITERAL + id_] = loads(unpack(body))
    if names - literal:
        fetched |= await _by_url(connection, names - literal)
    return fetched


async def _by_url(connection: Connection, names: set[Name]) -> dict[Name, Definition | None]:
    """Of several the version asked for, else what is in use, else what was written last."""
    hashes = [token(f"{kind}.url", url.partition("|")[0]) for kind, url in names]
    rows = await connection.fetch(BY_URL, hashes, [type_number(kind) for kind in _KINDS])
    stored = [loads(unpack(row["body"])) for row in rows]
    stored.sort(key=lambda each: each.get("status") != "active")
    return {name: _chosen(name, stored) for name in names}


def _chosen(name: Name, stored: list[dict[str, Any]]) -> Definition | None:
    kind, canonical = name
    url, _, version = canonical.partition("|")
    for each in stored:
        if (each.get("resourceType"), each.get("url")) == (kind, url) and version in (
            "",
            each.get("version"),
        ):
            return each
    return None


def _tokens(criterion: Criterion, known: Mapping[Codes, frozenset[Coding]]) -> Criterion:
    """Tokens in place of the codes; what is not about codes as it is."""
    if not isinstance(criterion, OfCodes):
        return criterion
    among = sorted(frozenset().union(*(known[codes] for codes in criterion.codes)))
    hashes = tuple(
        dict.fromkeys(
            token(source.key, value)
            for source in criterion.sources
            for coding in among
            for value in _values(source, *coding)
        )
    )
    needles = tuple({dumps(code) for _, code in among}) if len(among) <= _MOST_NEEDLES else ()
    return Tokens(hashes, hashes if criterion.leads else (), needles=needles)


def _values(source: Source, system: str, code: str) -> tuple[str, ...]:
    """What is hashed; an element of type code has no place for a system, its value set implies it."""
    if source.data_type != "code":
        return (coded(canonical_system(system), code),)
    bound = definitions().codings(source.value_set) if source.value_set else None
    return (code,) if bound is None or (system, code) in bound else ()
