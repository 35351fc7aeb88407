"""Access tokens: JWTs that the hub signs with ES384 and verifies itself.

https://www.rfc-editor.org/rfc/rfc9068
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, GuestProtocol
from joserfc.jws import JWSRegistry

from exchange.trust.grant import Grant, grant
from exchange.trust.refusal import InvalidToken, UnknownSigner
from exchange.trust.scopes import InvalidScope, Scope, parse_scopes

ALGORITHM = "ES384"
CURVE = "P-384"
TYPE = "at+jwt"
# A token with forty scopes has some 2,000 characters.
MAX_CHARACTERS = 8192
# Two hubs on one database may disagree by so many seconds.
LEEWAY = 5


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key under its `kid`."""

    kid: str
    key: ECKey


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A verified token: what it permits, and until when (seconds since 1970)."""

    grant: Grant
    expires: float


def new_signing_key() -> SigningKey:
    """A fresh P-384 key; its RFC 7638 thumbprint is the `kid`."""
    key = ECKey.generate_key(CURVE, private=True)
    return SigningKey(key.thumbprint(), key)


def sign(
    key: SigningKey, client_id: str, scopes: tuple[Scope, ...], base: str, now: float, lifetime: int
) -> str:
    """A token for `client_id` that names the FHIR base as its issuer and its audience."""
    claims = {
        "iss": base,
        "aud": base,
        "sub": client_id,
        "client_id": client_id,
        "scope": " ".join(map(str, scopes)),
        "iat": int(now),
        "exp": int(now) + lifetime,
        "jti": str(uuid4()),
    }
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": TYPE}
    return jwt.encode(header, claims, key.key, [ALGORITHM])


def verify(token: str, keys: Mapping[str, ECKey], base: str, now: float) -> AccessToken:
    """Raise InvalidToken unless one of `keys` signed it for `base` and it is in its time."""
    if len(token) > MAX_CHARACTERS:
        raise InvalidToken("it is too long")
    claims = _signed_claims(token, keys)
    expires = _time(claims, "exp")
    if now >= expires:
        raise InvalidToken("it has expired")
    if now + LEEWAY < _time(claims, "iat"):
        raise InvalidToken("it comes from the future")
    if claims.get("aud") != base or claims.get("iss") != base:
        raise InvalidToken("it was issued for another FHIR base than this hub's")
    client_id, scope = claims.get("sub"), claims.get("scope")
    if not isinstance(client_id, str) or not isinstance(scope, str):
        raise InvalidToken("it names no client or no scope")
    try:
        return AccessToken(grant(client_id, parse_scopes(scope)), expires)
    except InvalidScope:
        raise InvalidToken("it names a scope that this hub does not know") from None


def _signed_claims(token: str, keys: Mapping[str, ECKey]) -> dict[str, Any]:
    def key_of(signature: GuestProtocol) -> ECKey:
        return keys[signature.headers()["kid"]]

    try:
        decoded = jwt.decode(token, key_of, [ALGORITHM], JWSRegistry(algorithms=[ALGORITHM]))
    except KeyError:
        raise UnknownSigner("this hub does not know its key") from None
    except Exception:  # whatever hostile bytes make the library raise, the answer is the same
        raise InvalidToken("it is not a token that this hub has signed") from None
    if decoded.header.get("typ") != TYPE:
        raise InvalidToken("it is no access token")
    return decoded.claims


def _time(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidToken(f"it has no {name}")
    return value
