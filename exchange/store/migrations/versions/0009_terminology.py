"""Large code systems, packed."""

from alembic import op

revision = "0009_terminology"
down_revision = "0008_jobs"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE concept_release (
    release bigint GENERATED ALWAYS AS IDENTITY,
    url text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    header jsonb NOT NULL,
    concepts integer DEFAULT 0 NOT NULL,
    loaded timestamptz NOT NULL,
    finished boolean DEFAULT false NOT NULL,
    CONSTRAINT concept_release_pkey PRIMARY KEY (release)
);
CREATE TABLE concept_part (
    release bigint NOT NULL,
    part integer NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT concept_part_pkey PRIMARY KEY (release, part)
);
"""

DOWNGRADE = """
DROP TABLE concept_part;
DROP TABLE concept_release;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
