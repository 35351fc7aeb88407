"""Who may call: clients, the keys that sign access tokens, and the assertions already used.

Migration 0004 makes them. A signing key stands here, not in a file, because hubs that share one database must
verify each other's tokens. The price: whoever may read `trust_key`, or a dump of it, can sign tokens. Such a
reader already has every record; still, retire the key after a dump left the house.
"""

from sqlalchemy import Column, DateTime, Index, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

# `id` is never given again: tokens and audit know a client by it.
client = Table(
    "client",
    metadata,
    Column("id", Text(collation="C"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("hospital", Text(collation="C")),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("jwks", JSONB),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("revoked", DateTime(timezone=True)),
)

# One current key. A retired one signs no more; what it signed is good until it expires.
trust_key = Table(
    "trust_key",
    metadata,
    Column("kid", Text(collation="C"), primary_key=True),
    Column("private_jwk", JSONB, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("retired", DateTime(timezone=True)),
    Index(
        "trust_key_current", text("(retired IS NULL)"), unique=True, postgresql_where=text("retired IS NULL")
    ),
)

# The `jti` of every client assertion that has been used and not yet expired.
client_assertion = Table(
    "client_assertion",
    metadata,
    Column("client", Text(collation="C"), primary_key=True),
    Column("jti", Text(collation="C"), primary_key=True),
    Column("expires", DateTime(timezone=True), nullable=False),
    Index("client_assertion_expires", "expires"),
)
