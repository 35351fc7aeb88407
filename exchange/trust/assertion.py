"""Client assertions: how a system proves who it is when it asks for a token.

https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, GuestProtocol, JWKRegistry, RSAKey
from joserfc.jws import JWSRegistry

from exchange.store.connection import Connection
from exchange.trust.clients import Client

ALGORITHMS = ("RS384", "ES384")
# SMART: an assertion's `exp` is at most five minutes ahead.
MAX_LIFETIME = 300
LEEWAY = 5
MAX_CHARACTERS = 8192
RSA_BITS = 2048
UNSIGNED = "The client is unknown, or none of its keys has signed the assertion."

# A used assertion is remembered until it would have expired anyway.
USE = """
INSERT INTO client_assertion (client, jti, expires) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""
FORGET = "DELETE FROM client_assertion WHERE expires < $1"


class InvalidAssertion(Exception):
    """The client assertion is refused."""


class InvalidKeySet(Exception):
    """A key set is {"keys": […]} with public RSA (2048 bits or more) or P-384 keys, each with its own kid."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A verified assertion's unique id, and until when it must be remembered."""

    jti: str
    expires: datetime


def public_keys(jwks: object) -> dict[str, RSAKey | ECKey]:
    """The keys of a client's JWKS by `kid`; raises InvalidKeySet, also for private and shared keys."""
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list) or not listed:
        raise InvalidKeySet(InvalidKeySet.__doc__)
    keys: dict[str, RSAKey | ECKey] = {}
    for item in listed:
        kid = item.get("kid") if isinstance(item, dict) else None
        if not isinstance(kid, str) or not kid or kid in keys:
            raise InvalidKeySet(InvalidKeySet.__doc__)
        keys[kid] = _public_key(item)
    return keys


def _public_key(item: dict[str, Any]) -> RSAKey | ECKey:
    try:
        key = JWKRegistry.import_key(item)
    except Exception:  # whatever an odd JWK makes the library raise
        raise InvalidKeySet(InvalidKeySet.__doc__) from None
    strong = (isinstance(key, RSAKey) and key.public_key.key_size >= RSA_BITS) or (
        isinstance(key, ECKey) and key.curve_name == "P-384"
    )
    if not strong or not isinstance(key, RSAKey | ECKey) or key.is_private:
        raise InvalidKeySet(InvalidKeySet.__doc__)
    return key


def client_named(assertion: str) -> str:
    """The `sub` of an assertion that nobody has verified yet, only to find the client's keys."""
    try:
        encoded = assertion.split(".")[1].encode()
        claims = msgspec.json.decode(msgspec.json.decode(b'"' + _padded(encoded) + b'"', type=bytes))
    except (ValueError, IndexError, RecursionError):
        raise InvalidAssertion("It is no JWT.") from None
    subject = claims.get("sub") if isinstance(claims, dict) else None
    if not isinstance(subject, str):
        raise InvalidAssertion("It names no subject.")
    return subject


def _padded(encoded: bytes) -> bytes:
    return encoded.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(encoded) % 4)


def verify_assertion(assertion: str, client: Client, audiences: Collection[str], now: float) -> Assertion:
    """Raise InvalidAssertion unless `client` signed it for one of `audiences` and it is in its time."""
    claims = _signed_claims(assertion, client)
    if claims.get("iss") != client.id or claims.get("sub") != client.id:
        raise InvalidAssertion("Its iss and sub must both be the client's id.")
    audience = claims.get("aud")
    if not any(one in audiences for one in (audience if isinstance(audience, list) else [audience])):
        raise InvalidAssertion("Its aud must be the URL of this token endpoint.")
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or not now < expires <= now + MAX_LIFETIME + LEEWAY:
        raise InvalidAssertion("Its exp must be ahead, by five minutes at most.")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= 256 or "\0" in jti:
        raise InvalidAssertion("It needs a jti of 256 characters at most.")
    return Assertion(jti, datetime.fromtimestamp(expires, UTC))


def _signed_claims(assertion: str, client: Client) -> dict[str, Any]:
    if client.jwks is None:
        raise InvalidAssertion(UNSIGNED)
    keys = public_keys(client.jwks)

    def key_of(signature: GuestProtocol) -> RSAKey | ECKey:
        return keys[signature.headers()["kid"]]

    try:
        return jwt.decode(assertion, key_of, ALGORITHMS, JWSRegistry(algorithms=ALGORITHMS)).claims
    except Exception:  # whatever hostile bytes make the library raise, the answer is the same
        raise InvalidAssertion(UNSIGNED) from None


async def use_assertion(
    connection: Connection, client: Client, assertion: Assertion, instant: datetime
) -> bool:
    """False if it has been used before, at this hub or another on the same database."""
    await connection.execute(FORGET, instant)
    return await connection.execute(USE, client.id, assertion.jti, assertion.expires) == "INSERT 0 1"
