"""SMART Backend Services: a system asks for a token with a signed assertion.

https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from exchange.trust.assertion import (
    ALGORITHMS,
    MAX_CHARACTERS,
    UNSIGNED,
    InvalidAssertion,
    client_named,
    use_assertion,
    verify_assertion,
)
from exchange.trust.authenticate import Trust
from exchange.trust.clients import Client
from exchange.trust.keys import signing_key
from exchange.trust.scopes import InvalidScope, Scope, narrowed, parse_scopes
from exchange.trust.tokens import sign

GRANT_TYPE = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_FORM_BYTES = 2 * MAX_CHARACTERS
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenRefused(Exception):
    """https://www.rfc-editor.org/rfc/rfc6749#section-5.2"""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The form of a token request."""

    assertion: str
    scopes: tuple[Scope, ...]


def token_request(form: Mapping[str, str]) -> TokenRequest:
    """Raise TokenRefused for a form of another grant."""
    if form.get("grant_type") != GRANT_TYPE:
        raise TokenRefused("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRefused("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    try:
        scopes = parse_scopes(form.get("scope", ""))
    except InvalidScope as error:
        raise TokenRefused("invalid_scope", str(error)) from None
    assertion = form.get("client_assertion", "")
    if not assertion or len(assertion) > MAX_CHARACTERS:
        raise TokenRefused("invalid_request", "client_assertion is missing or too long")
    return TokenRequest(assertion, scopes)


def token_endpoint(trust: Trust, token_url: str, lifetime: int) -> APIRouter:
    """`POST /token` and `GET /fhir/.well-known/smart-configuration`."""
    router = APIRouter(tags=["trust"])

    @router.post("/token")
    async def token(request: Request) -> JSONResponse:
        try:
            return await _token(trust, await _form(request), token_url, lifetime)
        except TokenRefused as refused:
            content = {"error": refused.error, "error_description": str(refused)}
            return JSONResponse(content, refused.status, headers=NO_STORE)

    @router.get("/fhir/.well-known/smart-configuration")
    async def smart_configuration() -> JSONResponse:
        return JSONResponse(configuration(token_url))

    return router


def configuration(token_url: str) -> dict[str, object]:
    """https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known"""
    return {
        "token_endpoint": token_url,
        "grant_types_supported": [GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "scopes_supported": ["system/*.cruds", "system/*.rs", "system/hl7v2.c"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }


def token_url_of(fhir_url: str) -> str:
    """The token endpoint stands beside the FHIR base."""
    return fhir_url.removesuffix("/fhir") + "/token"


async def _form(request: Request) -> dict[str, str]:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise TokenRefused("invalid_request", "The body must be application/x-www-form-urlencoded")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise TokenRefused("invalid_request", "The body is too large", 413)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=16, errors="strict")
    except ValueError:
        raise TokenRefused("invalid_request", "The form cannot be read") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenRefused("invalid_request", "A parameter stands twice")
    return form


async def _token(trust: Trust, form: Mapping[str, str], token_url: str, lifetime: int) -> JSONResponse:
    asked = token_request(form)
    client = await _authenticated(trust, asked.assertion, token_url)
    scopes = narrowed(asked.scopes, client.scopes)
    if not scopes:
        raise TokenRefused("invalid_scope", "None of the scopes asked for is the client's")
    now = trust.clock()
    async with trust.pool.acquire() as connection:
        key = await signing_key(connection, datetime.fromtimestamp(now, UTC))
    content = {
        "access_token": sign(key, client.id, scopes, trust.base, now, lifetime),
        "token_type": "bearer",
        "expires_in": lifetime,
        "scope": " ".join(map(str, scopes)),
    }
    return JSONResponse(content, headers=NO_STORE)


async def _authenticated(trust: Trust, assertion: str, token_url: str) -> Client:
    """The client that signed the assertion; nobody learns here which client ids exist."""
    try:
        client = (await trust.register()).clients.get(client_named(assertion))
        if client is None or client.revoked:
            raise InvalidAssertion(UNSIGNED)
        verified = verify_assertion(assertion, client, (token_url,), trust.clock())
    except InvalidAssertion as error:
        raise TokenRefused("invalid_client", str(error), 401) from None
    instant = datetime.fromtimestamp(trust.clock(), UTC)
    async with trust.pool.acquire() as connection:
        if not await use_assertion(connection, client, verified, instant):
            raise TokenRefused("invalid_client", "The assertion has been used before", 401)
    return client
