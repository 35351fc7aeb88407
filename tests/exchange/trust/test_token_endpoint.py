"""A system with a registered key gets a token, and nobody else does."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from exchange.trust.assertion import InvalidKeySet, public_keys
from exchange.trust.authenticate import Trust, authenticate
from exchange.trust.clients import Client, add_client, revoke_client
from exchange.trust.scopes import parse_scopes
from exchange.trust.token_endpoint import ASSERTION_TYPE, token_endpoint, token_url_of

BASE = "http://hub.test/fhir"
TOKEN_URL = token_url_of(BASE)
EC = ECKey.generate_key("P-384", {"kid": "ec"}, private=True)
RSA = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)
JWKS = {"keys": [EC.as_dict(private=False), RSA.as_dict(private=False)]}


@pytest.fixture
async def trust(pool: asyncpg.Pool, connection: asyncpg.Connection) -> Trust:
    scopes = parse_scopes("system/Observation.rs system/Patient.rs")
    await add_client(connection, Client("lab", "lab", None, scopes, JWKS, datetime.now(UTC)))
    await add_client(connection, Client("keyless", "keyless", None, scopes, None, datetime.now(UTC)))
    return Trust(pool, BASE, time.time)


@pytest.fixture
async def http(trust: Trust) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(token_endpoint(trust, TOKEN_URL, 300))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub.test") as client:
        yield client


def assertion(
    key: ECKey | RSAKey = EC, header: dict[str, Any] | None = None, signer: object = None, **claims: Any
) -> str:
    algorithm = "ES384" if isinstance(key, ECKey) else "RS384"
    content = {
        "iss": "lab",
        "sub": "lab",
        "aud": TOKEN_URL,
        "exp": int(time.time()) + 240,
        "jti": str(uuid4()),
    }
    return jwt.encode(
        {"alg": algorithm, "kid": key.kid, **(header or {})},
        {**content, **claims},
        signer or key,  # type: ignore[arg-type]
        [algorithm],
    )


def form(asserted: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "scope": "system/Observation.rs",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": asserted,
        **changes,
    }


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES384", "RS384"])
async def test_an_assertion_becomes_a_token(
    http: httpx.AsyncClient, trust: Trust, key: ECKey | RSAKey
) -> None:
    answer = await http.post("/token", data=form(assertion(key)))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    assert content["token_type"] == "bearer"
    assert content["expires_in"] == 300
    assert content["scope"] == "system/Observation.rs"
    grant = await authenticate(trust, f"Bearer {content['access_token']}")
    assert grant.client_id == "lab"
    assert grant.permits("Observation", "s")
    assert not grant.permits("Patient", "r")


async def test_scopes_are_narrowed_to_the_clients(http: httpx.AsyncClient) -> None:
    answer = await http.post("/token", data=form(assertion(), scope="system/*.cruds"))
    assert answer.json()["scope"] == "system/Observation.rs system/Patient.rs"


@pytest.mark.parametrize("scope", ["system/Slot.rs", "patient/*.rs", "", "system/Observation.cud"])
async def test_scopes_that_are_not_the_clients(http: httpx.AsyncClient, scope: str) -> None:
    answer = await http.post("/token", data=form(assertion(), scope=scope))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_an_assertion_serves_once(http: httpx.AsyncClient) -> None:
    asserted = assertion()
    assert (await http.post("/token", data=form(asserted))).status_code == 200
    again = await http.post("/token", data=form(asserted))
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


async def test_assertions_that_are_refused(http: httpx.AsyncClient) -> None:
    now = int(time.time())
    stranger = ECKey.generate_key("P-384", {"kid": "ec"}, private=True)
    good = assertion()
    refused = [
        assertion(iss="other"),
        assertion(sub="other"),
        assertion(sub="keyless", iss="keyless"),
        assertion(aud=BASE),
        assertion(aud=None),
        assertion(aud={"a": 1}),
        assertion(exp=now - 10),
        assertion(exp=now + 3600),
        assertion(exp=None),
        assertion(exp=True),
        assertion(jti=None),
        assertion(jti=""),
        assertion(jti="a\0b"),
        assertion(jti="x" * 300),
        assertion(header={"kid": "other"}),
        assertion(signer=stranger),
        good[:-4],
        "a.b.c",
        "..",
        "x",
        "😀",
    ]
    for asserted in refused:
        answer = await http.post("/token", data=form(asserted))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), asserted
        assert answer.headers["cache-control"] == "no-store"


async def test_a_revoked_client_gets_none(http: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await revoke_client(connection, "lab", datetime.now(UTC))
    assert (await http.post("/token", data=form(assertion()))).status_code == 401


async def test_other_grants_and_broken_forms(http: httpx.AsyncClient) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"data": form(assertion(), grant_type="password")}, "unsupported_grant_type"),
        ({"data": {}}, "invalid_request"),
        ({"data": form("")}, "invalid_request"),
        ({"data": form(assertion(), client_assertion_type="x")}, "invalid_request"),
        ({"data": form("a" * 9000)}, "invalid_request"),
        ({"json": form(assertion())}, "invalid_request"),
        ({"content": b"a=%ff&grant_type=\xff", "headers": FORM}, "invalid_request"),
        ({"content": b"scope=a&scope=b", "headers": FORM}, "invalid_request"),
        ({"content": b"a&" * 40, "headers": FORM}, "invalid_request"),
    ]
    for request, error in cases:
        answer = await http.post("/token", **request)
        assert (answer.status_code, answer.json()["error"]) == (400, error), request
    assert (await http.post("/token", content=b"a" * 99999, headers=FORM)).status_code == 413


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_what_the_hub_offers_can_be_found(http: httpx.AsyncClient) -> None:
    found = (await http.get("/fhir/.well-known/smart-configuration")).json()
    assert found["token_endpoint"] == TOKEN_URL
    assert found["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]


@pytest.mark.parametrize(
    "jwks",
    [
        None,
        {},
        {"keys": []},
        {"keys": ["x"]},
        {"keys": [{"kty": "EC"}]},
        {"keys": [{"kid": "a", "kty": "EC", "crv": "P-384"}]},
        {"keys": [EC.as_dict(private=True)]},
        {"keys": [RSA.as_dict(private=True)]},
        {"keys": [EC.as_dict(private=False)] * 2},
        {"keys": [OctKey.generate_key(384, {"kid": "o"}).as_dict(private=True)]},
        {"keys": [ECKey.generate_key("P-256", {"kid": "p"}).as_dict(private=False)]},
    ],
)
def test_key_sets_that_are_refused(jwks: object) -> None:
    with pytest.raises(InvalidKeySet):
        public_keys(jwks)


def test_weak_rsa_is_refused() -> None:
    with pytest.warns():
        weak = RSAKey.generate_key(1024, {"kid": "w"})
    with pytest.warns(), pytest.raises(InvalidKeySet):
        public_keys({"keys": [weak.as_dict(private=False)]})
