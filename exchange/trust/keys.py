"""The signing keys in the database: one current, the retired ones for what they signed."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
import msgspec
from joserfc.jwk import ECKey

from exchange.store.connection import Connection
from exchange.trust.tokens import SigningKey, new_signing_key

CURRENT = "SELECT kid, private_jwk FROM trust_key WHERE retired IS NULL"
ALL = "SELECT kid, private_jwk FROM trust_key"
# The partial unique index lets one of several hubs that start at once win.
ADD = "INSERT INTO trust_key (kid, private_jwk, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
RETIRE = "UPDATE trust_key SET retired = $1 WHERE retired IS NULL"


async def signing_key(connection: Connection, instant: datetime) -> SigningKey:
    """The current key; the first caller makes it."""
    row = await connection.fetchrow(CURRENT)
    while row is None:
        made = new_signing_key()
        private = msgspec.json.encode(made.key.as_dict(private=True)).decode()
        await connection.execute(ADD, made.kid, private, instant)
        row = await connection.fetchrow(CURRENT)
    return SigningKey(row["kid"], _key(row))


async def verifying_keys(connection: Connection) -> Mapping[str, ECKey]:
    """Every key by its `kid`; a token's own lifetime ends a retired key's."""
    return {row["kid"]: _key(row) for row in await connection.fetch(ALL)}


async def retire_key(connection: Connection, instant: datetime) -> None:
    """The next token is signed with a new key."""
    await connection.execute(RETIRE, instant)


def _key(row: asyncpg.Record) -> ECKey:
    return ECKey.import_key(msgspec.json.decode(row["private_jwk"]))
