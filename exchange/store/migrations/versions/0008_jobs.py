"""Work that goes on after its request was answered."""

from alembic import op

revision = "0008_jobs"
down_revision = "0007_load"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE job (
    id uuid NOT NULL,
    kind text NOT NULL,
    client text COLLATE "C" NOT NULL,
    hospital text COLLATE "C",
    allowed text[] NOT NULL,
    request jsonb NOT NULL,
    state text NOT NULL,
    progress jsonb,
    told text DEFAULT '' NOT NULL,
    result json,
    status smallint,
    created timestamptz NOT NULL,
    updated timestamptz NOT NULL,
    lease timestamptz,
    CONSTRAINT job_pkey PRIMARY KEY (id),
    CONSTRAINT job_state CHECK (state IN ('waiting', 'running', 'completed', 'failed', 'cancelled'))
);
CREATE INDEX job_open ON job (created) WHERE state IN ('waiting', 'running');
CREATE INDEX job_updated ON job (updated);
"""

DOWNGRADE = """
DROP TABLE job;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
