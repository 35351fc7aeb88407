"""What the benchmark sends is valid, and what it compares with still fits the schema."""

import asyncio
import json
import random
from itertools import chain, islice

import asyncpg
import pytest

from benchmarks import pgbench
from benchmarks.workload import OPERATIONS, PATIENTS, resources
from exchange.fhirjson import loads
from exchange.store import embedded
from profiles.definitions import definitions
from profiles.structure import compile_structure


def test_the_workload_is_valid_fhir() -> None:
    check = compile_structure(definitions())
    sample = chain(islice(resources(), 2), islice(resources(), PATIENTS, PATIENTS + 20))
    assert [issue for each in sample for issue in check(loads(json.dumps(each).encode()))] == []


def test_requests_say_their_length() -> None:
    for operation in OPERATIONS:
        head, _, body = operation.request(random.Random(1), "token").partition(b"\r\n\r\n")
        assert b"Authorization: Bearer token" in head
        assert not body or b"Content-Length: %d" % len(body) in head


@pytest.mark.parametrize("name", sorted(pgbench.SCRIPTS))
async def test_postgresql_does_what_it_is_compared_in(
    server: embedded.Server, database_url: str, name: str
) -> None:
    database = database_url.partition("@/")[2].partition("?")[0]
    assert await asyncio.to_thread(pgbench.limit, name, server.sockets, database, 1, 1) > 0
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetchval("SELECT count(*) FROM resource_index")
    await connection.close()
    assert (rows > 0) == (name in ("create", "transaction"))
