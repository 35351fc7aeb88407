"""Clients, the keys that sign access tokens, and the assertions already used."""

from alembic import op

revision = "0004_trust"
down_revision = "0003_mpi"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE client (
    id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    hospital text COLLATE "C",
    scopes text[] NOT NULL,
    jwks jsonb,
    created timestamptz NOT NULL,
    revoked timestamptz,
    CONSTRAINT client_pkey PRIMARY KEY (id)
);

CREATE TABLE trust_key (
    kid text COLLATE "C" NOT NULL,
    private_jwk jsonb NOT NULL,
    created timestamptz NOT NULL,
    retired timestamptz,
    CONSTRAINT trust_key_pkey PRIMARY KEY (kid)
);
CREATE UNIQUE INDEX trust_key_current ON trust_key ((retired IS NULL)) WHERE retired IS NULL;

CREATE TABLE client_assertion (
    client text COLLATE "C" NOT NULL,
    jti text COLLATE "C" NOT NULL,
    expires timestamptz NOT NULL,
    CONSTRAINT client_assertion_pkey PRIMARY KEY (client, jti)
);
CREATE INDEX client_assertion_expires ON client_assertion (expires);
"""

DOWNGRADE = """
DROP TABLE client_assertion, trust_key, client;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
