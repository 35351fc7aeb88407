"""Hospitals' own codes: counts, the work queue, and what was decided."""

from alembic import op

revision = "0013_local_codes"
down_revision = "0012_domains"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE local_code (
    system text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    hospital text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    display text DEFAULT '' NOT NULL,
    places text[] NOT NULL,
    seen bigint NOT NULL,
    alone bigint NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    example text DEFAULT '' NOT NULL,
    beside_system text DEFAULT '' NOT NULL,
    beside_code text DEFAULT '' NOT NULL,
    beside_display text DEFAULT '' NOT NULL,
    state text DEFAULT 'open' NOT NULL,
    assignee text DEFAULT '' NOT NULL,
    reason text DEFAULT '' NOT NULL,
    actor text DEFAULT '' NOT NULL,
    changed timestamptz NOT NULL,
    CONSTRAINT local_code_pkey PRIMARY KEY (system, code),
    CONSTRAINT local_code_state CHECK (state IN ('open', 'assigned', 'mapped', 'ignored'))
);
CREATE INDEX local_code_changed ON local_code (changed);
CREATE TABLE local_system (
    system text COLLATE "C" NOT NULL,
    published timestamptz NOT NULL,
    CONSTRAINT local_system_pkey PRIMARY KEY (system)
);
"""

DOWNGRADE = """
DROP TABLE local_system;
DROP TABLE local_code;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
