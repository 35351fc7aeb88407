"""Which messages told of a patient, in the order of their own times."""

from alembic import op

revision = "0016_telling"
down_revision = "0015_inbox_history"
branch_labels = depends_on = None

UPGRADE = """
CREATE TABLE telling (
    subject bigint NOT NULL,
    place bytea NOT NULL,
    message bigint NOT NULL,
    refs bigint[] NOT NULL,
    versions integer[] NOT NULL,
    CONSTRAINT telling_pkey PRIMARY KEY (subject, place)
);
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("DROP TABLE telling")
