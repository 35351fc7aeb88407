"""A searchable store over one connection: what is written, what is asked, and what comes back."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import asyncpg

from exchange.fhirjson import loads, split
from exchange.search.criteria import Search, search_of
from exchange.search.index.extract import Extraction, compile_extraction
from exchange.search.page.execute import Page, search
from exchange.search.query.parse import parse
from exchange.store.batch import Write
from exchange.store.transact import transact
from profiles.definitions import definitions
from tests.exchange.search.worlds import BASE

START = datetime(2024, 1, 1, 12, tzinfo=UTC)

Resource = dict[str, Any]


@cache
def extraction() -> Extraction:
    return compile_extraction(definitions(), BASE)


def searching() -> Search:
    return search_of(extraction(), lambda: START)


async def store(connection: asyncpg.Connection, resources: Iterable[Resource], minutes: int = 0) -> None:
    writes = [Write("update", r["resourceType"], r["id"], *split(r), extraction().row(r)) for r in resources]
    async with connection.transaction():
        await transact(connection, writes, START + timedelta(minutes=minutes))


async def delete(connection: asyncpg.Connection, resource_type: str, id_: str, minutes: int = 0) -> None:
    async with connection.transaction():
        await transact(connection, [Write("delete", resource_type, id_)], START + timedelta(minutes=minutes))


async def ask(connection: asyncpg.Connection, name: str, *parameters: tuple[str, str], **more: Any) -> Page:
    return await search(connection, parse(searching(), name, parameters, **more), extraction())


def names(bodies: Iterable[bytes]) -> list[str]:
    """`Type/id` of each."""
    return [f"{(r := loads(body))['resourceType']}/{r['id']}" for body in bodies]


def ids(page: Page) -> list[str]:
    return [loads(body)["id"] for body in page.bodies]


async def found(
    connection: asyncpg.Connection, name: str, *parameters: tuple[str, str], **more: Any
) -> list[str]:
    """The ids that match, sorted."""
    return sorted(ids(await ask(connection, name, *parameters, **more)))


async def all_pages(
    connection: asyncpg.Connection, name: str, parameters: list[tuple[str, str]], count: int, **more: Any
) -> list[str]:
    """The ids of every page, in order."""
    shown: list[str] = []
    at: list[tuple[str, str]] = []
    while True:
        page = await ask(connection, name, *parameters, ("_count", str(count)), *at, **more)
        assert len(page.bodies) <= count
        shown += ids(page)
        if page.next is None:
            return shown
        at = [("_cursor", page.next)]
