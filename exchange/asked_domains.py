"""The identifier domains that a search of Patients asks for: `identifier=system|`, each or several.

https://profiles.ihe.net/ITI/PDQm/ITI-78.html#2378412-message-semantics

A domain that nobody listed and nobody has given a number in is told as the profile's case 4 says; of who is
found only the identifiers of these domains are shown (case 2). How many there are is told, too (case 1).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, cast

import asyncpg

from exchange.crossref import is_known_domain, of_domains
from exchange.fhirjson import dumps, loads
from exchange.hub import Hub
from exchange.interactions.form import subsetted
from exchange.outcome import FhirError
from exchange.search.page.execute import Page, search
from exchange.search.query.parse import parse
from exchange.search.query.query import Query
from exchange.search.query.values import split, unescaped
from exchange.store.connection import Connection
from terminology.issue import Issue

IDENTIFIER: Final = "identifier"


def asked_domains(type_: str, parameters: Sequence[tuple[str, str]]) -> list[str]:
    """The systems of tokens without a value; of a parameter that has values, too, none."""
    if type_ != "Patient":
        return []
    values = (value for name, value in parameters if name == IDENTIFIER and "|" in value)
    return [system for value in values for system in _systems(value)]


def _systems(value: str) -> Iterator[str]:
    tokens = [split(token, "|") for token in split(value, ",")]
    if all(len(token) == 2 and token[0] and not token[1] for token in tokens):
        yield from (unescaped(system) for system, _ in tokens)


async def require_domains(hub: Hub, connection: Connection, systems: Collection[str]) -> None:
    """Raises FhirError unless each is listed, shared by all, or has a number that somebody gave."""
    for system in systems:
        if not (await is_known_domain(hub, connection, system) or await _is_used(hub, connection, system)):
            told = Issue("warning", "not-found", "targetSystem not found", f"{IDENTIFIER}={system}|")
            raise FhirError.of("not-found", [told])


def with_total(query: Query) -> Query:
    """A search for persons with how many there are, if it is soon counted and nobody said what is wanted."""
    asked = {name for name, _ in query.accepted}
    if query.resource_type != "Patient" or not query.criteria or not query.count or "_total" in asked:
        return query
    return replace(query, total="affordable")


def of_asked_domains(hub: Hub, page: Page, systems: Sequence[str]) -> Page:
    """The same page with the identifiers of these domains only."""
    return replace(page, bodies=[_narrowed(hub, body, systems) for body in page.bodies])


def _narrowed(hub: Hub, body: bytes, systems: Sequence[str]) -> bytes:
    patient: dict[str, Any] = loads(body)
    listed = patient.get("identifier", [])
    kept = of_domains(hub.domains, listed, systems)
    if len(kept) == len(listed):
        return body
    return dumps(subsetted({**patient, "identifier": kept}))


async def _is_used(hub: Hub, connection: Connection, system: str) -> bool:
    """Whether a Patient that nobody linked has a number of it."""
    query = parse(hub.search, "Patient", [(IDENTIFIER, f"{_escaped(system)}|"), ("_count", "1")], "strict")
    return bool((await search(cast(asyncpg.Connection, connection), query)).bodies)


def _escaped(text: str) -> str:
    return "".join(f"\\{each}" if each in "\\,|$" else each for each in text)
