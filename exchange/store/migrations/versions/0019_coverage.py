"""What became of the fields of messages, by hospital, type and day."""

from alembic import op

revision = "0019_coverage"
down_revision = "0018_channels"
branch_labels = depends_on = None

UPGRADE = """
CREATE TABLE coverage (
    hospital text COLLATE "C" NOT NULL,
    message_type text COLLATE "C" NOT NULL,
    field text COLLATE "C" NOT NULL,
    disposition text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    day date NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (hospital, message_type, field, disposition, reason, day),
    CONSTRAINT coverage_disposition CHECK (disposition IN ('message', 'mapped', 'ignored', 'residue'))
) WITH (fillfactor = 80);
CREATE INDEX coverage_totals ON coverage (hospital, message_type) WHERE field = '';
"""

DOWNGRADE = "DROP TABLE coverage;"


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
