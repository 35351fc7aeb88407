"""A token is good only as the hub signed it, for this base, in its time."""

import base64
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from exchange.trust.refusal import InvalidToken
from exchange.trust.scopes import parse_scopes
from exchange.trust.tokens import MAX_CHARACTERS, SigningKey, new_signing_key, sign, verify

BASE = "http://127.0.0.1:8080/fhir"
NOW = 1_800_000_000.0
KEY = new_signing_key()
KEYS = {KEY.kid: KEY.key}
SCOPES = parse_scopes("system/Patient.rs system/hl7v2.c")
GOOD = sign(KEY, "demo", SCOPES, BASE, NOW, 600)


def changed(header: dict[str, Any] | None = None, **claims: Any) -> str:
    """The good token's claims with some changed, properly signed."""
    good = jwt.decode(GOOD, KEY.key, ["ES384"])
    return jwt.encode({**good.header, **(header or {})}, {**good.claims, **claims}, KEY.key, ["ES384"])


def test_a_good_token_gives_its_grant() -> None:
    token = verify(GOOD, KEYS, BASE, NOW + 599)
    assert token.grant.client_id == "demo"
    assert token.grant.permits("Patient", "s")
    assert token.grant.permits("hl7v2", "c")
    assert not token.grant.permits("Observation", "r")
    assert token.expires == NOW + 600


def test_each_token_is_another() -> None:
    assert sign(KEY, "demo", SCOPES, BASE, NOW, 600) != GOOD


@pytest.mark.parametrize(
    "token",
    [
        changed(aud="http://elsewhere/fhir"),
        changed(iss="http://elsewhere/fhir"),
        changed(aud=[BASE]),
        changed(exp=None),
        changed(exp="2999"),
        changed(exp=True),
        changed(exp=NOW),
        changed(iat=NOW + 3600),
        changed(sub=None),
        changed(scope=["system/*.cruds"]),
        changed(scope="everything"),
        changed({"typ": "JWT"}),
        changed({"kid": "another"}),
        GOOD[:-2],
        GOOD + "A" * MAX_CHARACTERS,
        GOOD.upper(),
        "",
        "..",
        "a.b.c",
        "\ud800",
    ],
)
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        verify(token, KEYS, BASE, NOW)


def test_an_expired_token_is_refused() -> None:
    with pytest.raises(InvalidToken, match="expired"):
        verify(GOOD, KEYS, BASE, NOW + 600)


def test_another_key_under_our_kid_is_refused() -> None:
    forged = sign(SigningKey(KEY.kid, ECKey.generate_key("P-384")), "demo", SCOPES, BASE, NOW, 600)
    with pytest.raises(InvalidToken):
        verify(forged, KEYS, BASE, NOW)


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "HS256", ["ES384"], None, {"a": 1}])
def test_an_unsigned_token_is_refused(alg: object) -> None:
    payload = GOOD.split(".")[1]
    header = _segment({"alg": alg, "kid": KEY.kid, "typ": "at+jwt"})
    for signature in ("", GOOD.split(".")[2]):
        with pytest.raises(InvalidToken):
            verify(f"{header}.{payload}.{signature}", KEYS, BASE, NOW)


def test_our_public_key_is_no_shared_secret() -> None:
    header = _segment({"alg": "HS384", "kid": KEY.kid, "typ": "at+jwt"})
    signed = f"{header}.{GOOD.split('.')[1]}"
    for secret in (KEY.key.as_pem(private=False), KEY.key.as_der(private=False)):
        mac = hmac.digest(secret, signed.encode(), "sha384")
        with pytest.raises(InvalidToken):
            verify(f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}", KEYS, BASE, NOW)


def test_a_key_of_another_kind_is_refused() -> None:
    claims = jwt.decode(GOOD, KEY.key, ["ES384"]).claims
    key = RSAKey.generate_key(2048, private=True)
    forged = jwt.encode({"alg": "RS384", "kid": KEY.kid, "typ": "at+jwt"}, claims, key, ["RS384"])
    with pytest.raises(InvalidToken):
        verify(forged, KEYS, BASE, NOW)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_hostile_text_raises_nothing_else(text: str) -> None:
    with pytest.raises(InvalidToken):
        verify(text, KEYS, BASE, NOW)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda x: st.lists(x, max_size=3)
    )
)
def test_hostile_headers_raise_nothing_else(header: object) -> None:
    _, payload, signature = GOOD.split(".")
    with pytest.raises(InvalidToken):
        verify(f"{_segment(header)}.{payload}.{signature}", KEYS, BASE, NOW)


def test_a_deep_header_raises_nothing_else() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5000).decode()
    with pytest.raises(InvalidToken):
        verify(f"{deep}.e30.AAAA", KEYS, BASE, NOW)
