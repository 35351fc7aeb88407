"""Callers are known by their token, also a second after their client was made or revoked."""

from datetime import UTC, datetime

import asyncpg
import pytest

from exchange.trust import authenticate as module
from exchange.trust.authenticate import REGISTER_SECONDS, Trust, authenticate
from exchange.trust.clients import (
    Client,
    ClientExists,
    InvalidClientId,
    add_client,
    find_client,
    list_clients,
    revoke_client,
)
from exchange.trust.keys import retire_key, signing_key, verifying_keys
from exchange.trust.refusal import InvalidToken, TokenRequired
from exchange.trust.scopes import parse_scopes
from exchange.trust.tokens import sign

BASE = "http://127.0.0.1:8080/fhir"
START = datetime(2026, 3, 1, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START.timestamp()

    def __call__(self) -> float:
        return self.now


def client(client_id: str = "demo", hospital: str | None = None) -> Client:
    return Client(client_id, client_id, hospital, parse_scopes("system/*.rs"), None, START)


async def token_for(connection: asyncpg.Connection, held: Client, now: float, lifetime: int = 60) -> str:
    key = await signing_key(connection, START)
    return f"Bearer {sign(key, held.id, held.scopes, BASE, now, lifetime)}"


async def test_a_registered_client_is_known(pool: asyncpg.Pool, connection: asyncpg.Connection) -> None:
    clock = Clock()
    trust = Trust(pool, BASE, clock)
    await add_client(connection, client(hospital="H01"))
    grant = await authenticate(trust, await token_for(connection, client(), clock()))
    assert (grant.client_id, grant.hospital) == ("demo", "H01")
    assert grant.permits("Patient", "r")
    assert not grant.permits("Patient", "c")


async def test_a_second_request_asks_nobody(pool: asyncpg.Pool, connection: asyncpg.Connection) -> None:
    clock = Clock()
    trust = Trust(pool, BASE, clock)
    await add_client(connection, client())
    header = await token_for(connection, client(), clock())
    first = await authenticate(trust, header)
    await connection.execute("ALTER TABLE client RENAME TO away")
    assert await authenticate(trust, header) is first


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic ZGVtbzpkZW1v", "token"])
async def test_no_token_is_a_challenge_without_an_error(pool: asyncpg.Pool, header: str | None) -> None:
    with pytest.raises(TokenRequired) as caught:
        await authenticate(Trust(pool, BASE, Clock()), header)
    assert caught.value.challenge == 'Bearer realm="yilian"'
    assert caught.value.status == 401


async def test_an_expired_token_is_refused_though_remembered(
    pool: asyncpg.Pool, connection: asyncpg.Connection
) -> None:
    clock = Clock()
    trust = Trust(pool, BASE, clock)
    await add_client(connection, client())
    header = await token_for(connection, client(), clock(), lifetime=1)
    await authenticate(trust, header)
    clock.now += 1
    with pytest.raises(InvalidToken, match="expired") as caught:
        await authenticate(trust, header)
    assert 'error="invalid_token"' in caught.value.challenge


async def test_revocation_is_known_within_seconds(pool: asyncpg.Pool, connection: asyncpg.Connection) -> None:
    clock = Clock()
    trust = Trust(pool, BASE, clock)
    await add_client(connection, client())
    header = await token_for(connection, client(), clock())
    await authenticate(trust, header)
    assert await revoke_client(connection, "demo", START)
    clock.now += REGISTER_SECONDS
    with pytest.raises(InvalidToken, match="revoked"):
        await authenticate(trust, header)


async def test_a_client_made_a_moment_ago_is_known_at_once(
    pool: asyncpg.Pool, connection: asyncpg.Connection
) -> None:
    clock = Clock()
    trust = Trust(pool, BASE, clock)
    await trust.register()
    await add_client(connection, client())
    header = await token_for(connection, client(), clock())
    assert (await authenticate(trust, header)).client_id == "demo"


async def test_a_client_nobody_registered_is_refused(
    pool: asyncpg.Pool, connection: asyncpg.Connection
) -> None:
    trust = Trust(pool, BASE, Clock())
    with pytest.raises(InvalidToken, match="not known"):
        await authenticate(trust, await token_for(connection, client("nobody"), trust.clock()))


async def test_a_retired_key_signs_no_more_but_still_verifies(
    pool: asyncpg.Pool, connection: asyncpg.Connection
) -> None:
    trust = Trust(pool, BASE, Clock())
    await add_client(connection, client())
    old = await token_for(connection, client(), trust.clock())
    await retire_key(connection, START)
    new = await token_for(connection, client(), trust.clock())
    assert len(await verifying_keys(connection)) == 2
    assert (await authenticate(trust, old)).client_id == (await authenticate(trust, new)).client_id


async def test_what_is_remembered_is_bounded(
    pool: asyncpg.Pool, connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    trust = Trust(pool, BASE, Clock())
    await add_client(connection, client())
    for _ in range(4):
        await authenticate(trust, await token_for(connection, client(), trust.clock()))
    assert len(trust._verified) == 2


async def test_a_client_is_listed_as_it_was_added(connection: asyncpg.Connection) -> None:
    held = Client("lab", "检验中心", "H02", parse_scopes("system/hl7v2.c"), {"keys": []}, START)
    await add_client(connection, held)
    assert await find_client(connection, "lab") == held
    assert await list_clients(connection) == [held]
    assert await find_client(connection, "other") is None


async def test_an_id_is_given_once(connection: asyncpg.Connection) -> None:
    await add_client(connection, client())
    await revoke_client(connection, "demo", START)
    with pytest.raises(ClientExists):
        await add_client(connection, client())
    assert not await revoke_client(connection, "other", START)


@pytest.mark.parametrize("name", ["", "-x", "a b", "医院", "a" * 65, "x\n", "a/b"])
async def test_an_id_is_plain(connection: asyncpg.Connection, name: str) -> None:
    with pytest.raises(InvalidClientId):
        await add_client(connection, client(name))
