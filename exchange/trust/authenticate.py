"""From the Authorization header to the caller's grant, without a round trip for a token seen before.

https://www.rfc-editor.org/rfc/rfc6750
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import asyncpg
from joserfc.jwk import ECKey

from exchange.trust.clients import Client, list_clients
from exchange.trust.grant import Grant
from exchange.trust.keys import verifying_keys
from exchange.trust.refusal import InvalidToken, TokenRequired, UnknownSigner
from exchange.trust.tokens import AccessToken, verify

# A revocation, or a new key, is known after so many seconds.
REGISTER_SECONDS = 2.0
# An unknown key or client makes us look again, but not more often than this.
LOOK_AGAIN_SECONDS = 0.05
# Verified tokens that are remembered; one more forgets the oldest.
REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Register:
    """Clients and keys as the database had them at `read`."""

    clients: Mapping[str, Client]
    keys: Mapping[str, ECKey]
    read: float


class Trust:
    """What authentication remembers between requests."""

    def __init__(self, pool: asyncpg.Pool, base: str, clock: Callable[[], float]) -> None:
        """`base` is the FHIR base as clients see it; `clock` gives seconds since 1970."""
        self.pool = pool
        self.base = base
        self.clock = clock
        self._reading = asyncio.Lock()
        self._register = Register({}, {}, float("-inf"))
        self._verified: dict[str, AccessToken] = {}

    async def register(self) -> Register:
        """Clients and keys, at most REGISTER_SECONDS old."""
        if self._fresh():
            return self._register
        async with self._reading:
            if not self._fresh():
                self._turn_to(await self._read())
        return self._register

    async def later_register(self, asked: float) -> Register:
        """Clients and keys as they were at `asked` or later."""
        async with self._reading:
            if self._register.read <= asked:
                await asyncio.sleep(
                    min(LOOK_AGAIN_SECONDS, self._register.read + LOOK_AGAIN_SECONDS - self.clock())
                )
                self._turn_to(await self._read())
        return self._register

    def verified(self, token: str, register: Register) -> AccessToken:
        """The token's grant, from memory if it was verified before; raises InvalidToken or UnknownSigner."""
        known = self._verified.get(token)
        if known is not None and self.clock() < known.expires:
            return known
        self._verified.pop(token, None)
        verified = verify(token, register.keys, self.base, self.clock())
        client = register.clients.get(verified.grant.client_id)
        if client is None:
            raise UnknownSigner("its client is not known")
        if client.revoked:
            raise InvalidToken("its client has been revoked")
        known = replace(verified, grant=replace(verified.grant, hospital=client.hospital))
        if len(self._verified) >= REMEMBERED:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = known
        return known

    def remembered(self, authorization: str | None) -> Grant | None:
        """The grant of a token that has been verified, while nobody need look at the database for it."""
        if authorization is None or authorization[:7] != "Bearer ":
            return None
        known, now = self._verified.get(authorization[7:]), self.clock()
        if known is None or now >= known.expires or not 0 <= now - self._register.read < REGISTER_SECONDS:
            return None
        return known.grant

    def _fresh(self) -> bool:
        return 0 <= self.clock() - self._register.read < REGISTER_SECONDS

    async def _read(self) -> Register:
        read = self.clock()
        async with self.pool.acquire() as connection:
            clients = {client.id: client for client in await list_clients(connection)}
            return Register(clients, await verifying_keys(connection), read)

    def _turn_to(self, register: Register) -> None:
        """What was verified stays so only while clients and keys are the same."""
        if register.clients != self._register.clients or register.keys.keys() != self._register.keys.keys():
            self._verified.clear()
        self._register = register


async def authenticate(trust: Trust, authorization: str | None) -> Grant:
    """Raise TokenRequired or InvalidToken; each knows its WWW-Authenticate challenge."""
    if not authorization:
        raise TokenRequired
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenRequired
    asked = trust.clock()
    try:
        return trust.verified(token, await trust.register()).grant
    except UnknownSigner:
        return trust.verified(token, await trust.later_register(asked)).grant
